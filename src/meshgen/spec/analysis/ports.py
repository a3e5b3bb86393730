"""Ports, and the calls that commands make to them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from meshgen.spec.analysis.context import Check, Fields, Names
from meshgen.spec.analysis.filling import check_filled, given
from meshgen.spec.analysis.types import resolve_fields
from meshgen.spec.hints import meant_or_one_of
from meshgen.spec.model import Operation, Port, PortCall
from meshgen.spec.syntax import AssignmentSyntax, OperationSyntax, ServiceSyntax, Word
from meshgen.spec.yaml.tree import Scalar
from meshgen.unicode import printable

MAX_CALL = 2000
CALL_FORM = "write `Port.operation(argument=expression)`"

_HEAD = re.compile(r"\s*([A-Za-z_]\w*)\.([A-Za-z_]\w*)\s*\(", re.ASCII)


@dataclass(frozen=True, slots=True)
class OperationSymbol:
    """An operation of a port."""

    port: str
    syntax: OperationSyntax
    input: Fields
    returns: Fields


Operations = dict[str, OperationSymbol]  # by `Port.operation`


def declare_operations(check: Check, service: ServiceSyntax) -> Operations:
    """The operations of a service's ports."""
    found: Operations = {}
    seen: dict[str, Word] = {}
    for port in service.ports:
        for syntax in port.operations:
            first = seen.setdefault(syntax.name.text, syntax.name)
            if first is not syntax.name:
                hint = "rename it: a class is named after each operation"
                check.error(
                    syntax.name.at,
                    f"`{syntax.name}` is also an operation in line {first.at.line}",
                    hint,
                )
            partial_input = not check.knows("input")
            partial_answer = not check.knows("returns")
            found[f"{port.name}.{syntax.name}"] = OperationSymbol(
                port=port.name.text,
                syntax=syntax,
                input=resolve_fields(
                    check, syntax.input, maps="string", sent=False, partial=partial_input
                ),
                returns=resolve_fields(
                    check, syntax.returns, maps="string", sent=False, partial=partial_answer
                ),
            )
    return found


def build_ports(check: Check, service: ServiceSyntax, operations: Operations) -> tuple[Port, ...]:
    """The ports of the model."""
    return tuple(
        Port(
            name=port.name.text,
            operations=tuple(
                _operation(check, operations[f"{port.name}.{o.name}"]) for o in port.operations
            ),
            at=port.name.at,
        )
        for port in service.ports
    )


def _operation(check: Check, symbol: OperationSymbol) -> Operation:
    syntax = symbol.syntax
    names = check.names().fields("input", symbol.input, "input")
    what = f"the answer of `{syntax.name}`"
    simulated = check.assignments(syntax.simulated, symbol.returns, what, names)
    named = given(syntax.simulated, symbol.returns)
    hint = "set it: `simulated: {{{field}: ...}}`"
    if check.knows("simulated"):
        check_filled(check, symbol.returns, named, [], syntax.name.at, what, hint)
    return Operation(
        name=syntax.name.text,
        input=tuple(symbol.input),
        returns=tuple(symbol.returns),
        simulated=simulated,
        at=syntax.name.at,
    )


def build_call(
    check: Check, syntax: AssignmentSyntax, names: Names, operations: Operations
) -> tuple[PortCall | None, Fields]:
    """`name: "Port.operation(argument=expression)"` and the fields of its answer."""
    source = syntax.value
    if source is None:
        return None, Fields(partial=True)
    head = _HEAD.match(source.text)
    if head is None or not isinstance(source.value, str):
        check.error(source.at, f"`{printable(source.text)}` is not a call", CALL_FORM)
        return None, Fields(partial=True)
    operation = operations.get(f"{head[1]}.{head[2]}")
    if operation is None:
        if check.knows("ports"):
            shown = f"{head[1]}.{head[2]}"
            check.error(
                source.inside(head.start(1)),
                f"there is no operation `{shown}`",
                meant_or_one_of(shown, list(operations)),
            )
        return None, Fields(partial=True)
    arguments = _arguments(check, source, head.end())
    if arguments is None:
        return None, operation.returns
    what = f"`{operation.port}.{operation.syntax.name}`"
    values = check.assignments(arguments, operation.input, what, names)
    named = given(arguments, operation.input)
    check_filled(
        check, operation.input, named, [], source.at, what, "add the argument `{field}=...`"
    )
    call = PortCall(
        name=syntax.target.text,
        port=operation.port,
        operation=operation.syntax.name.text,
        arguments=values,
        at=syntax.target.at,
    )
    return call, operation.returns


def _arguments(check: Check, source: Scalar, start: int) -> tuple[AssignmentSyntax, ...] | None:
    """The keyword arguments of a call, each expression at its own place."""
    try:
        if len(source.text) > MAX_CALL:
            raise ValueError
        tree = ast.parse(source.text.strip().replace("\n", " "), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        tree = None
    if not isinstance(tree, ast.Call):
        check.error(source.at, f"`{printable(source.text)}` is not a call", CALL_FORM)
        return None
    if tree.args or any(keyword.arg is None for keyword in tree.keywords):
        check.error(source.inside(start), "name every argument", CALL_FORM)
        return None
    return tuple(_named_arguments(source, tree))


def _named_arguments(source: Scalar, call: ast.Call) -> Iterator[AssignmentSyntax]:
    lead = len(source.text) - len(source.text.lstrip())
    data = source.text.strip().replace("\n", " ").encode()
    for keyword in call.keywords:
        name_at = lead + len(data[: keyword.col_offset].decode())
        start = lead + len(data[: keyword.value.col_offset].decode())
        end = lead + len(data[: keyword.value.end_col_offset].decode())
        target = Word(keyword.arg or "", source.inside(name_at), name_at)
        yield AssignmentSyntax(target, source.part(start, end))
