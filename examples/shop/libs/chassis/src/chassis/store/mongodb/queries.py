"""Queries of documents as filters. Null, which a missing field is as well, comes before all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from chassis.errors import InvalidCursor
from chassis.store.mongodb.documents import ID, Documents, Term
from chassis.store.port import Condition, Kind, Operator, Query, Scalar, Sort
from chassis.store.prefixes import successor

Filter: TypeAlias = dict[str, Any]

_ALL: Filter = {}
_NONE: Filter = {ID: {"$in": []}}
_STEPS = {  # whether it descends, and whether it includes equal values
    Operator.LESS: (True, False),
    Operator.AT_MOST: (True, True),
    Operator.GREATER: (False, False),
    Operator.AT_LEAST: (False, True),
}


def where(documents: Documents, query: Query) -> Filter:
    """Return the filter of a query.

    Raises:
        InvalidCursor: Documents cannot have the id to continue after.
        KeyError: The collection has no such field.
        ValueError: A value does not suit its operator or field.
    """
    filters = [_condition(documents, condition) for condition in query.where]
    if query.after is not None:
        filters += _after(documents, query.sort, query.after)
    filters = [each for each in filters if each]
    return filters[0] if len(filters) == 1 else {"$and": filters} if filters else _ALL


def order(documents: Documents, sorts: Sequence[Sort]) -> list[tuple[str, int]]:
    """Return the paths that documents are sorted by, which end with the id, and the directions."""
    paths = {
        path: -1 if sort.descending else 1 for sort in sorts for path in documents.paths(sort.field)
    }
    return list(({**paths, ID: paths.get(ID, 1)}).items())


def beyond(terms: Sequence[Term], descending: Sequence[bool], *, inclusive: bool) -> Filter:
    """Return the filter of what follows some values, the first of which counts most.

    That is (a > ?) OR (a = ? AND b > ?) and so on.
    """
    alternatives: list[Filter] = []
    same: Filter = {}
    for (path, value), down in zip(terms, descending, strict=True):
        if (step := _step(path, value, down)) is not None:
            alternatives.append(same | step)
        same = same | {path: value}
    if inclusive:
        alternatives.append(same)
    return _any(alternatives)


def _step(path: str, value: Any, descending: bool) -> Filter | None:
    """Return the filter of what follows one value; None if nothing does."""
    if value is None:
        return None if descending else {path: {"$ne": None}}
    return {path: {"$not": {"$gte": value}}} if descending else {path: {"$gt": value}}


def _condition(documents: Documents, condition: Condition) -> Filter:
    field, operator = condition.field, condition.operator
    kind = documents.fields[field].kind
    match operator, condition.value:
        case Operator.IN, tuple(values):
            return _one_of(documents, field, values)
        case Operator.PREFIX, str(prefix) if kind in (Kind.TEXT, Kind.ENUM):
            (path,) = documents.paths(field)
            end = successor(prefix)
            return {path: {"$gte": prefix} if end is None else {"$gte": prefix, "$lt": end}}
        case Operator.EQUAL, (None | str() | int() | float()) as value:
            return dict(documents.terms(field, value))
        case _, (None | str() | int() | float()) as value if operator in _STEPS:
            terms = documents.terms(field, value)
            descending, inclusive = _STEPS[operator]
            return _compared(terms, descending, inclusive)
    raise ValueError(f"{condition.value!r} is not a valid value for {operator.name}")


def _compared(terms: Sequence[Term], descending: bool, inclusive: bool) -> Filter:
    (path, value), *rest = terms
    if value is None:
        if descending:
            return {path: None} if inclusive else _NONE
        return _ALL if inclusive else {path: {"$ne": None}}
    if rest or not inclusive:
        return beyond(terms, [descending] * len(terms), inclusive=inclusive)
    return {path: {"$not": {"$gt": value}} if descending else {"$gte": value}}


def _one_of(documents: Documents, field: str, values: tuple[Scalar, ...]) -> Filter:
    terms = [documents.terms(field, value) for value in values]
    if len(documents.paths(field)) > 1:
        return _any([dict(each) for each in terms])
    return {documents.paths(field)[0]: {"$in": [value for ((_, value),) in terms]}}


def _after(
    documents: Documents, sorts: tuple[Sort, ...], after: tuple[Scalar, ...]
) -> list[Filter]:
    """Return what follows a document, and a filter that an index can begin at."""
    *sorted_by, last = after
    id = documents.id(str(last))
    if id is None:
        raise InvalidCursor
    terms: dict[str, Any] = {}
    for sort, value in zip(sorts, sorted_by, strict=True):
        terms |= dict(documents.terms(sort.field, value))
    terms.setdefault(ID, id)
    descending = [direction < 0 for _, direction in order(documents, sorts)]
    follows = beyond(list(terms.items()), descending, inclusive=False)
    if len(terms) == 1:
        return [follows]
    (path, value), down = next(iter(terms.items())), descending[0]
    return [_compared([(path, value)], down, True), follows]


def _any(alternatives: list[Filter]) -> Filter:
    if not alternatives:
        return _NONE
    return alternatives[0] if len(alternatives) == 1 else {"$or": alternatives}
