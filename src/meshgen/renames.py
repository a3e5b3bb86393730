"""Where the files of renamed things were: declared renames take the user's edits along."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from meshgen.base import State
from meshgen.mesh.model import Mesh
from meshgen.mesh.naming import snake, system_package, unit_folder, unit_package
from meshgen.moves import effective
from meshgen.plan import Task, contract_path, plan
from meshgen.spec.model import Spec

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
        context[kind] = replace(thing, module=snake(former))
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
