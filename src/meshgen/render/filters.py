"""Filters that escape texts of the spec, one per target language.

Every filter returns a complete, quoted literal (or, for prose, text that cannot end its context),
so that no text of a spec ever becomes code.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable

from meshgen.naming import sentence
from meshgen.unicode import BIDI

_WIDTH = 100
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")
_BIDI = re.compile(f"[{''.join(sorted(BIDI))}]")


def python(value: str) -> str:
    """A Python string literal (the formatter chooses the quotes)."""
    return _BIDI.sub(lambda found: f"\\u{ord(found[0]):04x}", repr(value))


def python_tuple(values: Iterable[str]) -> str:
    """A Python tuple of string literals."""
    literals = [python(value) for value in values]
    return f"({literals[0]},)" if len(literals) == 1 else f"({', '.join(literals)})"


def yaml(value: str) -> str:
    """A YAML double-quoted scalar (YAML 1.2, 7.3.1: JSON strings are a subset)."""
    return json.dumps(value, ensure_ascii=True) if not _beyond_bmp(value) else _yaml_escaped(value)


def toml(value: str) -> str:
    r"""A TOML basic string (TOML 1.0: `\uXXXX` and `\UXXXXXXXX`, no surrogates)."""
    return _yaml_escaped(value)


def json_document(value: object) -> str:
    """A JSON document (RFC 8259) in ASCII; `tojson` would escape what matters in HTML only."""
    return json.dumps(value, indent=2)


def prose(value: str) -> str:
    """One line of plain text for a docstring or a comment."""
    text = " ".join(_BIDI.sub(" ", _CONTROL.sub(" ", value)).split())
    return text.replace("\\", "\\\\").replace('"""', "'''").replace('"', "'")


def docstring(value: str, indent: int = 0) -> str:
    """A whole docstring (PEP 257): on one line, or its first sentence and the rest below it."""
    text, margin = prose(value), " " * indent
    if indent + len(text) + 6 <= _WIDTH:
        return f'"""{text}"""'
    first, _, rest = text.partition(". ")
    blocks = [first + ("." if rest else ""), rest]
    wrapped = [
        textwrap.fill(
            block, _WIDTH - indent - 6, break_long_words=False, break_on_hyphens=False
        ).replace("\n", f"\n{margin}")
        for block in blocks
        if block
    ]
    return f'"""{f"{chr(10)}{chr(10)}{margin}".join(wrapped)}\n{margin}"""'


def markdown(value: str) -> str:
    """One line of Markdown text with its markup characters escaped (CommonMark 2.4)."""
    text = " ".join(_BIDI.sub(" ", _CONTROL.sub(" ", value)).split())
    return re.sub(r"([\\`*_{}\[\]<>#|!])", r"\\\1", text)


def _beyond_bmp(value: str) -> bool:
    return any(ord(character) > 0xFFFF for character in value)


def _yaml_escaped(value: str) -> str:
    def escape(character: str) -> str:
        code = ord(character)
        if character in '"\\':
            return "\\" + character
        if 0x20 <= code < 0x7F:
            return character
        return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"

    return '"' + "".join(map(escape, value)) + '"'


FILTERS = {
    "sentence": sentence,
    "py": python,
    "names": python_tuple,
    "yml": yaml,
    "json": json_document,
    "toml": toml,
    "doc": docstring,
    "md": markdown,
}
