"""Policies: on an event, a command."""

from __future__ import annotations

from meshgen.spec.analysis.context import Check
from meshgen.spec.analysis.dispatch import build_dispatch, build_each
from meshgen.spec.analysis.symbols import ServiceSymbol, Symbols
from meshgen.spec.model import Policy
from meshgen.spec.syntax import PolicySyntax


def build_policies(check: Check, symbols: Symbols, service: ServiceSymbol) -> tuple[Policy, ...]:
    """The policies of a service."""
    home = service.syntax.name.text
    seen: dict[tuple[str, str], int] = {}
    found = []
    for syntax in service.syntax.policies:
        policy = _policy(check, symbols, syntax, home)
        if policy is None:
            continue
        key = policy.on.name, policy.do.name
        first = seen.setdefault(key, syntax.at.line)
        if first != syntax.at.line:
            hint = "merge the policies; `each` sends several commands"
            check.error(syntax.at, f"`{key[0]}` already leads to `{key[1]}` in line {first}", hint)
        found.append(policy)
    return tuple(found)


def _policy(check: Check, symbols: Symbols, syntax: PolicySyntax, home: str) -> Policy | None:
    event = symbols.event(syntax.on, home) if syntax.on else None
    each, item = build_each(check, syntax.each, event)
    if syntax.do is None:
        return None
    dispatch, command = build_dispatch(check, symbols, syntax.do, event, home, item=item)
    if event and command and event.name in command.emits and syntax.on:
        check.error(
            syntax.do.command.at,
            f"`{command.name}` causes `{event.name}`, which triggers it again: an endless loop",
        )
    if event is None or dispatch is None or syntax.on is None:
        return None
    return Policy(
        on=symbols.ref(event, syntax.on),
        each=each,
        do=dispatch.command,
        with_=dispatch.with_,
        after=syntax.after,
        start=syntax.start.text if syntax.start else None,
        at=syntax.at,
    )
