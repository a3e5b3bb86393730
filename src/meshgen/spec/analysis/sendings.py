"""The commands that endpoints send: whether callers may send them, and what is filled in."""

from __future__ import annotations

from meshgen.spec.analysis.arguments import Parameters, Target, read_arguments
from meshgen.spec.analysis.context import Check
from meshgen.spec.analysis.symbols import CommandSymbol, Symbols
from meshgen.spec.model import Sending
from meshgen.spec.syntax import EndpointSyntax, PartSyntax


def build_sending(
    check: Check,
    symbols: Symbols,
    endpoint: EndpointSyntax,
    syntax: PartSyntax,
    parameters: Parameters,
) -> Sending | None:
    """Return what `syntax` sends; None if there is no such command."""
    command = symbols.command(syntax.target, None)
    if command is None:
        return None
    if command.syntax.roles is None and check.knows("roles"):
        hint = "add `roles` to the command, or leave this endpoint out"
        message = f"nobody may send `{syntax.target}` from outside: it has no `roles`"
        check.error(syntax.target.at, message, hint)
    from_caller = {word.text for word in command.syntax.from_caller}
    _check_not_the_caller(check, syntax, from_caller)
    arguments = read_arguments(check, syntax, _target(command, from_caller), parameters)
    if endpoint.method == "DELETE":
        _check_no_body(check, endpoint, syntax, command, from_caller)
    return Sending(command=symbols.ref(command, syntax.target), arguments=arguments)


def _target(command: CommandSymbol, from_caller: set[str]) -> Target:
    """The id is in the path of the command, unless it creates an aggregate or is the caller."""
    id = command.aggregate.syntax.id
    in_path = id is not None and command.syntax.mode != "creates" and id.text not in from_caller
    takes = tuple(name for name in command.whole.known if name not in from_caller)
    return Target(
        needs=(id.text,) if id and in_path else (),
        takes=(*takes, *sorted(from_caller)),
        fields=command.whole,
        open=command.whole.partial or bool(command.whole.broken),
        page=None,
        owner=None,
        takes_what="a field of this command",
    )


def _check_not_the_caller(check: Check, syntax: PartSyntax, from_caller: set[str]) -> None:
    for argument in syntax.arguments:
        if argument.name.text in from_caller:
            message = f"`{argument.name}` is the caller already"
            check.error(argument.name.at, message, "leave it out")


def _check_no_body(
    check: Check,
    endpoint: EndpointSyntax,
    syntax: PartSyntax,
    command: CommandSymbol,
    from_caller: set[str],
) -> None:
    """The content of a `DELETE` has no meaning (RFC 9110, 9.3.5)."""
    given = {argument.name.text for argument in syntax.arguments} | from_caller
    for name in command.whole.known:
        if name not in given:
            check.error(
                syntax.target.at,
                f"a `DELETE` has no body, from which `{name}` would come",
                f"add `{name}=...`, or write `POST {endpoint.path}`",
            )
