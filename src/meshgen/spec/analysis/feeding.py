"""Parts that are fed by others: `customer.Customer(customer_id=order.customer_id)`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from meshgen.spec.analysis.context import Check, Fields
from meshgen.spec.hints import meant_or_one_of
from meshgen.spec.model import Field, FieldOf
from meshgen.spec.syntax import ArgumentSyntax, PartSyntax, Word
from meshgen.spec.types import OptionalType, Type
from meshgen.unicode import printable


@dataclass(frozen=True, slots=True)
class Source:
    """A part, as others see it: its `fields`; `paged`: it has many rows."""

    syntax: PartSyntax
    fields: Fields
    paged: bool


Sources = Mapping[str, Source | None]
"""The parts of an endpoint by name; None for those that have findings of their own."""


def fed(
    check: Check, syntax: ArgumentSyntax, of: Word, kind: Type, fed_: PartSyntax, sources: Sources
) -> FieldOf | None:
    """Return the argument `name=of.value` of the part `fed_`, which should be a `kind`."""
    if of.text not in sources or of.text == fed_.name.text:
        known = [name for name in sources if name != fed_.name.text]
        hint = meant_or_one_of(of.text, known) or "only parts of the same endpoint can be named"
        check.error(of.at, f"there is no other part `{printable(of.text)}`", hint)
        return None
    source = sources[of.text]
    if source is None:
        return None
    field = _field(check, syntax, of, source)
    if field is None:
        return None
    if isinstance(field.type, OptionalType):
        shown = f"`{of}.{syntax.value}` is a `{field.type}`: it may be missing"
        check.error(syntax.at, shown, "what feeds another part must always be there")
    elif field.type != kind:
        shown = f"`{of}.{syntax.value}` is a `{field.type}`; `{syntax.name}` is `{kind}`"
        check.error(syntax.at, shown)
    if source.syntax.optional and not fed_.optional:
        shown = f"`{of}` is optional, so `{fed_.name}` has to be optional, too"
        check.error(of.at, shown, "add `?` behind its `)`")
    return FieldOf(of.text, field.name)


def _field(check: Check, syntax: ArgumentSyntax, of: Word, source: Source) -> Field | None:
    name = str(syntax.value)
    if source.paged:
        hint = "use a query without `page`, or an aggregate"
        check.error(of.at, f"`{of}` is a page, which has many rows", hint)
        return None
    only = [word.text for word in source.syntax.only]
    field = source.fields.known.get(name)
    if field is None or (only and name not in only):
        known = only or list(source.fields.known)
        if field or source.fields.missing(name):
            added = f"add `{name}` to its `only`" if field else None
            meant = added or meant_or_one_of(name, known)
            check.error(syntax.at, f"the part `{of}` has no field `{printable(name)}`", meant)
        return None
    check.uses(Word(name, syntax.at, syntax.lead), field)
    return field


def check_cycles(check: Check, parts: tuple[PartSyntax, ...]) -> None:
    """Check that no part waits for itself; of a cycle, its first part is reported."""
    waits = {
        part.name.text: {argument.of.text for argument in part.arguments if argument.of}
        for part in parts
    }
    reported: set[str] = set()
    for part in parts:
        for argument in part.arguments:
            of = argument.of
            if of is None or of.text == part.name.text:
                continue
            behind = _reached(of.text, waits)
            if part.name.text in behind and part.name.text not in reported:
                reported |= behind
                shown = f"`{part.name}` and `{of}` wait for each other"
                check.error(of.at, shown, "one of them has to be read without the other")


def _reached(name: str, waits: Mapping[str, set[str]]) -> set[str]:
    """Return the parts that `name` waits for, directly or not, and itself."""
    found, open_ = {name}, [name]
    while open_:
        for other in waits.get(open_.pop(), set()) - found:
            found.add(other)
            open_.append(other)
    return found
