"""Options with a syntax of their own: `--field name:type`, `--sets field=value`."""

from __future__ import annotations

from collections.abc import Iterable

from meshgen.errors import MeshgenError
from meshgen.refactor.yaml.emit import Value
from meshgen.spec.yaml.load import load
from meshgen.spec.yaml.tree import Broken, Mapping, Node, Scalar
from meshgen.unicode import printable


def fields_of(options: Iterable[str]) -> dict[str, Value]:
    """`reason:string`, `quantity:{type: int, min: 1}`. Raises MeshgenError."""
    found: dict[str, Value] = {}
    for option in options:
        name, colon, kind = (part.strip() for part in option.partition(":"))
        if not name or not colon or not kind:
            hint = "a field is written `--field reason:string`"
            raise MeshgenError(f"`{printable(option)}` is not a field", hint)
        if name in found:
            raise MeshgenError(f"the field `{printable(name)}` is given twice")
        found[name] = _kind(option, kind)
    return found


def sets_of(options: Iterable[str]) -> dict[str, str]:
    """`status=cancelled`, `total=total + amount`. Raises MeshgenError."""
    found: dict[str, str] = {}
    for option in options:
        name, equals, value = (part.strip() for part in option.partition("="))
        if not name or not equals or not value:
            hint = "it is written `--sets status=cancelled`"
            raise MeshgenError(f"`{printable(option)}` sets nothing", hint)
        found[name] = value
    return found


def _kind(option: str, kind: str) -> Value:
    """A type, or its long form in braces."""
    if not kind.startswith("{"):
        return kind
    root, findings = load(f"kind: {kind}")
    if root is None or findings:
        reason = findings[0].message if findings else "it cannot be read"
        raise MeshgenError(f"`{printable(option)}` is not a field: {reason}")
    return _value(root.entries[0].value)


def _value(node: Node) -> Value:
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Mapping):
        return {entry.key.text: _value(entry.value) for entry in node.entries}
    return [] if isinstance(node, Broken) else [_value(item) for item in node.items]
