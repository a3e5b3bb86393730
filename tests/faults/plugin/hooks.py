"""Changes modules right after they were imported."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

Change = Callable[[ModuleType], None]

_CHANGES: dict[str, list[Change]] = defaultdict(list)


def after_import(module: str, change: Change) -> None:
    """Call `change` with the module as soon as it was imported."""
    _CHANGES[module].append(change)


def install() -> None:
    """Start to watch imports."""
    sys.meta_path.insert(0, _Finder())


class _Finder(MetaPathFinder):
    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name not in _CHANGES:
            return None
        for finder in sys.meta_path:
            if finder is self:
                continue
            spec = finder.find_spec(name, path, target)
            if spec is not None and spec.loader is not None:
                spec.loader = _Loader(spec.loader, _CHANGES[name])
                return spec
        return PathFinder.find_spec(name, path, target)


class _Loader(Loader):
    def __init__(self, loader: Loader, changes: list[Change]) -> None:
        self._loader = loader
        self._changes = changes

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        for change in self._changes:
            change(module)
