"""Aggregates with their state, events and commands."""

from __future__ import annotations

from meshgen.spec import grammar
from meshgen.spec.grammar import kinds
from meshgen.spec.grammar.aggregates import METHOD
from meshgen.spec.grammar.names import CLASS, FIELD, RULE, VARIABLE
from meshgen.spec.parser.access import read_input, read_reading, read_roles
from meshgen.spec.parser.callers import with_caller
from meshgen.spec.parser.fields import field_entries, read_fields
from meshgen.spec.parser.objectives import read_objectives
from meshgen.spec.parser.reading import Reading
from meshgen.spec.parser.routes import read_deprecated, read_path
from meshgen.spec.syntax import (
    AggregateSyntax,
    AssignmentSyntax,
    CommandSyntax,
    EmissionSyntax,
    EventSyntax,
    Word,
)
from meshgen.spec.yaml.tree import Broken, Mapping, Node, Scalar, Sequence
from meshgen.unicode import printable

_MODES = {"emits": "acts"}  # what the model calls it, if not like the key


def read_aggregate(reading: Reading, name: Word, node: Node) -> AggregateSyntax:
    """`Order: {id: ..., state: ..., events: ..., commands: ...}`."""
    values = reading.keyed(node, grammar.AGGREGATE, name.at)
    identity = reading.word(values.get("id"), "an aggregate's `id`")
    if identity:
        reading.checked(identity, FIELD, "an id")
    state = read_fields(reading, values.get("state"), "`state`")
    taken = {field.name.text for field in state} | ({identity.text} if identity else set())
    return AggregateSyntax(
        name=name,
        id=identity,
        owner=reading.word(values.get("owner"), "an aggregate's `owner`"),
        read=read_reading(reading, values.get("read")),
        path=read_path(reading, values.get("path")),
        event_sourced=reading.flag(values.get("event_sourced"), "`event_sourced`") or False,
        state=state,
        events=tuple(
            _event(reading, n, body)
            for n, body in reading.named(values.get("events"), "events", kinds.EVENT)
        ),
        commands=tuple(
            with_caller(reading, _command(reading, n, body), taken)
            for n, body in reading.named(values.get("commands"), "commands", kinds.COMMAND)
        ),
        summary=reading.summary(values.get("summary")),
        renamed_from=reading.former(values.get("renamed_from"), CLASS),
    )


def _event(reading: Reading, name: Word, node: Node) -> EventSyntax:
    """Read an event; its fields are written next to its own keys."""
    if isinstance(node, Scalar) and node.text == "":
        node = Mapping((), node.at)
    entries = reading.entries(
        node, f"the event `{printable(name.text)}`", "`{field: type}`, or `{}` without fields"
    )
    if not isinstance(node, Mapping):
        reading.lose(name.text)
    own = {e.key.text: e.value for e in entries if e.key.text in grammar.EVENT.names}
    fields = []
    for entry in entries:
        if entry.key.text in grammar.EVENT.later:
            reading.not_yet(entry.key)
        elif entry.key.text not in grammar.EVENT.names:
            fields.append(entry)
    return EventSyntax(
        name=name,
        fields=field_entries(reading, fields, name.text),
        sets=reading.assignments(own.get("sets"), "`sets`"),
        summary=reading.summary(own.get("summary")),
        renamed_from=reading.former(own.get("renamed_from"), CLASS),
    )


def _command(reading: Reading, name: Word, node: Node) -> CommandSyntax:
    values = reading.keyed(node, grammar.COMMAND, name.at)
    modes = [key for key in grammar.COMMAND.alternatives if key in values]
    if (
        not modes
        and isinstance(node, Mapping)
        and not reading.lost.intersection(grammar.COMMAND.alternatives)
    ):
        reading.error(
            name.at,
            f"`{printable(name.text)}` has no event",
            "add one of `creates`, `emits` and `upserts`",
        )
    if len(modes) > 1:
        second = (
            next(e.key for e in node.entries if e.key.text == modes[1])
            if isinstance(node, Mapping)
            else None
        )
        reading.error(
            second.at if second else name.at,
            f"a command cannot have both `{modes[0]}` and `{modes[1]}`",
            "use `creates` for a new aggregate, `emits` for an existing one, `upserts` for either",
        )
    mode = _MODES.get(modes[0], modes[0]) if modes else None
    emits = read_emissions(reading, values[modes[0]], modes[0]) if modes else ()
    if not emits:
        reading.lost.add(name.text)
    fields, from_caller = read_input(reading, values.get("input"))
    return CommandSyntax(
        name=name,
        mode=mode,
        input=fields,
        from_caller=from_caller,
        requires=_guards(reading, values.get("requires")),
        calls=_calls(reading, values.get("calls")),
        emits=emits,
        roles=read_roles(reading, values.get("roles")),
        path=read_path(reading, values.get("path")),
        method=reading.choice(values.get("method"), "a method", METHOD.words),
        deprecated=read_deprecated(reading, values.get("deprecated")),
        slo=read_objectives(reading, values.get("slo")),
        summary=reading.summary(values.get("summary")),
        renamed_from=reading.former(values.get("renamed_from"), CLASS),
    )


def _guards(reading: Reading, node: Node | None) -> tuple[AssignmentSyntax, ...]:
    if isinstance(node, Scalar):
        reading.error(
            node.at,
            "a guard has no name",
            "write `requires: {rule_name: expression}`; responses name the broken rule",
        )
        return ()
    guards = reading.assignments(node, "`requires`")
    for guard in guards:
        reading.checked(guard.target, RULE, "a rule")
    return guards


def _calls(reading: Reading, node: Node | None) -> tuple[AssignmentSyntax, ...]:
    calls = reading.assignments(node, "`calls`")
    for call in calls:
        reading.checked(call.target, VARIABLE, "an answer")
    return calls


def read_emissions(reading: Reading, node: Node, what: str) -> tuple[EmissionSyntax, ...]:
    """`X`, `{X: {field: expression}}` or `[{event: X, when: ..., with: ...}, ...]`."""
    if isinstance(node, Broken):
        return ()
    if isinstance(node, Scalar):
        event = reading.word(node, f"`{what}`")
        return (EmissionSyntax(event=event),) if event else ()
    if isinstance(node, Mapping):
        return _filled_event(reading, node, what)
    if any(isinstance(item, Scalar) for item in node.items):
        _refuse_bare(reading, node, what)
        return ()
    found = tuple(e for item in node.items if (e := _emission(reading, item, what)))
    if not node.items:
        reading.error(node.at, f"`{what}` is empty", "name the event")
    _check_alternatives(reading, found)
    return found


def _refuse_bare(reading: Reading, node: Sequence, what: str) -> None:
    """Say that a list of names does not tell which of the events happens."""
    names = [printable(item.text) for item in node.items if isinstance(item, Scalar)]
    if len(node.items) == 1:
        reading.error(
            node.at, f"one event needs no list in `{what}`", f"write `{what}: {names[0]}`"
        )
        return
    names += ["B"] if len(names) == 1 else []
    first = "".join(f"{{event: {name}, when: ...}}, " for name in names[:-1])
    form = f"`{what}: [{first}{{event: {names[-1]}}}]`"
    hint = f"write {form}: the first event whose `when` holds is emitted"
    reading.error(node.at, f"`{what}` does not say which of its events happens", hint)


def _filled_event(reading: Reading, node: Mapping, what: str) -> tuple[EmissionSyntax, ...]:
    if len(node.entries) != 1:
        count = "several events" if node.entries else "no event"
        form = f"`{what}: [{{event: A, when: ...}}, {{event: B}}]`"
        hint = f"write {form}: the first event whose `when` holds is emitted"
        reading.error(node.at, f"`{what}` names {count}", hint)
        return ()
    entry = node.entries[0]
    fill = reading.assignments(entry.value, f"what fills `{printable(entry.key.text)}`")
    return (EmissionSyntax(event=Word(entry.key.text, entry.key.at), fill=fill),)


def _emission(reading: Reading, node: Node, what: str) -> EmissionSyntax | None:
    values = reading.keyed(node, grammar.EMISSION)
    event = reading.word(values.get("event"), "`event`")
    if event is None:
        return None
    when = reading.formula(values.get("when"), "`when`")
    return EmissionSyntax(
        event=event, when=when, fill=reading.assignments(values.get("with"), "`with`")
    )


def _check_alternatives(reading: Reading, emissions: tuple[EmissionSyntax, ...]) -> None:
    """Check that all emissions but the last have a condition."""
    for emission in emissions[:-1]:
        if emission.when is None:
            reading.error(
                emission.event.at,
                f"`{emission.event}` has no `when`, so the following events are never emitted",
            )
    if emissions and emissions[-1].when is not None:
        hint = "leave its `when` out; to refuse a command, add a rule to `requires`"
        reading.error(emissions[-1].when.at, "the last event is emitted if no other is", hint)
