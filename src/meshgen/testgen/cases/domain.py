"""Given/when/then tests of aggregates."""

from __future__ import annotations

import re

from meshgen.naming import pascal
from meshgen.system.model import Call, DomainTest, DomainTests
from meshgen.testgen.cases.values import Shared
from meshgen.testgen.examples import Example, Found
from meshgen.testgen.examples.model import AnswerValue, EventValue


def domain_tests(found: Found) -> DomainTests:
    """Return the examples as tests, with shared values as constants."""
    shared = Shared(found.ids)
    commands = [_command(example) for example in found.examples]
    tests = tuple(
        _test(example, shared, repeated=commands.count(_command(example)) > 1)
        for example in found.examples
    )
    return DomainTests(constants=shared.constants(), tests=tests)


def function_name(title: str) -> str:
    """Return a title, such as `cancel order requires an order that is open`, as a function name."""
    return re.sub(r"\W+", "_", title, flags=re.ASCII).strip("_").lower()


def _command(example: Example) -> EventValue:
    return EventValue(example.command, example.input)


def _test(example: Example, shared: Shared, *, repeated: bool) -> DomainTest:
    command = _command(example)
    return DomainTest(
        function=function_name(example.title),
        given=tuple(shared.name(event) for event in example.given),
        rows=tuple(shared.call(row.replica, row.fields) for row in example.rows),
        answers=tuple(_answer(answer, shared) for answer in example.answers),
        constant=shared.name(command) if repeated else None,
        when=shared.call(command.name, command.fields),
        then=tuple(shared.name(event) for event in example.then),
        refused=example.refused,
    )


def _answer(answer: AnswerValue, shared: Shared) -> tuple[Call, Call]:
    question = pascal(answer.operation)
    asked = shared.call(question, answer.arguments)
    return asked, shared.call(f"{question}Answer", answer.answer)
