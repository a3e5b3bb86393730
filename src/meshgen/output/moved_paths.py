"""Former paths of the files of renamed elements, so that edits move along."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from meshgen.identities import Identities
from meshgen.identities.table import Path
from meshgen.merge.identifiers import Names
from meshgen.naming import (
    constant,
    contracts_package,
    identifier,
    system_package,
    unit_folder,
    unit_package,
)
from meshgen.output.plan import api_path, contract_path, schema_path
from meshgen.system.model import Mesh

_UNIT_KINDS = ("services", "projections", "streams", "bffs")
_WITH_FILES = {"aggregates": "aggregate", "sagas": "saga"}
_CLASSES = ("types", "aggregates", "events", "commands")


@dataclass(frozen=True, slots=True, kw_only=True)
class Renames:
    """Former names: of the system, of units, and of what is in a unit, by (unit, kind, name)."""

    system: str
    units: Mapping[str, str] = field(default_factory=dict)
    inside: Mapping[tuple[str, str, str], str] = field(default_factory=dict)


def renames_of(system: str, before: Identities, after: Identities) -> Renames:
    """What has another name in `after`; `system` is the name of the system before."""
    units, inside = {}, {}
    for path, former, name in _renamed(before, after):
        if path[-2] in _UNIT_KINDS:
            units[name] = former
        elif path[-2] in _WITH_FILES:
            inside[str(after.names[path[:2]]), _WITH_FILES[path[-2]], name] = former
    return Renames(system=system, units=units, inside=inside)


def renamed_names(package: str, before: Identities, after: Identities) -> Names:
    """The identifiers of generated code that have another name in `after`."""
    names: dict[str, str] = {}
    for path, former, name in _renamed(before, after):
        if path[-2] in _UNIT_KINDS:
            names[unit_package(package, former)] = unit_package(package, name)
            contracts = contracts_package(package)
            names[f"{contracts}.{former}"] = f"{contracts}.{name}"
        elif path[-2] in _CLASSES:
            names[former] = name
            names[constant(former)] = constant(name)
    return Names(names)


def _renamed(before: Identities, after: Identities) -> Iterator[tuple[Path, str, str]]:
    """The paths of ids of what is called otherwise now, with the former and the new name."""
    for path, name in after.names.items():
        former = before.names.get(path)
        if former is not None and name is not None and former != name:
            yield path, former, name


def former_paths(paths: Iterable[str], mesh: Mesh, renames: Renames) -> dict[str, str]:
    """Those of `paths` that were others under the former names: new path -> old path."""
    if renames.system == mesh.system.name and not renames.units and not renames.inside:
        return {}
    former = _Former(mesh, renames)
    found = {path: former.path(path) for path in paths}
    return {path: before for path, before in found.items() if path != before}


class _Former:
    """Where files of `mesh` would be if everything had its former name."""

    def __init__(self, mesh: Mesh, renames: Renames) -> None:
        self._renames = renames
        self._units = {unit.folder: unit for unit in mesh.project.units}
        self._modules = _former_modules(mesh, renames)
        self._contracts = {contracts_package(mesh.system.name): contracts_package(renames.system)}
        self._exact = {
            place(mesh.system.name, module.name): place(
                renames.system, renames.units.get(module.name, module.name)
            )
            for module in mesh.contracts
            for place in (contract_path, lambda _, module: schema_path(module))
        } | {
            api_path(api.name): api_path(renames.units.get(api.name, api.name)) for api in mesh.apis
        }

    def path(self, path: str) -> str:
        """Where the file with this path was."""
        first, *others = path.split("/", 2)
        unit = self._units.get("/".join([first, *others[:1]]))
        if path in self._exact:
            return self._exact[path]
        if unit is None or len(others) < 2:
            return "/".join(self._contracts.get(part, part) for part in path.split("/"))
        name = self._renames.units.get(unit.name, unit.name)
        package = unit_package(system_package(self._renames.system), name)
        parts = [package if part == unit.package else part for part in others[1].split("/")]
        kind = parts[-2] if len(parts) > 1 else ""
        stem, dot, suffix = parts[-1].partition(".")
        parts[-1] = self._modules.get((unit.name, kind, stem), stem) + dot + suffix
        return "/".join([unit_folder(first, name), *parts])


def _former_modules(mesh: Mesh, renames: Renames) -> dict[tuple[str, str, str], str]:
    """The former names of modules, by (unit, the folder they are in, their name)."""
    found = {}
    for service in mesh.services:
        for kind, folder, things in (
            ("aggregate", "domain", service.aggregates),
            ("saga", "sagas", service.sagas),
        ):
            for thing in things:
                former = renames.inside.get((service.name, kind, thing.name))
                if former:
                    module = identifier(former)
                    found[service.name, folder, thing.module] = module
                    found[service.name, "tests", f"test_{thing.module}"] = f"test_{module}"
    return found
