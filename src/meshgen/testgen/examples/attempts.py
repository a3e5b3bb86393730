"""The ways to try a command: its input, the rows it finds, what the ports answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from uuid import UUID

from meshgen.spec.expressions import Lookup
from meshgen.spec.expressions.values import Value
from meshgen.spec.model import Aggregate, Command, Field, Operation, Service, Spec
from meshgen.spec.types import UUID as UUID_TYPE
from meshgen.testgen.examples.candidates import Candidates
from meshgen.testgen.examples.domain import State, expressions
from meshgen.testgen.examples.model import FieldValues, RowValue

MOST = 80


@dataclass(frozen=True, slots=True)
class Attempt:
    """One way to try a command. `rows` are the fields of every row of a class, `None`: no rows."""

    input: State
    rows: Mapping[str, FieldValues] | None
    answers: Mapping[str, FieldValues]


class Rows(Mapping[UUID, Mapping[str, Value]]):
    """Rows of one class: there is one for every id that is asked for, and it is remembered."""

    def __init__(self, replica: str, id: str, fields: FieldValues) -> None:
        self._replica = replica
        self._id = id
        self._fields = fields
        self._asked: dict[UUID, None] = {}

    def __getitem__(self, key: UUID) -> Mapping[str, Value]:
        self._asked[key] = None
        return {**dict(self._fields), self._id: key}

    def __iter__(self) -> Iterator[UUID]:
        return iter(self._asked)

    def __len__(self) -> int:
        return len(self._asked)

    def asked(self) -> Iterator[RowValue]:
        """Yield the rows that were asked for."""
        for key in self._asked:
            fields = tuple((name, value) for name, value in self._fields if name != self._id)
            yield RowValue(self._replica, key, ((self._id, key), *fields))


class Sources:
    """Where a service's replicas and ports get their fields from."""

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
    """Return the ways to try `command`, the ordinary ones first."""
    inputs = _inputs(command, aggregate, candidates)
    rows = [_rows(kind, sources, candidates) for kind in looked_up(command)]
    answers = [
        _sets(sources.operations[call.port, call.operation].returns, candidates)
        for call in command.calls
    ]
    columns = [inputs, *rows, *answers]
    ways = sorted(product(*(range(min(len(column), MOST)) for column in columns)), key=_oddity)
    names, calls = looked_up(command), [call.name for call in command.calls]
    found = []
    for way in ways[:MOST]:
        picked = [column[place] for column, place in zip(columns, way, strict=True)]
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


def _oddity(way: tuple[int, ...]) -> tuple[int, int]:
    return sum(way), sum(1 for place in way if place)


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
