"""The parts of a project, which are rendered, fingerprinted and stored in the base as a whole.

A part is a unit's folder with the unit's messages and API, or the chassis, or the rest. The inputs
of a part have a fingerprint, so that an update only renders parts that changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from meshgen.output.apis import complete_apis
from meshgen.output.plan import (
    PROJECT,
    Row,
    api_path,
    as_json,
    chassis_answers,
    contract_path,
    plan,
    schema_path,
)
from meshgen.system.model import ApiView, ContractModule, Mesh

CHASSIS = "chassis"
CHASSIS_FOLDER = "libs/chassis"
_TYPES = "types"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part and all that it is rendered from, with a fingerprint of that."""

    name: str
    rows: tuple[Row, ...] = ()
    contracts: tuple[ContractModule, ...] = ()
    api: ApiView | None = None
    fingerprint: str = ""


def parts_of(mesh: Mesh, overlays: Mapping[str, str] | None = None) -> tuple[Part, ...]:
    """Return the parts of `mesh`'s project: the project itself, the chassis, each unit.

    `overlays` are the hashes of the user's own templates, by the template that they go over.
    """
    overlays = overlays or {}
    chassis = Row(template=CHASSIS, folder=CHASSIS_FOLDER, answers=chassis_answers(mesh))
    rows: dict[str, list[Row]] = {PROJECT: [], CHASSIS: [chassis]}
    units = {unit.folder for unit in mesh.project.units}
    for row in plan(mesh):
        rows.setdefault(row.folder if row.folder in units else PROJECT, []).append(row)
    contracts: dict[str, list[ContractModule]] = {}
    for module in mesh.contracts:
        contracts.setdefault(_contract_part(mesh, module.name), []).append(module)
    folders = {unit.name: unit.folder for unit in mesh.project.units}
    apis = {folders[api.name]: api for api in complete_apis(mesh)}
    types = next((as_json(m) for m in mesh.contracts if m.name == _TYPES), "")
    return tuple(
        Part(
            name=name,
            rows=tuple(of_part),
            contracts=tuple(contracts.get(name, ())),
            api=apis.get(name),
            fingerprint=_fingerprint(
                of_part, contracts.get(name, ()), apis.get(name), types, overlays
            ),
        )
        for name, of_part in rows.items()
    )


def part_finder(mesh: Mesh) -> Callable[[str], str]:
    """Return what says which part of `mesh`'s project a file belongs to, by its path."""
    messages = {
        path: _contract_part(mesh, module.name)
        for module in mesh.contracts
        for path in (schema_path(module.name), contract_path(mesh.system.name, module.name))
    }
    units = {unit.name: unit.folder for unit in mesh.project.units}
    apis = {api_path(api.name): units[api.name] for api in mesh.apis}
    published = messages | apis
    folders = {folder: folder for folder in units.values()} | {CHASSIS_FOLDER: CHASSIS}

    def part_of(path: str) -> str:
        folder = "/".join(path.split("/", 2)[:2])
        return published.get(path) or folders.get(folder, PROJECT)

    return part_of


def message_sources(mesh: Mesh, overlays: Mapping[str, str]) -> dict[str, str]:
    """A hash of what each module of the contracts library is made from.

    That is its schema and the schema of the shared types, the names in it, and the project's
    settings of how code is formatted.
    """
    sources = {m.name: as_json([m.schema, m.aliases]) for m in mesh.contracts}
    shared = (as_json(mesh.system), overlays.get(PROJECT, ""), sources.get(_TYPES, ""))
    return {name: _hash((*shared, source)) for name, source in sources.items()}


def _contract_part(mesh: Mesh, module: str) -> str:
    """The part that a module of the contracts belongs to: its service's, or the project."""
    folders = (service.folder for service in mesh.services if service.name == module)
    return next(folders, PROJECT)


def _fingerprint(
    rows: Iterable[Row],
    contracts: Iterable[ContractModule],
    api: ApiView | None,
    types: str,
    overlays: Mapping[str, str],
) -> str:
    """A hash of what the templates see, and of what goes over them.

    The schemas and APIs among the answers are left out, since each belongs to the part of its unit,
    but a template of the user's own may make other files of them.
    """
    seen = []
    apart = () if "contracts" in overlays else ("schemas", "apis")
    for row in rows:
        answers = {name: value for name, value in row.answers.items() if name not in apart}
        seen += [row.template, row.folder, as_json(answers), overlays.get(row.template, "")]
    if api is not None:
        seen += [as_json(api), overlays.get("contracts", "")]
    for module in contracts:
        seen += [as_json(module), overlays.get("contracts", "")]
        if module.name != _TYPES and f"{_TYPES}.json" in seen[-2]:
            seen.append(types)
    return _hash(seen)


def _hash(texts: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()
