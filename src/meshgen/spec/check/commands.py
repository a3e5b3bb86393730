"""Commands: guards, calls and the events they cause."""

from __future__ import annotations

from meshgen.spec.check.context import Check, Fields, Names
from meshgen.spec.check.filling import check_filled, given
from meshgen.spec.check.kinds import can_be_empty
from meshgen.spec.check.ports import Operations, build_call
from meshgen.spec.check.symbols import AggregateSymbol, CommandSymbol
from meshgen.spec.draft import EmissionDraft
from meshgen.spec.expressions import ReplicaType
from meshgen.spec.model import Command, Emission, Guard, PortCall
from meshgen.spec.types import BOOL
from meshgen.spec.wording import meant_or_one_of, printable

Replicas = dict[str, ReplicaType | None]


def build_command(
    check: Check, symbol: CommandSymbol, replicas: Replicas, operations: Operations
) -> Command:
    """The command of the model, with findings for everything that does not fit."""
    draft = symbol.draft
    _check_upserts(check, symbol)
    calls, answers = _calls(check, symbol, replicas, operations)
    return Command(
        name=symbol.name,
        input=tuple(symbol.own),
        mode=draft.mode or "acts",
        requires=_guards(check, symbol, replicas),
        calls=calls,
        emits=tuple(
            built
            for emission in draft.emits
            if (built := _emission(check, symbol, emission, replicas, answers))
        ),
        roles=None if draft.roles is None else tuple(role.text for role in draft.roles),
        summary=draft.summary,
        renamed_from=draft.renamed_from.text if draft.renamed_from else None,
        at=draft.name.at,
    )


def _is_id(aggregate: AggregateSymbol, name: str) -> bool:
    return aggregate.draft.id is not None and aggregate.draft.id.text == name


def _names(check: Check, symbol: CommandSymbol, replicas: Replicas) -> Names:
    """Input before state; what is to be created has no state yet."""
    names = check.names().fields("input", symbol.whole, "input")
    if symbol.draft.mode == "creates":
        names.without(["state", *symbol.aggregate.state.known], "what is created has no state yet")
    else:
        names.fields("state", symbol.aggregate.state, "state")
    for name, replica in replicas.items():
        if replica is None:
            names.broken.add(name)
        else:
            names.replicas[name] = replica
    return names


def _check_upserts(check: Check, symbol: CommandSymbol) -> None:
    """What is upserted may be new, so every field of the state needs something to start with."""
    if symbol.draft.mode != "upserts":
        return
    bare = [field for field in symbol.aggregate.state if not can_be_empty(field)]
    if bare:
        names = ", ".join(f"`{field.name}`" for field in bare)
        hint = "give it a default: `{type: ..., default: ...}`, or make it optional"
        check.error(
            symbol.draft.name.at,
            f"`{symbol.name}` upserts, but {names} of the state has nothing to start with",
            hint,
        )


def _guards(check: Check, symbol: CommandSymbol, replicas: Replicas) -> tuple[Guard, ...]:
    names = _names(check, symbol, replicas)
    answers = [call.target.text for call in symbol.draft.calls]
    names.without(answers, "rules come before calls; decide with `when` which event happens")
    found = []
    for draft in symbol.draft.requires:
        if draft.value is None:
            continue
        condition = check.expression(draft.value, names, BOOL, impure=True)
        if condition is not None:
            found.append(Guard(name=draft.target.text, condition=condition, at=draft.target.at))
    return tuple(found)


def _calls(
    check: Check, symbol: CommandSymbol, replicas: Replicas, operations: Operations
) -> tuple[tuple[PortCall, ...], dict[str, Fields]]:
    calls: list[PortCall] = []
    answers: dict[str, Fields] = {}
    names = _names(check, symbol, replicas)
    for draft in symbol.draft.calls:
        if draft.target.text in names.variables or draft.target.text in names.replicas:
            check.error(
                draft.target.at,
                f"`{draft.target}` is a field or a replica already",
                "an answer needs a name of its own",
            )
        called = _called(symbol, replicas).get(draft.target.text.replace("_", ""))
        if called:
            message = f"`{draft.target}` is how the generated code calls {called}"
            check.error(draft.target.at, message, "an answer needs a name of its own")
        call, answer = build_call(check, draft, names, operations)
        answers[draft.target.text] = answer
        names.record(draft.target.text, "answer", answer)
        if call is not None:
            calls.append(call)
    return tuple(calls), answers


def _called(symbol: CommandSymbol, replicas: Replicas) -> dict[str, str]:
    """What the generated code has local variables for, by their names without `_`."""
    rows = (replica.name for replica in replicas.values() if replica)
    found = {row.lower(): f"a row of `{row}`" for row in rows}
    return found | {symbol.aggregate.name.lower(): "the aggregate"}


def _emission(
    check: Check,
    symbol: CommandSymbol,
    draft: EmissionDraft,
    replicas: Replicas,
    answers: dict[str, Fields],
) -> Emission | None:
    aggregate = symbol.aggregate
    event = aggregate.events.get(draft.event.text)
    if event is None:
        if check.knows("events"):
            message = f"`{aggregate.name}` has no event `{printable(draft.event.text)}`"
            check.error(
                draft.event.at, message, meant_or_one_of(draft.event.text, list(aggregate.events))
            )
        return None
    names = _names(check, symbol, replicas)
    for name, answer in answers.items():
        names.record(name, "answer", answer)
    when = check.expression(draft.when, names, BOOL, impure=True) if draft.when else None
    fill = check.assignments(draft.fill, event.own, f"`{event.name}`", names, impure=True)
    sources = [(f"`{symbol.name}`", symbol.whole)]
    if symbol.draft.mode != "creates":
        sources.append(("the state", aggregate.state))
    named = given(draft.fill, event.own)
    form = "{{" + event.name + ": {{{field}: ...}}}}"
    check_filled(
        check,
        [field for field in event.own if not _is_id(aggregate, field.name)],
        named,
        sources,
        draft.event.at,
        f"`{event.name}`",
        f"say what it is: `{form}`",
        sent=True,
    )
    return Emission(event=event.name, when=when, fill=fill, at=draft.event.at)
