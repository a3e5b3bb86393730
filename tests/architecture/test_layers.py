"""Imports go downwards, and none is hidden in a function except for the start-up time."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SRC = Path(__file__).parents[2] / "src"

LAYERS = (
    "meshgen.errors meshgen.unicode meshgen.naming meshgen.patterns meshgen.progress",
    "meshgen.matching",
    "meshgen.spec.diagnostics meshgen.spec.hints",
    "meshgen.spec.yaml",
    "meshgen.spec.types meshgen.spec.grammar",
    "meshgen.spec.declarations",
    "meshgen.spec.expressions meshgen.spec.type_notation",
    "meshgen.spec.model",
    "meshgen.spec.routes",
    "meshgen.spec.syntax",
    "meshgen.spec.parser",
    "meshgen.spec.analysis",
    "meshgen.spec",
    "meshgen.identities",
    "meshgen.evolution",
    "meshgen.graph",
    "meshgen.capacity",
    "meshgen.observability",
    "meshgen.filesystem",
    "meshgen.merge",
    "meshgen.system.model",
    "meshgen.system.pysource",
    "meshgen.system.index",
    "meshgen.system.jsonschema",
    "meshgen.testgen",
    "meshgen.system.lower",
    "meshgen.system",
    "meshgen.project",
    "meshgen.output",
    "meshgen.render",
    "meshgen.refactor",
    "meshgen.operations",
    "meshgen.cli",
    "meshgen",
)
"""From the bottom to the top. A module may import from its own layer and from those below."""

RANKS = {package: rank for rank, layer in enumerate(LAYERS) for package in layer.split()}

FOR_START_UP = {
    "meshgen.cli": "`--help` and `check` do not wait for what only rendering needs",
    "meshgen.operations": "an update with nothing to do renders nothing",
    "meshgen.render.worker": "the worker imports its libraries while the spec is checked",
    "meshgen.patterns": "pydantic_core is needed only for patterns",
    "meshgen.spec.hints": "difflib is needed only when something is wrong",
}
"""The packages whose functions may import, and why."""


def modules() -> list[str]:
    return [_name(path) for path in sorted((SRC / "meshgen").rglob("*.py"))]


def _name(path: Path) -> str:
    parts = path.relative_to(SRC).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _tree(module: str) -> ast.Module:
    path = SRC.joinpath(*module.split("."))
    source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return ast.parse(source.read_text(encoding="utf-8"))


def _rank(module: str) -> int:
    parts = module.split(".")
    prefixes = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next(RANKS[prefix] for prefix in prefixes if prefix in RANKS)


def _imported(tree: ast.AST) -> Iterator[str]:
    known = set(modules())
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if name in known else node.module for name in names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@pytest.mark.parametrize("module", modules())
def test_imports_go_downwards(module: str) -> None:
    own = [name for name in _imported(_tree(module)) if name.partition(".")[0] == "meshgen"]
    upwards = [name for name in own if name != "meshgen" and _rank(name) > _rank(module)]
    assert not upwards


@pytest.mark.parametrize("module", modules())
def test_functions_import_only_for_start_up_time(module: str) -> None:
    if any(module.startswith(package) for package in FOR_START_UP):
        return
    functions = (
        node
        for node in ast.walk(_tree(module))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    assert not [name for function in functions for name in _imported(function)]


def test_every_package_has_a_layer_of_its_own() -> None:
    packages = {".".join(module.split(".")[:2]) for module in modules()}
    assert packages - {"meshgen", "meshgen.__main__"} - RANKS.keys() == set()
