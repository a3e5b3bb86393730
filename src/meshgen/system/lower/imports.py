"""Imports that a unit's files may need from the contracts."""

from __future__ import annotations

from collections.abc import Iterable

from meshgen.naming import contracts_package
from meshgen.spec.model import Ref
from meshgen.system.index import Index
from meshgen.system.model import Import


def contract_imports(index: Index, refs: Iterable[Ref]) -> tuple[Import, ...]:
    """Return imports of the messages in `refs` and of all shared types, one per module.

    The formatter removes unused imports, so all files of a unit share one list.
    """
    package = contracts_package(index.spec.name)
    modules: dict[str, set[str]] = {}
    for ref in refs:
        modules.setdefault(ref.unit, set()).add(ref.name)
    if index.spec.types:
        modules["types"] = {type_.name for type_ in index.spec.types}
    return tuple(
        Import(module=f"{package}.{module}", names=tuple(sorted(names)))
        for module, names in sorted(modules.items())
        if names
    )
