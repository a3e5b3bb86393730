"""Text without U+0000, which PostgreSQL cannot store.

In its place is U+FDD0, a code point that no text for interchange has, and a 0. A U+FDD0 that was in
the text itself is followed by a 1, so every text is read as it was written.

SQL Server compares texts as if the shorter one ended in spaces. There, a space at the end is
followed by a U+FDD0 and a 2.
"""

from __future__ import annotations

import json
from typing import Any

_MARK = "\ufdd0"
_END = f"{_MARK}2"
_SIGNS = ("\\u0000", "\\ufdd0", "\\uFDD0", _MARK)  # in JSON


def escaped(text: str) -> str:
    """Return `text` as it is stored."""
    if "\0" not in text and _MARK not in text:
        return text
    return text.replace(_MARK, f"{_MARK}1").replace("\0", f"{_MARK}0")


def unescaped(text: str) -> str:
    """Return the text that was stored as `text`."""
    if _MARK not in text:
        return text
    plain = text.removesuffix(_END).replace(f"{_MARK}0", "\0")
    return plain.replace(f"{_MARK}1", _MARK)


def with_marked_end(text: str) -> str:
    """Return escaped text so that it does not end in a space."""
    return text + _END if text.endswith(" ") else text


def escaped_json(text: str) -> str:
    """Return the JSON `text` with all of its texts as they are stored."""
    if not any(sign in text for sign in _SIGNS):
        return text
    return json.dumps(_escaped_value(json.loads(text)), ensure_ascii=False)


def unescaped_json(text: str) -> str:
    """Return the JSON whose texts were stored as in `text`."""
    return text.replace(f"{_MARK}0", "\\u0000").replace(f"{_MARK}1", _MARK)


def _escaped_value(value: Any) -> Any:
    match value:
        case str():
            return escaped(value)
        case dict():
            return {escaped(key): _escaped_value(item) for key, item in value.items()}
        case list():
            return [_escaped_value(item) for item in value]
    return value
