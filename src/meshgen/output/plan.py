"""The table of outputs: which template lands where, for what, and who owns the result."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from meshgen.system.model import BffView, ContractModule, Mesh, ProjectionView, ServiceView, Unit

Context = Mapping[str, object]


class Owner(Enum):
    """Who changes a file: the spec, or the developer. Both kinds are merged on update."""

    GENERATED = "generated"
    SCAFFOLDED = "scaffolded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One file to render; `part` is the part of the project that it is rendered with.

    `destination` is `pattern`, filled from the context.
    """

    part: str
    template: str
    destination: str
    pattern: str
    owner: Owner
    context: Context


@dataclass(frozen=True, slots=True)
class Output:
    """A row of the table. `over` yields a context a file; `destination` is filled from it."""

    template: str
    destination: str
    owner: Owner
    over: Callable[[Mesh], Iterator[dict[str, object]]]


PROJECT = "project"
"""The part of a project that is no unit's."""


def _part(mesh: Mesh, context: Context) -> str:
    """The folder of the unit that a context is about, with its messages; else the project."""
    match context:
        case {"contract": ContractModule(name=name)}:
            return contract_part(mesh, name)
        case (
            {"service": ServiceView(folder=folder)}
            | {"projection": ProjectionView(folder=folder)}
            | {"bff": BffView(folder=folder)}
            | {"unit": Unit(folder=folder)}
        ):
            return folder
    return PROJECT


def contract_part(mesh: Mesh, module: str) -> str:
    """The part that a module of the contracts belongs to: its service's, or the project."""
    folders = (service.folder for service in mesh.services if service.name == module)
    return next(folders, PROJECT)


def contract_path(package: str, module: str) -> str:
    """Where a module of the contracts library is; `package` is the system's."""
    return f"libs/contracts/src/{package}_contracts/{module}.py"


def _project(mesh: Mesh) -> Iterator[dict[str, object]]:
    yield {"mesh": mesh, "modules": tuple(service.name for service in mesh.services)}


def _scenarios(mesh: Mesh) -> Iterator[dict[str, object]]:
    if mesh.scenarios:
        yield {"mesh": mesh}


def _contracts(mesh: Mesh) -> Iterator[dict[str, object]]:
    for contract in mesh.contracts:
        yield {"mesh": mesh.system, "contract": contract}


def _units(mesh: Mesh) -> Iterator[dict[str, object]]:
    for unit in mesh.units:
        yield {"mesh": mesh.system, "unit": unit}


def _services(mesh: Mesh) -> Iterator[dict[str, object]]:
    for service in mesh.services:
        yield {"mesh": mesh.system, "service": service}


def _with(part: str) -> Callable[[Mesh], Iterator[dict[str, object]]]:
    def over(mesh: Mesh) -> Iterator[dict[str, object]]:
        return (context for context in _services(mesh) if getattr(context["service"], part))

    return over


def _each(part: str, name: str) -> Callable[[Mesh], Iterator[dict[str, object]]]:
    def over(mesh: Mesh) -> Iterator[dict[str, object]]:
        for service in mesh.services:
            for item in getattr(service, part):
                yield {"mesh": mesh.system, "service": service, name: item}

    return over


def _told_sagas(mesh: Mesh) -> Iterator[dict[str, object]]:
    return (
        {"mesh": mesh.system, "service": service, "saga": saga}
        for service in mesh.services
        for saga in service.sagas
        if saga.testing
    )


def _projections(mesh: Mesh) -> Iterator[dict[str, object]]:
    for projection in mesh.projections:
        yield {"mesh": mesh.system, "projection": projection}


def _bffs(mesh: Mesh) -> Iterator[dict[str, object]]:
    for bff in mesh.bffs:
        yield {"mesh": mesh.system, "bff": bff}


_aggregates, _sagas = _each("aggregates", "aggregate"), _each("sagas", "saga")
_policies = _with("policies")

_G, _S = Owner.GENERATED, Owner.SCAFFOLDED
_SERVICE = "{service.folder}/src/{service.package}"
_AGGREGATE = _SERVICE + "/domain/{aggregate.module}.py"
_SAGA = _SERVICE + "/sagas/{saga.module}.py"
_TESTS = "{service.folder}/tests"
_AGGREGATE_TEST = _TESTS + "/test_{aggregate.module}.py"
_ROW_TESTS = "{projection.folder}/tests"
_PROJECTION = "{projection.folder}/src/{projection.package}"
_BFF = "{bff.folder}/src/{bff.package}"
_CONTRACTS = "libs/contracts/src/{mesh.package}_contracts"

# fmt: off
OUTPUTS = (
    Output("project/README.md.jinja", "README.md", _S, _project),
    Output("project/Makefile.jinja", "Makefile", _G, _project),
    Output("project/pyproject.toml.jinja", "pyproject.toml", _G, _project),
    Output("project/requirements.txt", "requirements.txt", _S, _project),
    Output("project/requirements-envoy.txt", "requirements-envoy.txt", _S, _project),
    Output("project/requirements-uv.txt", "requirements-uv.txt", _S, _project),
    Output("project/gitignore.jinja", ".gitignore", _S, _project),
    Output("project/topology.toml.jinja", "topology.toml", _G, _project),
    Output("project/pre-commit-config.yaml.jinja", ".pre-commit-config.yaml", _S, _project),
    Output("project/ci.yml.jinja", ".github/workflows/ci.yml", _S, _project),
    Output("project/test_architecture.py.jinja", "tests/test_architecture.py", _G, _project),
    Output("project/conftest.py.jinja", "tests/e2e/conftest.py", _G, _project),
    Output("project/test_gateway.py.jinja", "tests/e2e/test_gateway.py", _G, _project),
    Output("project/test_scenarios.py.jinja", "tests/e2e/test_scenarios.py", _S, _scenarios),
    Output("gateway/envoy.yaml.jinja", "gateway/envoy.yaml", _G, _project),

    Output("contracts/schema.json.jinja", "contracts/schemas/{contract.name}.json", _G, _contracts),
    Output("contracts/asyncapi.yaml.jinja", "contracts/asyncapi.yaml", _G, _project),
    Output("chassis/pyproject.toml.jinja", "libs/chassis/pyproject.toml", _G, _project),
    Output("contracts/pyproject.toml.jinja", "libs/contracts/pyproject.toml", _G, _project),
    Output("contracts/init.py.jinja", _CONTRACTS + "/__init__.py", _G, _project),

    Output("unit/pyproject.toml.jinja", "{unit.folder}/pyproject.toml", _G, _units),
    Output("unit/init.py.jinja", "{unit.folder}/src/{unit.package}/__init__.py", _G, _units),

    Output("service/service.py.jinja", _SERVICE + "/service.py", _G, _services),
    Output("service/http.py.jinja", _SERVICE + "/http.py", _G, _services),
    Output("service/domain/init.py.jinja", _SERVICE + "/domain/__init__.py", _G, _services),
    Output("service/domain/aggregate.py.jinja", _AGGREGATE, _S, _aggregates),
    Output("service/policies.py.jinja", _SERVICE + "/policies.py", _S, _policies),
    Output("service/replicas.py.jinja", _SERVICE + "/replicas.py", _G, _with("replicas")),
    Output("service/ports.py.jinja", _SERVICE + "/ports.py", _G, _with("questions")),
    Output("service/adapters.py.jinja", _SERVICE + "/adapters.py", _S, _with("questions")),
    Output("service/sagas/init.py.jinja", _SERVICE + "/sagas/__init__.py", _G, _with("sagas")),
    Output("service/sagas/saga.py.jinja", _SAGA, _S, _sagas),
    Output("service/tests/test_aggregate.py.jinja", _AGGREGATE_TEST, _S, _aggregates),
    Output("service/tests/test_policies.py.jinja", _TESTS + "/test_policies.py", _S, _policies),
    Output("service/tests/test_saga.py.jinja", _TESTS + "/test_{saga.module}.py", _S, _told_sagas),
    Output("service/tests/test_http.py.jinja", _TESTS + "/test_http.py", _S, _services),

    Output("projection/projection.py.jinja", _PROJECTION + "/projection.py", _G, _projections),
    Output("projection/rows.py.jinja", _PROJECTION + "/rows.py", _S, _projections),
    Output("projection/http.py.jinja", _PROJECTION + "/http.py", _G, _projections),
    Output("projection/tests/test_rows.py.jinja", _ROW_TESTS + "/test_rows.py", _S, _projections),
    Output("projection/tests/test_http.py.jinja", _ROW_TESTS + "/test_http.py", _S, _projections),

    Output("bff/bff.py.jinja", _BFF + "/bff.py", _G, _bffs),
    Output("bff/endpoints.py.jinja", _BFF + "/endpoints.py", _S, _bffs),
)
# fmt: on


def plan(mesh: Mesh) -> tuple[Task, ...]:
    """Return the files that `mesh` needs, in the table's order."""
    return tuple(
        Task(
            part=_part(mesh, context),
            template=output.template,
            destination=output.destination.format(**context),
            pattern=output.destination,
            owner=output.owner,
            context=context,
        )
        for output in OUTPUTS
        for context in output.over(mesh)
    )
