"""Commands sent by policies and sagas, and the values of their fields."""

from __future__ import annotations

import re

from meshgen.spec.analysis.context import Check, Fields, Names
from meshgen.spec.analysis.filling import check_filled, given
from meshgen.spec.analysis.symbols import CommandSymbol, EventSymbol, Symbols
from meshgen.spec.grammar.names import VARIABLE
from meshgen.spec.model import Dispatch, Each
from meshgen.spec.syntax import Assignments, DispatchSyntax
from meshgen.spec.types import STRING, ListType, Type
from meshgen.spec.yaml.tree import Scalar
from meshgen.unicode import printable

_EACH = re.compile(r"\s*(\S+)\s+in\s+(.*\S)\s*", re.DOTALL)


def event_names(check: Check, event: EventSymbol | None) -> Names:
    """The names an event gives; when it is unknown, nothing is said about names."""
    fields = event.whole if event else Fields(partial=True)
    return check.names().fields("event", fields, "event")


def build_each(
    check: Check, source: Scalar | None, event: EventSymbol | None
) -> tuple[Each | None, tuple[str, Type | None] | None]:
    """`each: line in lines`, and the name it brings with its type (None: not known)."""
    if source is None:
        return None, None
    found = _EACH.fullmatch(source.text)
    if found is None:
        check.error(
            source.at,
            f"`{printable(source.text)}` is not an iteration",
            "write `line in lines`",
        )
        return None, None
    name = found[1]
    fault = VARIABLE.fault(name, "an item")
    if fault:
        check.error(source.inside(found.start(1)), *fault)
    elif event and name in event.whole:
        check.error(
            source.inside(found.start(1)),
            f"`{name}` is already a field of `{event.name}`",
            "choose another name for the item",
        )
    items = check.expression(
        source.part(found.start(2), found.end(2)), event_names(check, event), None
    )
    if items is None:
        return None, (name, None)
    if not isinstance(items.type, ListType):
        check.error(
            source.inside(found.start(2)),
            f"`{found[2]}` is `{items.type}`",
            "`each` needs a list",
        )
        return None, (name, None)
    return Each(variable=name, items=items, at=source.at), (name, items.type.item)


def build_dispatch(
    check: Check,
    symbols: Symbols,
    syntax: DispatchSyntax,
    event: EventSymbol | None,
    home: str,
    *,
    item: tuple[str, Type | None] | None = None,
    inherited: Assignments = (),
    failure: bool = False,
) -> tuple[Dispatch | None, CommandSymbol | None]:
    """A command with what fills it: its own `with`, what it inherits, fields of the event by name.

    inherited: the `with` of the step that is undone; only what the command has a field for counts
    failure: whether the text `failure` may be used
    """
    command = symbols.command(syntax.command, home)
    if command is None:
        return None, None
    names = event_names(check, event)
    if item:
        names.one("item", *item)
    if failure:
        names.one("failure", "failure", STRING)
    own = given(syntax.with_, command.whole)
    handed = tuple(
        a for a in inherited if a.target.text in command.whole.known and a.target.text not in own
    )
    what = f"`{command.name}`"
    with_ = check.assignments(syntax.with_, command.whole, what, names)
    from_step = check.assignments(
        handed, command.whole, what, names, inherited_at=syntax.command.at
    )
    named = own | {assignment.target.text for assignment in handed}
    if event and check.knows("with"):
        sources = [(f"`{event.name}`", event.whole)]
        hint = "set it: `with: {{{field}: ...}}`"
        at = syntax.command.at
        check_filled(check, command.whole, named, sources, at, what, hint, names=names, sent=True)
    dispatch = Dispatch(
        command=symbols.ref(command, syntax.command),
        with_=(*with_, *from_step),
        at=syntax.command.at,
    )
    return dispatch, command
