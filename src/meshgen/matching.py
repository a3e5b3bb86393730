"""Short strings that match a regular expression."""

from __future__ import annotations

import re
from re import _constants as op  # type: ignore[attr-defined]
from typing import Any

from meshgen.patterns import PatternError, matches, parse

_CATEGORIES = {
    op.CATEGORY_DIGIT: "1",
    op.CATEGORY_NOT_DIGIT: "a",
    op.CATEGORY_SPACE: " ",
    op.CATEGORY_NOT_SPACE: "a",
    op.CATEGORY_WORD: "a",
    op.CATEGORY_NOT_WORD: "-",
}
_LIKED = "a1A -_.@/"
_LONGEST = 1000


def matching(pattern: str, at_least: int = 0) -> str | None:
    """Return a string of `at_least` characters that matches `pattern`, None if unsupported."""
    for repeats in (1, max(at_least, 1), 0):
        try:
            text = _text(parse(pattern), repeats)
            if len(text) >= at_least and matches(pattern, text):
                return text
        except (PatternError, ValueError, RecursionError):
            return None
    return None


def _text(parsed: Any, repeats: int) -> str:
    return "".join(_part(kind, value, repeats) for kind, value in parsed)


def _part(kind: Any, value: Any, repeats: int) -> str:
    if kind is op.LITERAL:
        return chr(value)
    if kind is op.ANY:
        return "a"
    if kind is op.AT:
        return ""
    if kind is op.NOT_LITERAL:
        return next(character for character in _LIKED if ord(character) != value)
    if kind is op.IN:
        return _one_of(value)
    if kind is op.BRANCH:
        return _text(value[1][0], repeats)
    if kind is op.SUBPATTERN:
        return _text(value[3], repeats)
    if kind in (op.MAX_REPEAT, op.MIN_REPEAT):
        least, most, inner = value
        text = _text(inner, repeats)
        fitting = _LONGEST // max(len(text), 1)  # `((a+)+)+` would grow with each level
        return text * max(int(least), min(repeats, int(most), fitting))
    raise ValueError(kind)


def _one_of(choices: Any) -> str:
    if choices[0][0] is op.NEGATE:
        for character in _LIKED:
            if not any(_covers(choice, character) for choice in choices[1:]):
                return character
        raise ValueError(choices)
    kind, value = choices[0]
    if kind is op.LITERAL:
        return chr(value)
    return chr(value[0]) if kind is op.RANGE else _CATEGORIES[value]


def _covers(choice: Any, character: str) -> bool:
    kind, value = choice
    if kind is op.LITERAL:
        return bool(value == ord(character))
    if kind is op.RANGE:
        return bool(value[0] <= ord(character) <= value[1])
    category = {"DIGIT": r"\d", "SPACE": r"\s", "WORD": r"\w"}
    name = str(value).rpartition("_")[2]
    inside = re.match(category[name], character) is not None
    return inside != ("_NOT_" in str(value))
