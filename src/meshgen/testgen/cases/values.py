"""Example values as source code, with names for shared values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import count
from uuid import UUID

from meshgen.naming import constant
from meshgen.spec.expressions import Expression
from meshgen.spec.expressions.evaluate import evaluate
from meshgen.spec.expressions.values import Bindings, Record, Value
from meshgen.spec.model import Assignment, Field
from meshgen.system.model import Argument, Bound, Call, Constant, Constants
from meshgen.system.pysource.literals import literal
from meshgen.testgen.examples.model import (
    EARLIER,
    NOW,
    EventValue,
    ExampleId,
    FieldValues,
    new_id,
)

_PREDEFINED: Mapping[object, str] = {
    NOW: "NOW",
    **{new_id(number): f"new_id({number})" for number in range(1, 10)},
}


_TAKEN = frozenset(("LATE", "NOW", "ROW", "UTC", "UUID", "WINDOWS"))


class Shared:
    """The constants of a test module: ids, times and messages.

    An id is named after its field: `CUSTOMER_ID`, `CUSTOMER_ID_2`; a message after its type:
    `ORDER_PLACED`, `ORDER_PLACED_EARLIER`, `ORDER_PLACED_2`.
    """

    def __init__(self, ids: Mapping[UUID, ExampleId]) -> None:
        """Start without constants; `ids` gives the meaning of ids."""
        self._ids = ids
        self._named: dict[object, str] = dict(_PREDEFINED)
        self._values: dict[str, str] = {}
        self._messages: list[tuple[EventValue, str]] = []

    def call(self, name: str, fields: FieldValues) -> Call:
        """Return `name(field=value, ...)`, and name the ids and times in it."""
        for field, value in fields:
            self._name_parts(field, value)
        arguments = (Argument(name=n, value=literal(v, self._named)) for n, v in fields)
        return Call(name=name, arguments=tuple(arguments))

    def name(self, message: EventValue) -> str:
        """Return the name of the constant that holds `message`."""
        for known, name in self._messages:
            if known == message:
                return name
        name = self._free_name(message)
        self._messages.append((message, name))
        return name

    def constants(self) -> Constants:
        """Return all constants, ids and times first."""
        messages = tuple(
            Constant(name=name, value=self.call(message.name, message.fields))
            for message, name in self._messages
        )
        values = tuple(Bound(name=name, value=value) for name, value in self._values.items())
        return Constants(bindings=values, messages=messages)

    def _free_name(self, message: EventValue) -> str:
        name = constant(message.name)
        if not self._is_free(name) and any(value == EARLIER for _, value in message.fields):
            name += "_EARLIER"
        return self._numbered(name)

    def _numbered(self, name: str) -> str:
        return next(name for name in _alternatives(name) if self._is_free(name))

    def _is_free(self, name: str) -> bool:
        others = (other for _, other in self._messages)
        return name not in _TAKEN and name not in self._values and name not in others

    def _name_parts(self, field: str, value: Value) -> None:
        for name, part in _parts(field, value):
            if part in self._named:
                continue
            if isinstance(part, UUID):
                self._add(part, *self._id(name, part))
            elif part == EARLIER:
                self._add(part, "EARLIER", "NOW - timedelta(days=1)")

    def _id(self, field: str, id: UUID) -> tuple[str, str]:
        """Return the preferred name of an id and its source; generated ids are named by field."""
        known = self._ids.get(id)
        if known is None:
            return constant(field), f"UUID(int=0x{id.int:X})"
        number = f", {known.number}" if known.number > 1 else ""
        name = f"{known.field}_{known.number}" if known.number > 1 else known.field
        return constant(name), f'example_id("{known.field}"{number})'

    def _add(self, value: object, name: str, source: str) -> None:
        free = self._numbered(name)
        self._named[value] = free
        self._values[free] = source


def _alternatives(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}_{number}" for number in range(2, 100))


def _parts(field: str, value: Value) -> Iterator[tuple[str, UUID | datetime]]:
    """Yield the ids and times inside a value, each with the name of its field."""
    match value:
        case UUID() | datetime():
            yield field, value
        case Record(fields=fields):
            for name, inner in fields:
                yield from _parts(name, inner)
        case list():
            for item in value:
                yield from _parts(field, item)
        case dict():
            for key, item in value.items():
                yield from _parts(f"{field}_key", key)
                yield from _parts(field, item)


def valued(
    fields: Iterable[Field],
    given: Iterable[Assignment],
    bindings: Bindings,
    *sources: Mapping[str, Value],
) -> FieldValues:
    """Return the values of `fields`: as given, else the same-named value of a source."""
    computed = {each.target: value_of(each.value, bindings) for each in given}
    found = []
    for field in fields:
        for source in (computed, *sources):
            if field.name in source:
                found.append((field.name, source[field.name]))
                break
    return tuple(found)


def value_of(expression: Expression, bindings: Bindings) -> Value:
    """Evaluate `expression` at `NOW`."""
    return evaluate(expression, bindings, now=NOW, new_id=_counting())


def _counting() -> Callable[[], UUID]:
    numbers = count(1)
    return lambda: new_id(next(numbers))
