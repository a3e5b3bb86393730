"""What expressions may refer to, by their place."""

from __future__ import annotations

from meshgen.spec.grammar.shapes import Scope

RULES = Scope(
    "rules of a command",
    (
        "the command's input, as `x` and `input.x`; the aggregate's state, as `x` and `state.x`, "
        "unless the command `creates`; replicas as `replica[id].x`; `caller`; `now()` and "
        "`new_id()`"
    ),
)
CALLS = Scope(
    "arguments of a call",
    (
        "the command's input, as `x` and `input.x`; the aggregate's state, as `x` and `state.x`, "
        "unless the command `creates`; replicas as `replica[id].x`; `caller`; the responses of "
        "earlier calls"
    ),
)
EMISSIONS = Scope(
    "what a command emits",
    "the same as its rules, and the responses of its calls as `answer.x`",
)
SETS = Scope(
    "what an event sets",
    (
        "the event's fields, as `x` and `event.x`; the state before the event, as `x` and "
        "`state.x`, unless the event creates the aggregate"
    ),
)
SIMULATED = Scope("a simulated response", "the operation's input, as `x` and `input.x`")
EVENTS = Scope("the `each` of policies and streams", "the event's fields, as `x` and `event.x`")
SENDING = Scope(
    "the commands of policies and steps",
    (
        "the fields of the triggering event (for a saga: the starting event), as `x` and "
        "`event.x`; the item of `each`"
    ),
)
FAILING = Scope(
    "the `on_failure` of a saga",
    "the fields of the starting event, as `x` and `event.x`; `failure`",
)
REACTIONS = Scope(
    "the reactions of a projection",
    (
        "the event's fields, as `x` and `event.x`; the current row, as `x` and `row.x`, unless the "
        "reaction is `insert`"
    ),
)
CONTRIBUTIONS = Scope(
    "the key and the aggregates of a stream",
    (
        "the fields that all events of the stream have, as `x` and `event.x`; the item of `each`; "
        "around it, in `aggregates`, `count()`, `sum(...)`, `min(...)` or `max(...)`"
    ),
)
ROWS = Scope(
    "what a stream emits",
    "the fields of the row: those of `by`, `window_start`, `window_end`, the aggregates",
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
    CONTRIBUTIONS,
    ROWS,
    DOING,
    SEEING,
)
