"""Attempts to execute a command: its input, rows and port responses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

from meshgen.spec.expressions import Lookup
from meshgen.spec.expressions.values import Value
from meshgen.spec.model import Aggregate, Command, Field, Operation, Service, Spec
from meshgen.spec.types import UUID as UUID_TYPE
from meshgen.testgen.examples.candidates import Candidates
from meshgen.testgen.examples.domain import State, expressions
from meshgen.testgen.examples.model import FieldValues, RowValue

MOST = 80
MOST_VARYING = 24


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to execute a command.

    Attributes:
        input: The fields of the command.
        rows: The fields of every row, by class; None if there are no rows.
        answers: The responses of ports, by the name of the call.
    """

    input: State
    rows: Mapping[str, FieldValues] | None
    answers: Mapping[str, FieldValues]


class Rows(Mapping[UUID, Mapping[str, Value]]):
    """Rows of one class: there is one for every requested id; requests are recorded."""

    def __init__(self, replica: str, id: str, fields: FieldValues) -> None:
        self._replica = replica
        self._id = id
        self._fields = fields
        self._requested: dict[UUID, None] = {}

    def __getitem__(self, key: UUID) -> Mapping[str, Value]:
        self._requested[key] = None
        return {**dict(self._fields), self._id: key}

    def __iter__(self) -> Iterator[UUID]:
        return iter(self._requested)

    def __len__(self) -> int:
        return len(self._requested)

    def requested(self) -> Iterator[RowValue]:
        """Yield the requested rows."""
        for key in self._requested:
            fields = tuple((name, value) for name, value in self._fields if name != self._id)
            yield RowValue(self._replica, key, ((self._id, key), *fields))


class Sources:
    """The fields of a service's replicas and ports."""

    def __init__(self, spec: Spec, service: Service) -> None:
        aggregates = {
            (unit.name, aggregate.name): aggregate
            for unit in spec.services
            for aggregate in unit.aggregates
        }
        self.replicas: dict[str, tuple[str, tuple[Field, ...]]] = {}
        for replica in service.replicas:
            source = aggregates[replica.of.unit, replica.of.name]
            fields = tuple(field for field in source.state if field.name in replica.fields)
            self.replicas[source.name] = (source.id, fields)
        self.operations: dict[tuple[str, str], Operation] = {
            (port.name, operation.name): operation
            for port in service.ports
            for operation in port.operations
        }


def attempts(
    command: Command, aggregate: Aggregate, sources: Sources, candidates: Candidates
) -> tuple[Attempt, ...]:
    """Return attempts to execute `command`, the most ordinary ones first."""
    inputs = _inputs(command, aggregate, candidates)
    rows = [_rows(kind, sources, candidates) for kind in looked_up(command)]
    answers = [
        _sets(sources.operations[call.port, call.operation].returns, candidates)
        for call in command.calls
    ]
    columns = [inputs, *rows, *answers]
    choices = islice(_nearest([min(len(column), MOST) for column in columns]), MOST)
    names, calls = looked_up(command), [call.name for call in command.calls]
    found = []
    for choice in choices:
        picked = [column[place] for column, place in zip(columns, choice, strict=True)]
        found.append(
            Attempt(
                input=dict(picked[0]),
                rows=dict(zip(names, picked[1 : 1 + len(names)], strict=True)),
                answers=dict(zip(calls, picked[1 + len(names) :], strict=True)),
            )
        )
    return tuple(found)


def looked_up(command: Command) -> list[str]:
    """Return the classes of the rows that `command` may look up."""
    found = {
        ref.replica.name: None
        for expression in expressions(command)
        for ref in expression.refs.values()
        if isinstance(ref, Lookup)
    }
    return list(found)


def _nearest(sizes: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Yield a place in each column: the first ones, then the nearest to them."""
    if not all(sizes):
        return
    varying = [column for column, size in enumerate(sizes) if size > 1][:MOST_VARYING]
    steps = [sizes[column] - 1 for column in varying]
    for distance in range(sum(steps) + 1):
        for places in sorted(_at(distance, steps), key=lambda places: sum(map(bool, places))):
            found = dict(zip(varying, places, strict=True))
            yield tuple(found.get(column, 0) for column in range(len(sizes)))


def _at(distance: int, steps: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Yield the places that are `distance` away from the first ones, in order."""
    if not steps:
        yield from [()] if distance == 0 else []
        return
    most, *others = steps
    for place in range(max(distance - sum(others), 0), min(most, distance) + 1):
        yield from ((place, *rest) for rest in _at(distance - place, others))


def _inputs(command: Command, aggregate: Aggregate, candidates: Candidates) -> list[FieldValues]:
    others = tuple(field for field in command.input if field.name != aggregate.id)
    fields = (Field(name=aggregate.id, type=UUID_TYPE), *others)
    usual_id = candidates.of(fields[0])[0]
    return [values for values in _sets(fields, candidates) if values[0][1] == usual_id]


def _rows(kind: str, sources: Sources, candidates: Candidates) -> list[FieldValues]:
    return _sets(sources.replicas[kind][1], candidates)


def _sets(fields: tuple[Field, ...], candidates: Candidates) -> list[FieldValues]:
    names = [field.name for field in fields]
    return [tuple(zip(names, values, strict=True)) for values in candidates.record(fields)]
