"""The examples of the reference as whole specs: each is merged into `docs/bookshop.yaml`."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from meshgen.spec.grammar.shapes import Example
from meshgen.spec.yaml.load import load
from meshgen.spec.yaml.tree import Mapping, Node, Scalar, Sequence

BOOKSHOP = Path(__file__).parents[1] / "bookshop.yaml"


def composed(example: Example) -> str:
    """Return the bookshop's spec with `example` merged into it."""
    spec = values_of(BOOKSHOP.read_text(encoding="utf-8"))
    place = spec
    for key in example.at.split(".") if example.at else ():
        place = place.setdefault(key, {})
    _merge(place, values_of(example.text))
    return yaml.safe_dump(spec, sort_keys=False, allow_unicode=True, width=1000)


def values_of(text: str) -> dict[str, Any]:
    """Parse YAML to plain values, as meshgen does."""
    root, findings = load(text)
    assert root is not None, text
    assert not findings, findings
    found: dict[str, Any] = _value(root)
    return found


def _value(node: Node) -> Any:
    match node:
        case Mapping():
            return {entry.key.text: _value(entry.value) for entry in node.entries}
        case Sequence():
            return [_value(item) for item in node.items]
        case Scalar(value=Decimal() as value):
            return float(value)
        case Scalar(value=value):
            return value
    raise AssertionError(node)


def _merge(into: dict[str, Any], other: dict[str, Any]) -> None:
    for key, value in other.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = value
