"""Candidate values for fields, the most ordinary ones first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from itertools import combinations, islice
from uuid import UUID

from meshgen import patterns
from meshgen.matching import matching
from meshgen.naming import article, words
from meshgen.spec.expressions.budget import MAX_PARTS, Budget, weigh
from meshgen.spec.expressions.values import EnumValue, EvaluationError, Record, Value
from meshgen.spec.grammar.limits import MAX_NESTING
from meshgen.spec.model import Enum, Field, ValueObject
from meshgen.spec.types import (
    BOOL,
    DATE,
    DATETIME,
    DECIMAL,
    FLOAT,
    INT,
    STRING,
    EnumType,
    ListType,
    MapType,
    ObjectType,
    OptionalType,
    Type,
)
from meshgen.spec.types import UUID as UUID_TYPE
from meshgen.testgen.examples.model import EARLIER, LATER, NOW, RECENTLY, ExampleId

MOST = 16
MOST_SETS = 100
_NUMBERS = (2, 1000, 0, 1, 1001, -1)


class Candidates:
    """Candidate values for every field of an aggregate.

    Fields of the same name have the same values, so that commands refer to the same things.

    Args:
        types: The types of the spec.
        literals: The numbers and strings in the aggregate's expressions.
        relevant: The fields that influence decisions; only these get more than one value.
        budget: The steps that are left; afterwards there are no candidates.
    """

    def __init__(
        self,
        types: Iterable[Enum | ValueObject],
        literals: Iterable[object],
        relevant: Iterable[str],
        budget: Budget,
    ) -> None:
        self._types: Mapping[str, Enum | ValueObject] = {kind.name: kind for kind in types}
        self._numbers = _numbers(literals)
        self._texts = [value for value in dict.fromkeys(literals) if isinstance(value, str)]
        self._ids: dict[UUID, ExampleId] = {}
        self._relevant = frozenset(relevant)
        self._budget = budget

    @property
    def ids(self) -> Mapping[UUID, ExampleId]:
        """The meaning of the ids tried so far."""
        return self._ids

    def of(self, field: Field, depth: int = 0) -> tuple[Value, ...]:
        """Return at most `MOST` candidates for `field`; none if no value is allowed."""
        tried = (v for v in self._any(field, field.type, depth) if self._fits(field, v))
        most = MOST if self._is_relevant(field.name, field.type) else 1
        return tuple(islice(_unique(tried), most))

    def _is_relevant(self, name: str, kind: Type, depth: int = 0) -> bool:
        """Tell whether the field, or a field inside its value, is relevant."""
        if name in self._relevant:
            return True
        match kind:
            case OptionalType(item=item) | ListType(item=item) | MapType(value=item):
                return self._is_relevant(name, item, depth)
            case ObjectType(name=declared) if depth < 3:
                fields = getattr(self._types[declared], "fields", ())
                return any(self._is_relevant(f.name, f.type, depth + 1) for f in fields)
            case _:
                return False

    def record(self, fields: Iterable[Field], depth: int = 0) -> list[tuple[Value, ...]]:
        """Return candidates for several fields together.

        The most ordinary values come first, then those that differ in one field, then in two.
        """
        columns = [self.of(field, depth) for field in fields]
        if not all(columns):
            return []
        places = [(place, step) for place, c in enumerate(columns) for step in range(1, len(c))]
        places.sort(key=lambda change: change[1])
        pairs = sorted(combinations(places[:24], 2), key=lambda pair: pair[0][1] + pair[1][1])
        changes = [(), *((change,) for change in places), *(p for p in pairs if p[0][0] != p[1][0])]
        found = []
        self._budget.left -= len(changes[:MOST_SETS]) * len(columns)
        for change in changes[:MOST_SETS]:
            values = [column[0] for column in columns]
            for place, step in change:
                values[place] = columns[place][step]
            found.append(tuple(values))
        return found

    def _fits(self, field: Field, value: Value) -> bool:
        try:
            self._budget.spend(weigh(value, MAX_PARTS))
        except EvaluationError:
            return False
        return self.allows(field, value)

    def allows(self, field: Field, value: Value) -> bool:
        """Tell whether `value` and its parts satisfy the constraints of their fields."""
        match value:
            case None | bool():
                return True
            case int() | float() | Decimal():
                return not (
                    (field.min is not None and value < field.min)
                    or (field.max is not None and value > field.max)
                )
            case str():
                return self._allows_text(field, value)
            case list() | dict():
                few = field.min_items is not None and len(value) < field.min_items
                many = field.max_items is not None and len(value) > field.max_items
                items = value.values() if isinstance(value, dict) else value
                return not (few or many) and all(self._satisfies(item) for item in items)
            case _:
                return self._satisfies(value)

    def _satisfies(self, value: Value) -> bool:
        """Tell whether all fields of a value object satisfy their constraints."""
        if not isinstance(value, Record):
            return True
        declared = self._types[value.type]
        assert isinstance(declared, ValueObject)
        return all(self.allows(field, value[field.name]) for field in declared.fields)

    def _allows_text(self, field: Field, value: str) -> bool:
        short = field.min_length is not None and len(value) < field.min_length
        long = field.max_length is not None and len(value) > field.max_length
        fits = field.pattern is None or patterns.matches(field.pattern, value)
        return fits and not (short or long)

    def _any(self, field: Field, kind: Type, depth: int) -> Iterable[Value]:
        if self._budget.left <= 0:
            return []
        match kind:
            case OptionalType(item=item):
                inner = list(self._any(field, item, depth + 1)) if depth < 3 else []
                return [*inner[:1], None, *inner[1:]]
            case EnumType(name=name, members=members):
                return [EnumValue(name, member) for member in members]
            case ListType(item=item):
                return self._lists(field, self._items(field, item, depth))
            case MapType(key=key, value=item):
                name = f"{_singular(field.name)}_key"
                keys = list(self._any(Field(name=name, type=key), key, depth + 1))
                items = self._items(field, item, depth)
                return [{k: v} for k in keys[:2] for v in items[:2]] + [{}]
            case ObjectType(name=name):
                return self._objects(name, depth)
            case _:
                return self._scalars(field, kind)

    def _items(self, field: Field, item: Type, depth: int) -> list[Value]:
        """Candidates for the items of a collection; value objects may hold themselves in one."""
        if isinstance(item, ObjectType) and depth >= 3:
            return []
        return list(self._any(_bare(field), item, depth + 1))

    def _lists(self, field: Field, items: list[Value]) -> list[Value]:
        if not items:
            return [[]]
        least = max(field.min_items or 1, 1)
        full: list[Value] = [[item] * least for item in items[:4]]
        return [full[0], [], *full[1:], items[:2], items[:1] * (least + 1)]

    def _objects(self, name: str, depth: int) -> list[Value]:
        declared = self._types[name]
        assert isinstance(declared, ValueObject)
        if depth > 3 + MAX_NESTING:
            return []
        names = [field.name for field in declared.fields]
        sets = self.record(declared.fields, depth + 1)
        return [Record(name, tuple(zip(names, values, strict=True))) for values in sets[:MOST]]

    def _scalars(self, field: Field, kind: Type) -> list[Value]:
        if kind == BOOL:
            return [True, False]
        if kind == STRING:
            return self._strings(field)
        if kind == UUID_TYPE:
            return self._uuids(field.name)
        if kind == DATE:
            return [(NOW + timedelta(days=days)).date() for days in (0, 1, -1)]
        if kind == DATETIME:
            return [NOW, RECENTLY, LATER, EARLIER]
        limits = [limit for limit in (field.min, field.max) if limit is not None]
        numbers = [1 if kind == INT else 10, *_NUMBERS[:3], *self._numbers[:9], *limits, *_NUMBERS]
        if kind == INT:
            return [*(int(number) for number in numbers if number == int(number))]
        if kind == FLOAT:
            return [float(number) for number in numbers]
        assert kind == DECIMAL
        return [
            number if isinstance(number, Decimal) else Decimal(str(number)) for number in numbers
        ]

    def _strings(self, field: Field) -> list[Value]:
        if field.pattern is not None:
            found = matching(field.pattern, field.min_length or 0)
            return [*self._texts, *([] if found is None else [found])]
        usual = article(words(field.name))
        long = f"the longer of two texts for {words(field.name)}"
        tried = [usual, f"another {words(field.name)}", *self._texts, long, ""]
        least, most = field.min_length or 0, field.max_length
        return [(text + "." * (least - len(text)))[:most] for text in tried]

    def _uuids(self, name: str) -> list[Value]:
        own, second = ExampleId(name), ExampleId(name, 2)
        others = [id for id, each in self._ids.items() if each.number == 1 and each.field != name]
        self._ids |= {each.value: each for each in (own, second)}
        return [own.value, second.value, *others[:3]]


def _bare(field: Field) -> Field:
    """Return a field for the items of a collection: its name without its constraints."""
    return Field(name=_singular(field.name), type=field.type)


def _singular(name: str) -> str:
    return name[:-1] if name.endswith("s") and not name.endswith("ss") else name


def _numbers(literals: Iterable[object]) -> list[int | Decimal]:
    """Return the numbers among the literals, with their neighbours."""
    found: list[int | Decimal] = []
    for value in literals:
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            found += [value, value + 1, value - 1]
        elif isinstance(value, float):
            found.append(Decimal(str(value)))
    return list(dict.fromkeys(found))


def _unique(values: Iterable[Value]) -> Iterable[Value]:
    seen: set[str] = set()
    for value in values:
        key = repr(value)
        if key not in seen:
            seen.add(key)
            yield value
