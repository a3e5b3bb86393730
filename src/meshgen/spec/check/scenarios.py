"""Scenarios: whether what is done and seen exists, and the one who does it may."""

from __future__ import annotations

from meshgen.spec.check.context import Check, Fields, Names
from meshgen.spec.check.filling import check_filled, given
from meshgen.spec.check.symbols import Symbols
from meshgen.spec.draft import AssignmentDraft, DoDraft, QueryDraft, ScenarioDraft, SeeDraft, Word
from meshgen.spec.model import Do, Ref, Scenario, See
from meshgen.spec.types import UUID
from meshgen.spec.wording import meant_or_one_of, printable

Assignments = tuple[AssignmentDraft, ...]


def build_scenario(
    check: Check, symbols: Symbols, draft: ScenarioDraft, roles: frozenset[str]
) -> Scenario:
    """The scenario of the model; `roles` are those that the spec knows."""
    kept: dict[str, Word] = {}
    steps: list[Do | See] = []
    for step in draft.steps:
        if step.role.text not in roles and check.knows("roles"):
            check.unknown(step.role, "role", sorted(roles))
        names = check.names().one("name", "caller", UUID)
        for name in kept:
            names.one("name", name, UUID)
        names.broken |= check.lost - {"caller"}
        built = (
            _do(check, symbols, step, names, roles)
            if isinstance(step, DoDraft)
            else _see(check, symbols, step, names)
        )
        if built is not None:
            steps.append(built)
        if isinstance(step, DoDraft) and step.keep:
            _keep(check, step.keep, kept, roles)
    return Scenario(name=draft.name.text, steps=tuple(steps), at=draft.name.at)


def _keep(check: Check, name: Word, kept: dict[str, Word], roles: frozenset[str]) -> None:
    if name.text in {role.replace("-", "_") for role in roles}:
        check.error(name.at, f"`{name}` is a role already", "give it a name of its own")
    if name.text in kept:
        check.error(
            name.at,
            f"`{name}` is kept in line {kept[name.text].at.line} already",
            "give it a name of its own",
        )
    kept.setdefault(name.text, name)


def _do(
    check: Check, symbols: Symbols, draft: DoDraft, names: Names, roles: frozenset[str]
) -> Do | None:
    command = symbols.command(draft.command, None)
    if command is None:
        return None
    allowed = command.draft.roles
    if allowed is None:
        hint = "give it `roles`, or do what leads to it"
        if check.knows("roles"):
            check.error(
                draft.command.at, f"`{command.name}` has no `roles`, so nobody can send it", hint
            )
    elif draft.role.text in roles and draft.role.text not in [role.text for role in allowed]:
        check.error(draft.role.at, f"`{command.name}` is not for `{draft.role}`", _for(allowed))
    what = f"`{command.name}`"
    values = check.assignments(draft.values, command.whole, what, names, impure=True)
    named = given(draft.values, command.whole)
    needed = command.own if command.draft.mode == "creates" else command.whole
    if check.knows("with"):
        hint = "give it: `with: {{{field}: ...}}`"
        check_filled(check, needed, named, [], draft.command.at, what, hint, sent=True)
    return Do(
        who=draft.role.text,
        role=draft.role.text,
        command=symbols.ref(command, draft.command),
        values=values,
        keep=draft.keep.text if draft.keep else None,
        at=draft.at,
    )


def _for(roles: tuple[Word, ...]) -> str | None:
    return f"`as: {roles[0]}`" if roles else None


def _see(check: Check, symbols: Symbols, draft: SeeDraft, names: Names) -> See | None:
    found = _query(check, symbols, draft.query)
    if found is None:
        return None
    ref, query, fields = found
    allowed = query.roles
    if allowed is not None and draft.role.text not in [role.text for role in allowed]:
        check.error(draft.role.at, f"`{query.name}` is not for `{draft.role}`", _for(allowed))
    asked = fields.only([word.text for word in (*query.by, *query.filter)])
    arguments = check.assignments(
        draft.arguments, asked, f"what `{query.name}` is asked for", names
    )
    values = check.assignments(draft.values, fields, f"the row of `{query.name}`", names)
    named = given(draft.arguments, asked)
    for word in query.by:
        if word.text not in named and word.text in fields.known and check.knows("of"):
            check.error(
                draft.query.at, f"`{query.name}` needs `{word}`", f"give it: `of: {{{word}: ...}}`"
            )
    _check_caller(check, draft, query)
    return See(
        who=draft.role.text,
        role=draft.role.text,
        query=ref,
        arguments=arguments,
        values=values,
        at=draft.at,
    )


def _check_caller(check: Check, draft: SeeDraft, query: QueryDraft) -> None:
    """A row that belongs to somebody is only shown to its owner."""
    for argument in draft.arguments:
        if (
            query.owner
            and argument.target.text == query.owner.text
            and argument.value
            and argument.value.text != "caller"
        ):
            hint = f"`{query.owner}: caller`"
            check.error(argument.value.at, f"only the owner sees what `{query.name}` finds", hint)


def _query(check: Check, symbols: Symbols, word: Word) -> tuple[Ref, QueryDraft, Fields] | None:
    unit, _, name = word.text.partition(".")
    service, projection = symbols.services.get(unit), symbols.projections.get(unit)
    owner = service or projection
    if owner is not None and name in owner.queries:
        query = owner.queries[name]
        if projection is not None:
            return Ref(unit=unit, name=name, at=word.at), query, projection.row
        aggregate = service.aggregates.get(query.of.text) if service and query.of else None
        fields = aggregate.whole if aggregate else Fields(partial=True)
        return Ref(unit=unit, name=name, at=word.at), query, fields
    if check.knows("queries", "services", "projections"):
        known = [
            f"{u}.{q}"
            for units in (symbols.services, symbols.projections)
            for u, s in units.items()
            for q in s.queries
        ]
        check.error(
            word.at,
            f"there is no query `{printable(word.text)}`",
            meant_or_one_of(word.text, known),
        )
    return None
