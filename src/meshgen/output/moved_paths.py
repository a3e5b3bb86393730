"""Where the files of renamed things were: declared renames take the user's edits along."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from meshgen.identities import Identities
from meshgen.identities.table import Path
from meshgen.merge.identifiers import Names
from meshgen.naming import constant, snake, system_package, unit_folder, unit_package
from meshgen.output.plan import Task, contract_path, plan
from meshgen.system.model import Mesh

_UNIT_KINDS = ("services", "projections", "bffs")
_WITH_FILES = {"aggregates": "aggregate", "sagas": "saga"}
_CLASSES = ("types", "aggregates", "events", "commands")
_UNITS = {"service", "projection", "bff", "unit"}
_INSIDE = {"aggregate", "saga"}


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
            names[f"{package}_contracts.{former}"] = f"{package}_contracts.{name}"
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
