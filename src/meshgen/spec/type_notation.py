"""The notation of types: `string`, `OrderLine`, `list[T]`, `map[T]`, `map[uuid, T]`, `T?`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from meshgen.spec.declarations import Enum, ValueObject
from meshgen.spec.hints import meant
from meshgen.spec.types import (
    MAP_KEYS,
    SCALARS,
    STRING,
    EnumType,
    ListType,
    MapType,
    ObjectType,
    OptionalType,
    Scalar,
    Type,
)

MAX_LENGTH = 200
MAX_DEPTH = 5

_TOKEN = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*|[\[\],?])")
_KNOWN_ELSEWHERE = {
    "str": "string",
    "text": "string",
    "integer": "int",
    "long": "int",
    "number": "decimal",
    "money": "decimal",
    "double": "float",
    "boolean": "bool",
    "guid": "uuid",
    "id": "uuid",
    "timestamp": "datetime",
    "time": "datetime",
    "array": "list[T]",
    "set": "list[T]",
    "dict": "map[T]",
    "object": "map[T]",
    "optional": "T?",
}


class TypeNameError(Exception):
    """An invalid type notation; `offset` counts characters from 0."""

    def __init__(self, message: str, offset: int, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.hint = hint


def parse_type(text: str, types: Mapping[str, Enum | ValueObject]) -> Type:
    """Parse a type.

    Args:
        text: The notation.
        types: The types declared in the spec, by name.

    Raises:
        TypeNameError: The notation is invalid or names an unknown type.
    """
    if len(text) > MAX_LENGTH:
        raise TypeNameError(f"a type has at most {MAX_LENGTH} characters", MAX_LENGTH)
    parser = _Parser(text, types)
    found = parser.type(depth=1)
    if parser.peek:
        raise parser.error(
            f"`{parser.peek}` is not expected here", "write a type such as `list[string]`"
        )
    return found


class _Parser:
    """A recursive-descent parser; `peek` is the next token, "" at the end."""

    def __init__(self, text: str, types: Mapping[str, Enum | ValueObject]) -> None:
        self._types = types
        self._end = len(text.rstrip())
        self._tokens = self._scan(text)
        self.peek, self._at = next(self._tokens)

    def _scan(self, text: str) -> Iterator[tuple[str, int]]:
        at = 0
        while at < self._end:
            match = _TOKEN.match(text, at)
            if match is None:
                at += len(text[at:]) - len(text[at:].lstrip())
                raise TypeNameError(f"`{text[at]}` is not allowed in a type", at)
            yield match[1], match.start(1)
            at = match.end()
        while True:
            yield "", self._end

    def error(self, message: str, hint: str | None = None, at: int | None = None) -> TypeNameError:
        return TypeNameError(message, self._at if at is None else at, hint)

    def _advance(self) -> str:
        token = self.peek
        self.peek, self._at = next(self._tokens)
        return token

    def _expect(self, token: str) -> None:
        if self.peek != token:
            found = f"not `{self.peek}`" if self.peek else "but the type ends"
            raise self.error(f"`{token}` is expected here, {found}")
        self._advance()

    def type(self, depth: int) -> Type:
        if depth > MAX_DEPTH:
            raise self.error(
                f"types are nested at most {MAX_DEPTH} deep",
                "declare the inner type under `types`",
            )
        found = self._plain(depth)
        if self.peek == "?":
            self._advance()
            found = OptionalType(found)
            if self.peek == "?":
                raise self.error("remove the second `?`")
        return found

    def _plain(self, depth: int) -> Type:
        at = self._at
        name = self._advance()
        if not name.isidentifier():
            raise self.error("a type is expected here" + (f", not `{name}`" if name else ""), at=at)
        if name == "list" and self.peek == "[":
            self._advance()
            item = self.type(depth + 1)
            self._expect("]")
            return ListType(item)
        if name == "map" and self.peek == "[":
            return self._map(depth)
        return self._named(name, at)

    def _map(self, depth: int) -> Type:
        self._advance()
        at = self._at
        first = self.type(depth + 1)
        if self.peek != ",":
            self._expect("]")
            return MapType(STRING, first)
        self._advance()
        value = self.type(depth + 1)
        self._expect("]")
        if not isinstance(first, Scalar) or first.name not in MAP_KEYS:
            raise self.error(
                f"{first} cannot be the key of a map", f"use {', '.join(MAP_KEYS)}", at
            )
        if first == STRING:
            raise self.error(f"map[string, {value}] is written map[{value}]", at=at)
        return MapType(first, value)

    def _named(self, name: str, at: int) -> Type:
        if name in SCALARS:
            return Scalar(name)
        declared = self._types.get(name)
        if declared is not None:
            if isinstance(declared, Enum):
                return EnumType(name, declared.members)
            return ObjectType(name)
        if name in ("list", "map"):
            raise self.error(f"a {name} needs an item type", f"write e.g. `{name}[string]`", at)
        if self.peek == "[" and at + len(name) == self._at:
            hint: str | None = "write `list[T]` for lists, `map[T]` for maps"
        else:
            hint = self._hint(name)
        raise self.error(f"there is no type `{name}`", hint, at)

    def _hint(self, name: str) -> str | None:
        elsewhere = _KNOWN_ELSEWHERE.get(name.lower())
        if elsewhere is not None:
            return f"write `{elsewhere}`"
        return meant(name, (*SCALARS, *self._types))
