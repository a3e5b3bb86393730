"""Where the files of renamed things were: declared renames take the user's edits along."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from meshgen.merge.identifiers import Names
from meshgen.merge.moves import effective
from meshgen.naming import (
    constant,
    contracts_package,
    identifier,
    system_package,
    unit_folder,
    unit_package,
)
from meshgen.output.plan import contract_path, schema_path
from meshgen.project.state import State
from meshgen.spec.check import check_text
from meshgen.spec.model import Bff, Projection, Service, Spec
from meshgen.system.model import Mesh


@dataclass(frozen=True, slots=True, kw_only=True)
class Renames:
    """Former names: of the system, of units, and of what is in a unit, by (unit, kind, name)."""

    system: str
    units: Mapping[str, str] = field(default_factory=dict)
    inside: Mapping[tuple[str, str, str], str] = field(default_factory=dict)


def renames_of(spec: Spec, state: State) -> Renames:
    """What `spec` has renamed since `state`."""
    units = {
        unit.name: unit.renamed_from
        for of_kind in (spec.services, spec.projections, spec.bffs)
        for unit in of_kind
        if unit.renamed_from
    }
    inside = {
        (service.name, kind, thing.name): thing.renamed_from
        for service in spec.services
        for kind, things in (("aggregate", service.aggregates), ("saga", service.sagas))
        for thing in things
        if thing.renamed_from
    }
    there = {part.partition("/")[2] for part in state.parts}
    return Renames(system=state.system, units=effective(units, there), inside=inside)


def renamed_names(before: bytes, after: bytes) -> Names:
    """The identifiers of generated code that the spec `after` has renamed since `before`.

    Those that cannot be told, because one of the texts is no valid spec, are none.
    """
    if b"renamed_from" not in after:
        return Names()
    old, new = (check_text("", text.decode("utf-8", "replace"))[0] for text in (before, after))
    if old is None or new is None:
        return Names()
    return Names(dict(_identifiers(old, new)))


def _identifiers(old: Spec, new: Spec) -> Iterator[tuple[str, str]]:
    known = set(_messages(old)) | set(_units(old))
    package = system_package(new.name)
    for name, former in _units(new).items():
        if former in known and name not in known:
            yield unit_package(package, former), unit_package(package, name)
            yield f"{package}_contracts.{former}", f"{package}_contracts.{name}"
    for name, former in _messages(new).items():
        if former in known and name not in known:
            yield former, name
            yield constant(former), constant(name)


def _units(spec: Spec) -> dict[str, str | None]:
    """Every unit, and what it was called before."""
    units: tuple[Service | Projection | Bff, ...] = (*spec.services, *spec.projections, *spec.bffs)
    return {unit.name: unit.renamed_from for unit in units}


def _messages(spec: Spec) -> dict[str, str | None]:
    """Every aggregate, event and command, and what it was called before."""
    found: dict[str, str | None] = {}
    for service in spec.services:
        for aggregate in service.aggregates:
            found[aggregate.name] = aggregate.renamed_from
            found |= {event.name: event.renamed_from for event in aggregate.events}
            found |= {command.name: command.renamed_from for command in aggregate.commands}
    return found


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
