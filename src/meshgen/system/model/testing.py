"""The generated tests: examples as Python source."""

from __future__ import annotations

from dataclasses import dataclass

from meshgen.system.model.code import Argument, Bound, Call


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """A named message that several tests share."""

    name: str
    value: Call


@dataclass(frozen=True, slots=True, kw_only=True)
class Constants:
    """The constants of a test module: ids and times, then messages."""

    bindings: tuple[Bound, ...]
    messages: tuple[Constant, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainTest:
    """A given/when/then test; `given` and `then` are names of constants, `refused` is a rule.

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
    """An event (the name of a constant) and the resulting commands."""

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
class AccessTests:
    """The methods and paths of a service's commands, and the paths of reads, as Python source.

    `reads_by_role` are the reads that are refused to every caller without a role, `public` those
    that need no token, with the status of a request without parameters. `needs_id`: some paths have
    a constant `ID`.
    """

    needs_id: bool
    commands: tuple[tuple[str, str], ...]
    reads: tuple[str, ...]
    reads_by_role: tuple[str, ...]
    public: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachTest:
    """A request for what belongs to somebody else, by roles that may and may not reach it.

    `given` are names of constants, `method` is one such as `get`, and `path` is Python source.
    Callers with a `restricted` role get the `refusal`, one with the `role` gets the `status`.
    """

    function: str
    given: tuple[str, ...]
    method: str
    path: str
    arguments: tuple[Argument, ...]
    restricted: tuple[str, ...]
    refusal: int
    role: str
    status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachTests:
    """The tests of who reaches what belongs to others; `needs_id`: some need a constant `ID`."""

    constants: Constants
    tests: tuple[ReachTest, ...]
    needs_id: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectionTest:
    """The row before (None or the constant `ROW`), an event, and the assertion on the row after."""

    function: str
    before: str | None
    event: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectionTests:
    """The tests of a projection; `row` is the constant `ROW`."""

    constants: Constants
    row: Call | None
    tests: tuple[ProjectionTest, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamTest:
    """Events at one time, and their rows, without the window."""

    function: str
    events: tuple[str, ...]
    rows: tuple[Call, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamEmissionTest:
    """An event (the name of a constant) a number of times, and what is emitted by then."""

    function: str
    event: str
    times: int
    emits: tuple[Call, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamTests:
    """The tests of a stream.

    `late` is the event of the test of late events, None if there is none; `delay`, Python source,
    is the time after which it is too late.
    """

    constants: Constants
    tests: tuple[StreamTest, ...]
    emissions: tuple[StreamEmissionTest, ...]
    late: str | None
    delay: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SagaLine:
    """The commands sent in a step, and the replies to them as (event, command).

    `late`: the deadline passes before the replies.
    """

    sends: tuple[str, ...]
    answers: tuple[tuple[str, str], ...]
    late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SagaTest:
    """One path through a saga."""

    function: str
    lines: tuple[SagaLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SagaTests:
    """The tests of a saga; `start` is the constant of the event that starts it."""

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
