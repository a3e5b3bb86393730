"""The generated tests: examples as Python source."""

from __future__ import annotations

from dataclasses import dataclass

from meshgen.system.model.code import Bound, Call


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """A message that several tests share, under a name in capitals."""

    name: str
    value: Call


@dataclass(frozen=True, slots=True, kw_only=True)
class Constants:
    """What the tests of a module share: ids and moments, then messages."""

    bindings: tuple[Bound, ...]
    messages: tuple[Constant, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainTest:
    """Given / when / then. `given` and `then` are names of constants; `refused` is a rule.

    `constant` holds the command if several tests send it.
    """

    function: str
    given: tuple[str, ...]
    rows: tuple[Call, ...]
    answers: tuple[tuple[Call, Call], ...]
    constant: str | None
    when: Call
    then: tuple[str, ...]
    refused: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainTests:
    """The tests of an aggregate."""

    constants: Constants
    tests: tuple[DomainTest, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyTest:
    """An event (a constant's name) and the commands that follow from it."""

    function: str
    event: str
    commands: tuple[Call, ...]
    several: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyTests:
    """The tests of a service's policies."""

    constants: Constants
    tests: tuple[PolicyTest, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectionTest:
    """The row before (None, or the constant `ROW`), an event, and how the row after compares."""

    function: str
    before: str | None
    event: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectionTests:
    """The tests of a projection; `row` is what most of them start from."""

    constants: Constants
    row: Call | None
    tests: tuple[ProjectionTest, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SagaLine:
    """The commands that are sent now, and the events that answer them: (event, command)."""

    sends: tuple[str, ...]
    answers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SagaTest:
    """One way that a process may take."""

    function: str
    lines: tuple[SagaLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SagaTests:
    """The tests of a process manager; `start` is the constant of the event that starts it."""

    constants: Constants
    start: str
    tests: tuple[SagaTest, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioView:
    """A scenario as an end-to-end test; `callers` are (variable, role)."""

    function: str
    words: str
    callers: tuple[tuple[str, str], ...]
    lines: tuple[str, ...]
