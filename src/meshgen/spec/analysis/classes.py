"""Clashes of class names in the modules of a service, projection or stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from meshgen.naming import pascal
from meshgen.spec.analysis.context import Check
from meshgen.spec.grammar.names import CLASS
from meshgen.spec.syntax import (
    AggregateSyntax,
    PolicySyntax,
    ProjectionSyntax,
    SagaSyntax,
    ServiceSyntax,
    SpecSyntax,
    StreamSyntax,
    Word,
)


@dataclass(frozen=True, slots=True)
class _Class:
    """A class of the generated code: its name, what it stands for, and the word behind it."""

    name: str
    what: str
    word: Word
    kind: str = "derived"


_COMPARED_ELSEWHERE = {
    frozenset(pair)
    for pair in (
        ("type",),
        ("type", "aggregate"),
        ("type", "message"),
        ("aggregate",),
        ("aggregate", "replica"),
        ("replica",),
        ("message",),
        ("port",),
        ("port", "aggregate"),
        ("port", "replica"),
        ("port", "message"),
    )
}


def check_classes(check: Check, syntax: SpecSyntax) -> None:
    """Refuse names that would be ambiguous in a module of the generated code."""
    types = [_Class(t.name.text, f"the type `{t.name}`", t.name, "type") for t in syntax.types]
    for service in syntax.services:
        own = [name for aggregate in service.aggregates for name in _messages(aggregate)]
        messages = [*_as_messages(own), *_as_messages(_foreign(service, syntax, own))]
        _refuse_twice(check, [*types, *_of_service(service), *messages])
        _refuse_taken(check, service)
    for projection in syntax.projections:
        events = _as_messages(reaction.event for reaction in projection.reactions)
        _refuse_twice(check, [*types, *_of_projection(projection), *events])
    for stream in syntax.streams:
        events = _as_messages((*stream.on, *(event.name for event in stream.emits)))
        _refuse_twice(check, [*types, *_of_stream(stream), *events])


def _refuse_twice(check: Check, classes: Iterable[_Class]) -> None:
    seen: dict[str, _Class] = {}
    for each in classes:
        first = seen.setdefault(each.name.lower(), each)
        if first is each or frozenset((first.kind, each.kind)) in _COMPARED_ELSEWHERE:
            continue
        message = f"{each.what} and {first.what} are both `{each.name}` in the generated code"
        if each.kind == "message":
            message = f"`{each.word}` is the name of {first.what} in the generated code"
        check.error(each.word.at, message, "choose a more specific name")


def _refuse_taken(check: Check, service: ServiceSyntax) -> None:
    for port in service.ports:
        for operation in port.operations:
            name = operation.name
            if fault := CLASS.fault(_question(name), "a question"):
                check.error(name.at, f"`{name}` is not a valid name for an operation", fault[1])


def _of_service(service: ServiceSyntax) -> Iterator[_Class]:
    for aggregate in service.aggregates:
        name = aggregate.name
        yield _Class(name.text, f"the aggregate `{name}`", name, "aggregate")
        yield _Class(f"{name}Command", f"all the commands of `{name}`", name)
        yield _Class(f"{name}Event", f"all the events of `{name}`", name)
    copies = {r.of.text.rpartition(".")[2]: r.of for r in service.replicas if r.of}
    for copied, word in copies.items():
        yield _Class(copied, f"the replica of `{copied}`", word, "replica")
        if copied not in [aggregate.name.text for aggregate in service.aggregates]:
            yield _Class(f"{copied}Event", f"the events of the replica of `{copied}`", word)
    for port in service.ports:
        yield _Class(port.name.text, f"the port `{port.name}`", port.name, "port")
        for operation in port.operations:
            question, what = _question(operation.name), f"the operation `{operation.name}`"
            yield _Class(question, what, operation.name)
            yield _Class(f"{question}Answer", f"the answer of `{operation.name}`", operation.name)


def _of_projection(projection: ProjectionSyntax) -> Iterator[_Class]:
    row = f"{_question(projection.name)}Row"
    yield _Class(row, f"the rows of `{projection.name}`", projection.name)
    yield _Class(f"{row}Event", f"the events of `{projection.name}`", projection.name)


def _of_stream(stream: StreamSyntax) -> Iterator[_Class]:
    name = _question(stream.name)
    yield _Class(f"{name}Row", f"the rows of `{stream.name}`", stream.name)
    yield _Class(f"{name}Entry", f"what events add to `{stream.name}`", stream.name)
    if len(stream.on) > 1:
        yield _Class(f"{name}Event", f"the events of `{stream.name}`", stream.name)


def _as_messages(words: Iterable[Word]) -> Iterator[_Class]:
    for word in words:
        name = word.text.rpartition(".")[2]
        yield _Class(name, f"the message `{name}`", word, "message")


def _foreign(service: ServiceSyntax, syntax: SpecSyntax, own: Iterable[Word]) -> Iterator[Word]:
    """The messages of other services that this one names, where it first names them."""
    named = [word for policy in service.policies for word in _named_by_policy(policy)]
    named += [word for saga in service.sagas for word in _named_by_saga(saga)]
    for replica in service.replicas:
        named += [
            Word(event.name.text, replica.of.at)
            for other in syntax.services
            for aggregate in other.aggregates
            if replica.of and replica.of.text == f"{other.name}.{aggregate.name}"
            for event in aggregate.events
        ]
    seen = {word.text for word in own}
    for word in named:
        name = word.text.rpartition(".")[2]
        if name not in seen:
            seen.add(name)
            yield word


def _named_by_policy(policy: PolicySyntax) -> Iterator[Word]:
    yield from (word for word in (policy.on, policy.do.command if policy.do else None) if word)


def _named_by_saga(saga: SagaSyntax) -> Iterator[Word]:
    dispatches = [saga.on_failure]
    if saga.starts_on:
        yield saga.starts_on
    for step in saga.steps:
        dispatches += [step.do, step.undo]
        yield from (*(step.done or ()), *(step.failed or ()))
    yield from (dispatch.command for dispatch in dispatches if dispatch)


def _messages(aggregate: AggregateSyntax) -> Iterator[Word]:
    yield from (event.name for event in aggregate.events)
    yield from (command.name for command in aggregate.commands)


def _question(name: Word) -> str:
    return pascal(name.text)
