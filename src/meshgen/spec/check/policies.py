"""Policies: on an event, a command."""

from __future__ import annotations

from meshgen.spec.check.context import Check
from meshgen.spec.check.dispatch import build_dispatch, build_each
from meshgen.spec.check.symbols import ServiceSymbol, Symbols
from meshgen.spec.draft import PolicyDraft
from meshgen.spec.model import Policy


def build_policies(check: Check, symbols: Symbols, service: ServiceSymbol) -> tuple[Policy, ...]:
    """The policies of a service."""
    home = service.draft.name.text
    seen: dict[tuple[str, str], int] = {}
    found = []
    for draft in service.draft.policies:
        policy = _policy(check, symbols, draft, home)
        if policy is None:
            continue
        key = policy.on.name, policy.do.name
        first = seen.setdefault(key, draft.at.line)
        if first != draft.at.line:
            hint = "one policy says what an event leads to; `each` sends several commands"
            check.error(draft.at, f"`{key[0]}` leads to `{key[1]}` in line {first} already", hint)
        found.append(policy)
    return tuple(found)


def _policy(check: Check, symbols: Symbols, draft: PolicyDraft, home: str) -> Policy | None:
    event = symbols.event(draft.on, home) if draft.on else None
    each, item = build_each(check, draft.each, event)
    if draft.do is None:
        return None
    dispatch, command = build_dispatch(check, symbols, draft.do, event, home, item=item)
    if event and command and event.name in command.emits and draft.on:
        check.error(
            draft.do.command.at,
            f"`{command.name}` causes `{event.name}`, which leads to it again, without an end",
        )
    if event is None or dispatch is None or draft.on is None:
        return None
    return Policy(
        on=symbols.ref(event, draft.on),
        each=each,
        do=dispatch.command,
        with_=dispatch.with_,
        after=draft.after,
        at=draft.at,
    )
