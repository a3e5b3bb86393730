"""Where the files of renamed things were: declared renames take the user's edits along."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from meshgen.merge.identifiers import Names
from meshgen.merge.moves import effective
from meshgen.naming import identifier, snake, system_package, unit_folder, unit_package
from meshgen.output.plan import Task, contract_path, plan
from meshgen.project.state import State
from meshgen.spec import check_text
from meshgen.spec.model import Bff, Projection, Service, Spec
from meshgen.system.model import Mesh

_UNITS = {"service", "projection", "bff", "unit"}
_INSIDE = {"aggregate", "saga"}


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
            yield snake(former).upper(), snake(name).upper()


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


def former_paths(mesh: Mesh, renames: Renames) -> dict[str, str]:
    """The paths of `mesh` that were others under the former names: new path -> old path."""
    if renames.system == mesh.name and not renames.units and not renames.inside:
        return {}
    package = system_package(renames.system)
    paths = {task.destination: _former_path(task, renames) for task in plan(mesh)}
    for module in mesh.contracts:
        former = renames.units.get(module.name, module.name)
        paths[contract_path(mesh.package, module.name)] = contract_path(package, former)
    return {path: former for path, former in paths.items() if path != former}


def _former_path(task: Task, renames: Renames) -> str:
    """Where `task` would write if everything had its former name."""
    package = system_package(renames.system)
    context: dict[str, Any] = dict(task.context)
    context["mesh"] = replace(context["mesh"], package=package)
    for kind in _INSIDE & context.keys():
        thing, service = context[kind], context["service"]
        former = renames.inside.get((service.name, kind, thing.name), thing.name)
        context[kind] = replace(thing, module=identifier(former))
    for key in _UNITS & context.keys():
        view = context[key]
        name = renames.units.get(view.name, view.name)
        folder = unit_folder(view.folder.partition("/")[0], name)
        context[key] = replace(view, folder=folder, package=unit_package(package, name))
    if "contract" in context:
        module = context["contract"]
        name = renames.units.get(module.name, module.name)
        context["contract"] = replace(module, name=name)
    return task.pattern.format(**context)
