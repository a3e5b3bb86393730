"""The parts of a project: what is rendered, fingerprinted and kept as a base in one piece.

A part is a unit's folder with the messages of the unit, or the chassis, or the rest. What a part
is rendered from has a fingerprint, so an update renders only the parts that changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from meshgen.output.plan import PROJECT, Task, contract_part, plan
from meshgen.system.model import ContractModule, Mesh

CHASSIS = "chassis"
_TYPES = "types"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part and all that it is rendered from, with a fingerprint of that."""

    name: str
    tasks: tuple[Task, ...] = ()
    contracts: tuple[ContractModule, ...] = ()
    fingerprint: str = ""


def parts_of(mesh: Mesh) -> tuple[Part, ...]:
    """Return the parts of `mesh`'s project: the project itself, the chassis, each unit."""
    tasks: dict[str, list[Task]] = {PROJECT: [], CHASSIS: []}
    contracts: dict[str, list[ContractModule]] = {}
    for task in plan(mesh):
        tasks.setdefault(task.part, []).append(task)
    for module in mesh.contracts:
        contracts.setdefault(contract_part(mesh, module.name), []).append(module)
    types = next((repr(m.schema) for m in mesh.contracts if m.name == _TYPES), "")
    return tuple(
        Part(
            name=name,
            tasks=tuple(of_part),
            contracts=tuple(contracts.get(name, ())),
            fingerprint=_fingerprint(of_part, contracts.get(name, ()), types),
        )
        for name, of_part in tasks.items()
    )


def _fingerprint(tasks: Iterable[Task], contracts: Iterable[ContractModule], types: str) -> str:
    """A hash of what the templates see. The model is frozen data, so its `repr` is its value."""
    seen: dict[int, object] = {}
    found = hashlib.sha256()
    for task in tasks:
        found.update(f"{task.template}\0{task.destination}\0".encode())
        seen |= {id(value): value for value in task.context.values()}
    values = [repr(value) for value in seen.values()]
    for module in contracts:
        values.append(repr(module))
        if module.name != _TYPES and f"{_TYPES}.json" in values[-1]:
            values.append(types)
    for value in dict.fromkeys(values):
        found.update(value.encode("utf-8", "surrogatepass") + b"\0")
    return found.hexdigest()
