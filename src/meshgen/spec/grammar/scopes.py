"""What expressions may speak of, by the place where they stand."""

from __future__ import annotations

from meshgen.spec.grammar.shapes import Scope

RULES = Scope(
    "rules of a command",
    "the command's input, bare and as `input.x`; the aggregate's state, bare and as `state.x`, "
    "unless the command `creates`; replicas as `replica[id].x`; `now()` and `new_id()`",
)
CALLS = Scope(
    "arguments of a call",
    "the command's input, bare and as `input.x`; the aggregate's state, bare and as `state.x`, "
    "unless the command `creates`; replicas as `replica[id].x`; the answers of the calls before",
)
EMISSIONS = Scope(
    "what a command emits",
    "what its rules may speak of, and the answers of its calls as `answer.x`",
)
SETS = Scope(
    "what an event sets",
    "the event's fields, bare and as `event.x`; the state before the event, bare and as `state.x`, "
    "unless the event creates the aggregate",
)
SIMULATED = Scope("a simulated answer", "the operation's input, bare and as `input.x`")
EVENTS = Scope("what a policy goes through", "the event's fields, bare and as `event.x`")
SENDING = Scope(
    "what a policy or a step sends",
    "the fields of the event that is followed, of a saga that which started it, bare and as "
    "`event.x`; the item of `each`",
)
FAILING = Scope(
    "what a saga does on failure",
    "the fields of the event that started the saga, bare and as `event.x`; `failure`",
)
REACTIONS = Scope(
    "what a reaction writes",
    "the event's fields, bare and as `event.x`; the row as it is, bare and as `row.x`, unless the "
    "reaction is `insert`",
)
DOING = Scope(
    "what a scenario sends",
    "`caller`; the names that earlier steps `keep`; `now()` and `new_id()`",
)
SEEING = Scope("what a scenario expects", "`caller`; the names that earlier steps `keep`")
ALL = (
    RULES,
    CALLS,
    EMISSIONS,
    SETS,
    SIMULATED,
    EVENTS,
    SENDING,
    FAILING,
    REACTIONS,
    DOING,
    SEEING,
)
