"""Scenarios: whether what is done and seen exists, and the one who does it may."""

from __future__ import annotations

from meshgen.spec.analysis.access import is_any, role_names
from meshgen.spec.analysis.context import Check, Fields, Names
from meshgen.spec.analysis.filling import check_filled, given
from meshgen.spec.analysis.symbols import Symbols
from meshgen.spec.expressions import Variable
from meshgen.spec.hints import meant_or_one_of
from meshgen.spec.model import Do, Ref, Scenario, See
from meshgen.spec.syntax import (
    AssignmentSyntax,
    DoSyntax,
    QuerySyntax,
    RoleSyntax,
    ScenarioSyntax,
    SeeSyntax,
    Word,
)
from meshgen.spec.types import UUID
from meshgen.unicode import printable

Assignments = tuple[AssignmentSyntax, ...]


def build_scenario(
    check: Check, symbols: Symbols, syntax: ScenarioSyntax, roles: frozenset[str]
) -> Scenario:
    """The scenario of the model; `roles` are those that the spec knows."""
    kept: dict[str, Word] = {}
    steps: list[Do | See] = []
    for step in syntax.steps:
        if step.role.text not in roles and check.knows("roles"):
            check.unknown(step.role, "role", sorted(roles))
        names = check.names().named("caller", Variable("caller", "id", UUID))
        for name in kept:
            names.one("name", name, UUID)
        names.broken |= check.lost - {"caller"}
        built = (
            _do(check, symbols, step, names, roles)
            if isinstance(step, DoSyntax)
            else _see(check, symbols, step, names, roles)
        )
        if built is not None:
            steps.append(built)
        if isinstance(step, DoSyntax) and step.keep:
            _keep(check, step.keep, kept, roles)
    return Scenario(name=syntax.name.text, steps=tuple(steps), at=syntax.name.at)


def _keep(check: Check, name: Word, kept: dict[str, Word], roles: frozenset[str]) -> None:
    if name.text in {role.replace("-", "_") for role in roles}:
        check.error(name.at, f"`{name}` is already a role", "choose another name")
    if name.text in kept:
        check.error(
            name.at,
            f"`{name}` is already kept in line {kept[name.text].at.line}",
            "choose another name",
        )
    kept.setdefault(name.text, name)


def _do(
    check: Check, symbols: Symbols, syntax: DoSyntax, names: Names, roles: frozenset[str]
) -> Do | None:
    command = symbols.command(syntax.command, None)
    if command is None:
        return None
    allowed = command.syntax.roles
    if allowed is None:
        hint = "add `roles`, or send a command that leads to it"
        if check.knows("roles"):
            check.error(
                syntax.command.at,
                f"`{command.name}` has no `roles`: callers cannot send it",
                hint,
            )
    elif syntax.role.text in roles and syntax.role.text not in (role_names(allowed) or ()):
        check.error(
            syntax.role.at, f"`{command.name}` does not allow `{syntax.role}`", _for(allowed)
        )
    what = f"`{command.name}`"
    values = check.assignments(syntax.values, command.whole, what, names, impure=True)
    named = given(syntax.values, command.whole)
    filled = [word.text for word in command.syntax.from_caller]
    for value in syntax.values:
        if value.target.text in filled:
            check.error(value.target.at, f"`{value.target}` is the caller", "leave it out")
    needed = command.own if command.syntax.mode == "creates" else command.whole
    needed = needed.only([field.name for field in needed if field.name not in filled])
    if check.knows("with"):
        hint = "add `with: {{{field}: ...}}`"
        check_filled(check, needed, named, [], syntax.command.at, what, hint, sent=True)
    return Do(
        who=syntax.role.text,
        role=syntax.role.text,
        command=symbols.ref(command, syntax.command),
        values=values,
        keep=syntax.keep.text if syntax.keep else None,
        at=syntax.at,
    )


def _for(roles: tuple[RoleSyntax, ...]) -> str | None:
    return f"`as: {roles[0].name}`" if roles else None


def _see(
    check: Check, symbols: Symbols, syntax: SeeSyntax, names: Names, roles: frozenset[str]
) -> See | None:
    found = _query(check, symbols, syntax.query)
    if found is None:
        return None
    ref, query, fields = found
    allowed = query.roles
    if syntax.role.text in roles - set(role_names(allowed) or roles):
        check.error(
            syntax.role.at, f"`{query.name}` does not allow `{syntax.role}`", _for(allowed or ())
        )
    asked = fields.only([word.text for word in (*query.by, *query.filter)])
    arguments = check.assignments(
        syntax.arguments, asked, f"what `{query.name}` is asked for", names
    )
    values = check.assignments(syntax.values, fields, f"the row of `{query.name}`", names)
    named = given(syntax.arguments, asked)
    for word in query.by:
        if word.text not in named and word.text in fields.known and check.knows("of"):
            check.error(
                syntax.query.at, f"`{query.name}` needs `{word}`", f"add `of: {{{word}: ...}}`"
            )
    _check_caller(check, syntax, query)
    return See(
        who=syntax.role.text,
        role=syntax.role.text,
        query=ref,
        arguments=arguments,
        values=values,
        at=syntax.at,
    )


def _check_caller(check: Check, syntax: SeeSyntax, query: QuerySyntax) -> None:
    """A row that belongs to somebody is only shown to its owner, and to roles that see any."""
    if any(is_any(role) and role.name.text == syntax.role.text for role in query.roles or ()):
        return
    for argument in syntax.arguments:
        if (
            query.owner
            and argument.target.text == query.owner.text
            and argument.value
            and argument.value.text != "caller"
        ):
            hint = f"`{query.owner}: caller`"
            check.error(argument.value.at, f"only the owner may read `{query.name}`", hint)


def _query(check: Check, symbols: Symbols, word: Word) -> tuple[Ref, QuerySyntax, Fields] | None:
    unit, _, name = word.text.partition(".")
    service, view = symbols.services.get(unit), symbols.views.get(unit)
    owner = service or view
    if owner is not None and name in owner.queries:
        query = owner.queries[name]
        if view is not None:
            return Ref(unit=unit, name=name, at=word.at), query, view.row
        aggregate = service.aggregates.get(query.of.text) if service and query.of else None
        fields = aggregate.whole if aggregate else Fields(partial=True)
        return Ref(unit=unit, name=name, at=word.at), query, fields
    if check.knows("queries", "services", "projections", "streams"):
        known = [
            f"{u}.{q}"
            for units in (symbols.services, symbols.views)
            for u, s in units.items()
            for q in s.queries
        ]
        check.error(
            word.at,
            f"there is no query `{printable(word.text)}`",
            meant_or_one_of(word.text, known),
        )
    return None
