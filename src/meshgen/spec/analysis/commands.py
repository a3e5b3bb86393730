"""Commands: guards, calls and emitted events."""

from __future__ import annotations

from collections.abc import Mapping

from meshgen.spec.analysis.access import OWNER_MISSING, check_reach, role_names, unrestricted
from meshgen.spec.analysis.context import Check, Fields, Names
from meshgen.spec.analysis.filling import check_filled, given
from meshgen.spec.analysis.kinds import can_be_empty
from meshgen.spec.analysis.owners import check_somebody_owns
from meshgen.spec.analysis.ports import Operations, build_call
from meshgen.spec.analysis.said_paths import former_paths, said_path
from meshgen.spec.analysis.symbols import AggregateSymbol, CommandSymbol
from meshgen.spec.expressions import ReplicaType, Variable
from meshgen.spec.hints import meant_or_one_of
from meshgen.spec.model import Command, Emission, Field, Guard, PortCall
from meshgen.spec.syntax import EmissionSyntax
from meshgen.spec.types import BOOL, UUID
from meshgen.unicode import printable

Replicas = dict[str, ReplicaType | None]


def build_command(
    check: Check, symbol: CommandSymbol, replicas: Replicas, operations: Operations
) -> Command:
    """The command of the model, with findings for everything that does not fit."""
    syntax = symbol.syntax
    _check_upserts(check, symbol)
    _check_roles(check, symbol)
    guards, present = _guards(check, symbol, replicas)
    calls, answers = _calls(check, symbol, replicas, operations, present)
    takes = _parameters(check, symbol)
    return Command(
        name=symbol.name,
        input=tuple(symbol.own),
        mode=syntax.mode or "acts",
        requires=guards,
        calls=calls,
        emits=_emissions(check, symbol, replicas, answers, present),
        roles=role_names(syntax.roles),
        unrestricted=unrestricted(syntax.roles, symbol.aggregate.syntax.owner),
        from_caller=tuple(word.text for word in syntax.from_caller),
        method=_method(check, symbol),
        path=said_path(check, syntax.path, f"`{symbol.name}`", takes, needs=takes),
        deprecated=former_paths(check, syntax.deprecated, f"`{symbol.name}`", takes, needs=takes),
        summary=syntax.summary,
        slo=syntax.slo,
        renamed_from=syntax.renamed_from.text if syntax.renamed_from else None,
        at=syntax.name.at,
    )


def _method(check: Check, symbol: CommandSymbol) -> str:
    method, from_caller = symbol.syntax.method, {w.text for w in symbol.syntax.from_caller}
    if method is None:
        return "POST"
    identity = symbol.aggregate.syntax.id
    sent = [f.name for f in symbol.own if f.name not in {identity and identity.text, *from_caller}]
    if symbol.syntax.roles is None and check.knows("roles"):
        hint = "leave `method` out, or add `roles`"
        message = f"`{symbol.name}` has no method: only policies and sagas can send it"
        check.error(method.at, message, hint)
    elif method.text == "DELETE" and (sent or symbol.syntax.mode == "creates"):
        why = f"clients send `{sent[0]}`" if sent else "it creates something"
        hint = "use POST: a DELETE has no body (RFC 9110, 9.3.5)"
        check.error(method.at, f"`{symbol.name}` cannot be a DELETE: {why}", hint)
    return method.text


def _parameters(check: Check, symbol: CommandSymbol) -> Mapping[str, Field]:
    """Return the parameters of its paths: the id of what is acted on, if it is not the caller's."""
    syntax, identity = symbol.syntax, symbol.aggregate.syntax.id
    said = [syntax.path, *(former.path for former in syntax.deprecated)]
    first = next(filter(None, said), None)
    if first is not None and syntax.roles is None and check.knows("roles"):
        hint = "leave it out, or add `roles`"
        message = f"`{symbol.name}` has no path: only policies and sagas can send it"
        check.error(first.at, message, hint)
    from_caller = [word.text for word in syntax.from_caller]
    if identity and syntax.mode != "creates" and identity.text not in from_caller:
        return symbol.aggregate.whole.only([identity.text]).known
    return {}


def _is_id(aggregate: AggregateSymbol, name: str) -> bool:
    return aggregate.syntax.id is not None and aggregate.syntax.id.text == name


def _names(check: Check, symbol: CommandSymbol, replicas: Replicas) -> Names:
    """The input and the state; what is to be created has no state yet."""
    names = check.names().fields("input", symbol.whole, "input")
    for word in symbol.syntax.from_caller[:1]:
        names.named("caller", Variable("input", word.text, UUID))
    names.broken |= check.lost & {"caller"}
    if symbol.syntax.mode == "creates":
        names.without(["state", *symbol.aggregate.state.known], "a new aggregate has no state yet")
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
    if symbol.syntax.mode != "upserts":
        return
    bare = [field for field in symbol.aggregate.state if not can_be_empty(field)]
    if bare:
        names = ", ".join(f"`{field.name}`" for field in bare)
        hint = "add a default: `{type: ..., default: ...}`, or make it optional"
        check.error(
            symbol.syntax.name.at,
            f"`{symbol.name}` upserts, but {names} of the state has no initial value",
            hint,
        )


def _check_roles(check: Check, symbol: CommandSymbol) -> None:
    """Check that roles are restricted to an owner only where there is one, and callers exist."""
    aggregate = symbol.aggregate
    if symbol.syntax.from_caller and symbol.syntax.roles is None and check.knows("roles"):
        field = symbol.syntax.from_caller[0]
        hint = f"add `roles`, or let whoever sends it say who: `input: {{{field}: uuid}}`"
        check.error(field.at, f"`{symbol.name}` has no `roles`, so it has no caller", hint)
    if not check.knows("owner"):
        return
    owner = aggregate.syntax.owner
    check_reach(check, symbol.syntax.roles, owner, f"`{aggregate.name}`", OWNER_MISSING)
    if symbol.syntax.mode == "acts":
        check_somebody_owns(check, aggregate, symbol.syntax.roles, f"send `{symbol.name}`")


def _guards(
    check: Check, symbol: CommandSymbol, replicas: Replicas
) -> tuple[tuple[Guard, ...], frozenset[str]]:
    """The guards, and the names whose values are there once all of them hold."""
    names = _names(check, symbol, replicas)
    answers = [call.target.text for call in symbol.syntax.calls]
    names.without(answers, "rules precede calls; use `when` to select an event by the response")
    found = []
    for syntax in symbol.syntax.requires:
        if syntax.value is None:
            continue
        condition = check.expression(syntax.value, names, BOOL, impure=True)
        if condition is not None:
            found.append(Guard(name=syntax.target.text, condition=condition, at=syntax.target.at))
            names.present |= names.narrowed_by(condition)
        else:
            names.present |= names.narrowed_by_source(syntax.value)
    return tuple(found), names.present


def _calls(
    check: Check,
    symbol: CommandSymbol,
    replicas: Replicas,
    operations: Operations,
    present: frozenset[str],
) -> tuple[tuple[PortCall, ...], dict[str, Fields]]:
    calls: list[PortCall] = []
    answers: dict[str, Fields] = {}
    names = _names(check, symbol, replicas)
    names.present = present
    for syntax in symbol.syntax.calls:
        if syntax.target.text in names.variables or syntax.target.text in names.replicas:
            check.error(
                syntax.target.at,
                f"`{syntax.target}` is already a field or a replica",
                "choose another name for the response",
            )
        called = _called(symbol, replicas).get(syntax.target.text.replace("_", ""))
        if called:
            message = f"`{syntax.target}` is the name of {called} in the generated code"
            check.error(syntax.target.at, message, "choose another name for the response")
        call, answer = build_call(check, syntax, names, operations)
        answers[syntax.target.text] = answer
        names.record(syntax.target.text, "answer", answer)
        if call is not None:
            calls.append(call)
    return tuple(calls), answers


def _called(symbol: CommandSymbol, replicas: Replicas) -> dict[str, str]:
    """What the generated code has local variables for, by their names without `_`."""
    rows = (replica.name for replica in replicas.values() if replica)
    found = {row.lower(): f"a row of `{row}`" for row in rows}
    return found | {symbol.aggregate.name.lower(): "the aggregate"}


def _emissions(
    check: Check,
    symbol: CommandSymbol,
    replicas: Replicas,
    answers: dict[str, Fields],
    present: frozenset[str],
) -> tuple[Emission, ...]:
    """The emissions; each knows the guards, its own `when`, and that no `when` before it held."""
    names = _names(check, symbol, replicas)
    for name, answer in answers.items():
        names.record(name, "answer", answer)
    found = []
    for syntax in symbol.syntax.emits:
        names.present = present
        emission = _emission(check, symbol, syntax, names)
        if emission is not None:
            found.append(emission)
            if emission.when:
                present |= names.narrowed_by(emission.when, holds=False)
    return tuple(found)


def _emission(
    check: Check, symbol: CommandSymbol, syntax: EmissionSyntax, names: Names
) -> Emission | None:
    aggregate = symbol.aggregate
    event = aggregate.events.get(syntax.event.text)
    if event is None:
        if check.knows("events"):
            message = f"`{aggregate.name}` has no event `{printable(syntax.event.text)}`"
            check.error(
                syntax.event.at, message, meant_or_one_of(syntax.event.text, list(aggregate.events))
            )
        return None
    when = check.expression(syntax.when, names, BOOL, impure=True) if syntax.when else None
    if when is not None:
        names.present |= names.narrowed_by(when)
    fill = check.assignments(syntax.fill, event.own, f"`{event.name}`", names, impure=True)
    sources = [(f"`{symbol.name}`", symbol.whole.present(names.qualified("input")))]
    if symbol.syntax.mode != "creates":
        sources.append(("the state", aggregate.state.present(names.qualified("state"))))
    named = given(syntax.fill, event.own)
    form = "{{" + event.name + ": {{{field}: ...}}}}"
    check_filled(
        check,
        [field for field in event.own if not _is_id(aggregate, field.name)],
        named,
        sources,
        syntax.event.at,
        f"`{event.name}`",
        f"set it: `{form}`",
        names=names,
        sent=True,
    )
    return Emission(event=event.name, when=when, fill=fill, at=syntax.event.at)
