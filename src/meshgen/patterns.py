"""Regular expressions of a spec: the only module that parses, compiles or matches them.

They are matched by the Rust engine in pydantic-core, which the generated messages use, too: a text
matches here if and only if it does there, in time linear in its length, whatever the pattern.
Python's own engine backtracks: `^(a+)+$` takes it years. It only parses a pattern, to write an
example, and because what it reads otherwise is also read otherwise by clients of the API.
"""

from __future__ import annotations

import re
import warnings
from functools import lru_cache
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic_core import SchemaValidator

MAX_LENGTH = 200
MAX_ELEMENTS = 1000
_REPEATS = (op.MAX_REPEAT, op.MIN_REPEAT)
_PLAIN = (op.LITERAL, op.NOT_LITERAL, op.ANY, op.IN, op.AT)
_WORD_BOUNDARY = re.compile(r"(?<!\\)(?:\\\\)*(\\[<>])")
_REASON = re.compile(r"\n\s*error: (?P<reason>.+)", re.DOTALL)
_DIALECTS = "its meaning differs between regular expression dialects"
_ADVICE = "repeat less, and limit the length by `max_length`"
_LINEAR = "look-around and back-references are not supported: matching takes linear time"


class PatternError(Exception):
    """A text that is not a supported pattern: why, and the offset of what is wrong in it."""

    def __init__(self, reason: str, offset: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.offset = offset


def check(pattern: str) -> None:
    """Raise PatternError unless `pattern` means the same everywhere and is of a moderate size."""
    if len(pattern) > MAX_LENGTH:
        raise PatternError(f"use at most {MAX_LENGTH} characters", MAX_LENGTH)
    if not pattern.isascii() or not pattern.isprintable():
        offset = next(n for n, c in enumerate(pattern) if not c.isascii() or not c.isprintable())
        reason = "use printable ASCII, and escapes such as `\\u1234` for other characters"
        raise PatternError(reason, offset)
    if found := _WORD_BOUNDARY.search(pattern):  # Rust's; elsewhere it is `<` itself
        raise PatternError(_DIALECTS, found.start(1))
    parsed = parse(pattern)
    _compiled(pattern)
    if parsed.state.flags & ~re.UNICODE:
        raise PatternError(_DIALECTS)
    if _elements(parsed) > MAX_ELEMENTS:
        raise PatternError(f"it repeats up to {MAX_ELEMENTS} characters and more: {_ADVICE}")


def matches(pattern: str, text: str) -> bool:
    """Tell whether `text` contains a match of `pattern`, in linear time."""
    return _compiled(pattern).isinstance_python(text)


def parse(pattern: str) -> Any:
    """Return the parse tree of `pattern`, of Python's `re`.

    Raises:
        PatternError: It is not a regular expression, or Python warns that it is ambiguous.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # `[[` means another thing in each dialect
        try:
            return _parser.parse(pattern)
        except re.error as error:
            raise PatternError(f"{error.msg}", error.pos or 0) from None
        except (Warning, OverflowError, RecursionError):
            raise PatternError(_DIALECTS) from None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> SchemaValidator:
    from pydantic_core import SchemaError, SchemaValidator, core_schema  # only if there are any

    try:
        return SchemaValidator(core_schema.str_schema(pattern=pattern, regex_engine="rust-regex"))
    except SchemaError as error:
        raise _refused(str(error)) from None


def _refused(message: str) -> PatternError:
    """Read the message of the Rust engine: the pattern, a caret below it, and the reason."""
    found = _REASON.search(message)
    reason = found["reason"].strip() if found else f"it is too large: {_ADVICE}"
    if "look-around" in reason or "backreference" in reason:
        reason = _LINEAR
    lines = message.splitlines()
    caret = next((line for line in lines if line.strip() and not line.strip(" ^")), "")
    return PatternError(reason, max(caret.find("^") - 4, 0))


def _elements(parsed: Any) -> int:
    """Return the number of characters that `parsed` matches, with repetitions written out."""
    return sum(_size(kind, value) for kind, value in parsed)


def _size(kind: Any, value: Any) -> int:
    match kind:
        case _ if kind in _PLAIN:
            return 1
        case _ if kind in _REPEATS:
            least, most, inner = value
            times: int = least if most is op.MAXREPEAT else most
            return _elements(inner) * max(times, 1)
        case op.BRANCH:
            return sum(map(_elements, value[1]))
        case op.SUBPATTERN:
            _, added, removed, inner = value
            if not (added or removed):
                return _elements(inner)
    raise PatternError(_DIALECTS)
