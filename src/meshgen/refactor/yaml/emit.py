"""Values as lines of YAML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeAlias

from meshgen.refactor.yaml.style import WIDTH, Style
from meshgen.spec.yaml.load import load
from meshgen.spec.yaml.tree import Scalar

Value: TypeAlias = "str | dict[str, Value] | list[Value]"

_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.() +*/=<>@-]*")
MISREAD = object()
_FLAT = 2  # maximum nesting of braces in one line


class Text(str):
    """Prose, which must not be read as a number or a word such as `true`."""


class Block(dict[str, Value]):
    """A mapping written with one key per line outside of braces."""


def entry_lines(key: str, value: Value, indent: int, style: Style) -> list[str]:
    """Return `key: value` as lines that start in column `indent`."""
    head = " " * indent + scalar(key) + ":"
    if isinstance(value, str):
        return [f"{head} {scalar(value)}"]
    if not value or _fits_in_line(value, len(head) + 1, style):
        return [f"{head} {flow(value, style)}"]
    if isinstance(value, dict):
        return [head, *mapping_lines(value, indent + style.step, style)]
    return [head, *(line for v in value for line in item_lines(v, indent + style.dash, style))]


def mapping_lines(value: dict[str, Value], indent: int, style: Style) -> list[str]:
    """Return the entries of a mapping as lines."""
    return [line for key, v in value.items() for line in entry_lines(key, v, indent, style)]


def item_lines(value: Value, indent: int, style: Style) -> list[str]:
    """Return `- value` as lines, with the dash in column `indent`."""
    pad = " " * indent + "- "
    if isinstance(value, str):
        return [pad + scalar(value)]
    if not value or _fits_in_line(value, len(pad), style):
        return [pad + flow(value, style)]
    lines = (
        mapping_lines(value, indent + 2, style)
        if isinstance(value, dict)
        else [line for v in value for line in item_lines(v, indent + 2, style)]
    )
    return [pad + lines[0][indent + 2 :], *lines[1:]]


def flow(value: Value, style: Style) -> str:
    """Return a value in braces and brackets."""
    if isinstance(value, str):
        is_text = style.quoted and _meant(value, inside=True) in (value, MISREAD)
        return _in_quotes(value) if is_text else scalar(value, inside=True)
    if isinstance(value, dict):
        return "{" + ", ".join(flow_entry(key, v, style) for key, v in value.items()) + "}"
    return "[" + ", ".join(flow(v, style) for v in value) + "]"


def flow_entry(key: str, value: Value, style: Style) -> str:
    """Return `key: value` for use inside braces."""
    name = _in_quotes(key) if style.quoted else scalar(key, inside=True)
    return f"{name}: {flow(value, style)}"


def scalar(text: str, *, inside: bool = False) -> str:
    """Return a scalar, quoted if necessary; more often so `inside` braces."""
    if _is_plain(text, inside=inside):
        return text
    if '"' not in text and "\\" not in text and text.isprintable():
        return f'"{text}"'
    if text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    return _in_quotes(text)


def _in_quotes(text: str) -> str:
    return '"' + "".join(_escaped(text)) + '"'


def _is_plain(text: str, *, inside: bool) -> bool:
    if not _PLAIN.fullmatch(text) and (inside or not text.isprintable()):
        return False
    meant = _meant(text, inside=inside)
    return meant is not MISREAD and (isinstance(meant, str) or not isinstance(text, Text))


def _meant(text: str, *, inside: bool) -> object:
    """Return how `text` is read without quotes; `MISREAD` if not as a single value."""
    root, findings = load("{k: " + text + "}" if inside else "k: " + text)
    found = root.entries[0].value if root and len(root.entries) == 1 and not findings else None
    if not isinstance(found, Scalar) or found.text != text:
        return MISREAD
    return found.value


def _escaped(text: str) -> Iterator[str]:
    for c in text:
        if c in '"\\':
            yield "\\" + c
        elif c.isprintable():
            yield c
        else:
            yield f"\\U{ord(c):08X}"


def _fits_in_line(value: Value, column: int, style: Style) -> bool:
    """Tell whether `value` is written in braces: it must be small and short."""
    if isinstance(value, list) and not any(isinstance(v, dict) for v in value):
        return style.brackets and column + len(flow(value, style)) <= WIDTH
    if not style.flow or isinstance(value, Block | list) or _depth(value) > _FLAT:
        return False
    return column + len(flow(value, style)) <= WIDTH


def _depth(value: Value) -> int:
    """Return the nesting of braces; a single entry with a scalar does not count."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if isinstance(value, Block):
        return _FLAT + 1
    return isinstance(value, dict) + max((_depth(v) for v in inner), default=0)
