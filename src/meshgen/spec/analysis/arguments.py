"""Arguments of the parts of an endpoint: whether they are asked for, and have the right type."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from meshgen.spec.analysis.context import Check, Fields
from meshgen.spec.analysis.feeding import Sources, fed
from meshgen.spec.analysis.index import Place
from meshgen.spec.analysis.kinds import bare
from meshgen.spec.hints import meant_or_one_of
from meshgen.spec.model import Argument, Name
from meshgen.spec.syntax import ArgumentSyntax, PartSyntax
from meshgen.spec.types import BOOL, INT, STRING, UUID, EnumType, Scalar, Type
from meshgen.unicode import printable

Parameters = dict[str, Type | None]  # of a path; their types are known once a part asks for them


@dataclass(frozen=True, slots=True)
class Target:
    """What a part reads, or an endpoint sends: what must and may be given, and its fields.

    open: not all that may be given is known, because the query has findings of its own
    """

    needs: tuple[str, ...]
    takes: tuple[str, ...]
    fields: Fields
    open: bool
    page: int | None
    owner: str | None
    takes_what: str = "a parameter of this query"


def read_arguments(
    check: Check,
    syntax: PartSyntax,
    target: Target,
    parameters: Parameters,
    sources: Sources = MappingProxyType({}),
) -> tuple[tuple[str, Argument], ...]:
    """Return the arguments of `syntax` by name, with findings for those that do not fit."""
    arguments = []
    for argument in syntax.arguments:
        value = _argument(check, argument, syntax, target, parameters, sources)
        if value is not None:
            arguments.append((argument.name.text, value))
    given = {argument.name.text for argument in syntax.arguments}
    for name in target.needs:
        if name not in given and not target.open:
            check.error(
                syntax.target.at,
                f"`{syntax.target}` needs `{name}`",
                f"add `{name}=caller`, or a path parameter",
            )
    return tuple(arguments)


def _argument(
    check: Check,
    syntax: ArgumentSyntax,
    part: PartSyntax,
    target: Target,
    parameters: Parameters,
    sources: Sources,
) -> Argument | None:
    name = syntax.name.text
    if name == "page" and target.page is not None:
        return _page(check, syntax, target.page)
    if name not in target.takes and target.open:
        return None
    if name not in target.takes:
        known = [*target.takes, *(("page",) if target.page else ())]
        check.error(
            syntax.name.at,
            f"`{printable(name)}` is not {target.takes_what}",
            meant_or_one_of(name, known),
        )
        return None
    field = target.fields.known.get(name)
    if field is None:  # there is a finding for the query
        return None
    check.uses(syntax.name, field)
    kind = bare(field.type)
    if syntax.of is not None:
        return fed(check, syntax, syntax.of, kind, part, sources)
    if syntax.is_name and str(syntax.value) in ("caller", *parameters):
        if syntax.value == "caller" and kind != UUID:
            check.error(syntax.at, f"`caller` is a `uuid`; `{name}` is `{kind}`")
        elif syntax.value != "caller" and not isinstance(kind, Scalar | EnumType):
            hint = "leave it out: what is not given here is in the body of the request"
            check.error(syntax.at, f"`{name}` is a `{kind}`, which no path has room for", hint)
        elif syntax.value != "caller":
            _check_one_type(check, syntax, kind, parameters)
        return Name(str(syntax.value))
    value = syntax.value
    if syntax.is_name and not (isinstance(kind, EnumType) and value in kind.members):
        known = ["caller", *parameters, *(kind.members if isinstance(kind, EnumType) else ())]
        check.error(
            syntax.at,
            f"`{printable(str(value))}` is not a valid value here",
            meant_or_one_of(str(value), known),
        )
        return None
    if not _literal_fits(value, kind):
        check.error(syntax.at, f"this is not a value of `{name}`, a `{kind}`")
        return None
    if isinstance(kind, EnumType):
        check.uses_member(Place(str(value), syntax.at, syntax.lead), kind.name)
    if name == target.owner:
        check.error(
            syntax.at,
            f"`{name}` is the owner",
            f"only the owner may read it: `{name}=caller`",
        )
    return value


def _check_one_type(
    check: Check, syntax: ArgumentSyntax, kind: Type, parameters: Parameters
) -> None:
    """A parameter of the path has the type of the field that it is asked for; of all of them."""
    first = parameters[str(syntax.value)] or kind
    parameters[str(syntax.value)] = first
    if first != kind:
        message = f"`{syntax.value}` is used as `{first}`, but `{syntax.name}` is `{kind}`"
        check.error(syntax.at, message, "use a separate path parameter for each")


def _page(check: Check, syntax: ArgumentSyntax, most: int) -> Argument | None:
    if (
        syntax.is_name
        or isinstance(syntax.value, bool)
        or not isinstance(syntax.value, int)
        or not 1 <= syntax.value <= most
    ):
        check.error(
            syntax.at,
            "`page` is the number of rows of a page",
            f"use a value from 1 to {most}, the page size of the query",
        )
        return None
    return syntax.value


def _literal_fits(value: str | int | bool, kind: Type) -> bool:
    if isinstance(value, bool):
        return kind == BOOL
    if isinstance(value, int):
        return kind == INT
    return kind == STRING or (isinstance(kind, EnumType) and value in kind.members)
