"""JSON values as BSON and back, without loss.

A key in BSON has no U+0000, and commands of MongoDB understand keys that begin with `$`. In their
place is U+FDD0, a code point that no text for interchange has, and a 0 or 2. A U+FDD0 that was in
the key itself is followed by a 1, so every key is read as it was written.
"""

from __future__ import annotations

from typing import Any

BITS_64 = range(-(2**63), 2**63)

_MARK = "\ufdd0"
_INTEGER = f"{_MARK}integer"  # no key is written like this


def to_bson(value: Any) -> Any:
    """Return the JSON value `value` as BSON."""
    match value:
        case bool():
            return value
        case int() if value not in BITS_64:
            return {_INTEGER: str(value)}
        case dict():
            return {_escaped(key): to_bson(item) for key, item in value.items()}
        case list():
            return [to_bson(item) for item in value]
    return value


def from_bson(value: Any) -> Any:
    """Return the JSON value that was stored as `value`."""
    match value:
        case dict() if _INTEGER in value:
            return int(value[_INTEGER])
        case dict():
            return {_unescaped(key): from_bson(item) for key, item in value.items()}
        case list():
            return [from_bson(item) for item in value]
    return value


def _escaped(key: str) -> str:
    if _MARK in key or "\0" in key:
        key = key.replace(_MARK, f"{_MARK}1").replace("\0", f"{_MARK}0")
    return f"{_MARK}2{key[1:]}" if key.startswith("$") else key


def _unescaped(key: str) -> str:
    if _MARK not in key:
        return key
    return key.replace(f"{_MARK}0", "\0").replace(f"{_MARK}2", "$").replace(f"{_MARK}1", _MARK)
