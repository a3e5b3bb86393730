"""Parsers of structured options: `--field name:type`, `--sets field=value`."""

from __future__ import annotations

from collections.abc import Iterable

from meshgen.errors import MeshgenError
from meshgen.refactor.yaml.emit import Value
from meshgen.spec.yaml.load import load
from meshgen.spec.yaml.tree import Broken, Mapping, Node, Scalar
from meshgen.unicode import printable


def fields_of(options: Iterable[str]) -> dict[str, Value]:
    """Parse fields such as `reason:string` or `quantity:{type: int, min: 1}`.

    Raises:
        MeshgenError: An option is malformed or repeats a field.
    """
    found: dict[str, Value] = {}
    for option in options:
        name, colon, kind = (part.strip() for part in option.partition(":"))
        if not name or not colon or not kind:
            hint = "write a field as `--field reason:string`"
            raise MeshgenError(f"`{printable(option)}` is not a field", hint)
        if name in found:
            raise MeshgenError(f"the field `{printable(name)}` is given twice")
        found[name] = _kind(option, kind)
    return found


def sets_of(options: Iterable[str]) -> dict[str, str]:
    """Parse assignments such as `status=cancelled` or `total=total + amount`.

    Raises:
        MeshgenError: An option is malformed.
    """
    found: dict[str, str] = {}
    for option in options:
        name, equals, value = (part.strip() for part in option.partition("="))
        if not name or not equals or not value:
            hint = "write an assignment as `--sets status=cancelled`"
            raise MeshgenError(f"`{printable(option)}` is not an assignment", hint)
        found[name] = value
    return found


def _kind(option: str, kind: str) -> Value:
    """Parse a type, or its long form in braces."""
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
