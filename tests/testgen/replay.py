"""Carry out the examples of a spec with its generated code: `replay.py PROJECT SPEC`.

Prints what comes out differently; the exit code says whether anything does.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

from meshgen.naming import pascal, snake
from meshgen.spec.check import read_spec
from meshgen.spec.model import Aggregate, Service, Spec
from meshgen.system.pysource.literals import literal
from meshgen.testgen.examples import NOW, Example, FieldValues, examples, new_id

NAMES = {"UTC": UTC, "date": date, "datetime": datetime, "Decimal": Decimal, "UUID": UUID}


class Answers(dict[object, object]):
    """What is not among them is nothing: a row that is missing."""

    def __contains__(self, key: object) -> bool:
        return True

    def __missing__(self, key: object) -> None:
        return None


class Generated:
    """The generated code of one aggregate."""

    def __init__(self, spec: Spec, service: Service, aggregate: Aggregate) -> None:
        package = f"{spec.name}_{service.name}"
        self.domain = importlib.import_module(f"{package}.domain.{snake(aggregate.name)}")
        self.names: dict[str, Any] = {**NAMES}
        contracts = importlib.import_module(f"{spec.name}_contracts")
        others = [
            f"{spec.name}_contracts.{m.name}" for m in pkgutil.iter_modules(contracts.__path__)
        ]
        for module in (*others, f"{package}.replicas", f"{package}.ports", self.domain.__name__):
            try:
                self.names |= vars(importlib.import_module(module))
            except ModuleNotFoundError:
                continue

    def make(self, name: str, fields: FieldValues) -> Any:
        """Make a message, row, question or answer."""
        given = ", ".join(f"{field}={literal(value)}" for field, value in fields)
        return eval(f"{name}({given})", dict(self.names))

    def run(self, example: Example) -> tuple[list[Any], str | None]:
        """Return the events that come of an example, and the rule that refuses it."""
        from chassis.domain import Context, Lookup, Refused

        state = None
        for event in example.given:
            state = self.domain.evolve(state, self.make(event.name, event.fields))
        answers: Any = Answers()
        for row in example.rows:
            answers[Lookup(self.names[row.replica], row.id)] = self.make(row.replica, row.fields)
        for asked in example.answers:
            name = pascal(asked.operation)
            question = self.make(name, asked.arguments)
            answers[question] = self.make(f"{name}Answer", asked.answer)
        numbers = count(1)
        context = Context(now=NOW, new_id=lambda: new_id(next(numbers)), answers=answers)
        command = self.make(example.command, example.input)
        try:
            return list(self.domain.decide(command, state, context)), None
        except Refused as refused:
            return [], refused.rule


def differences(spec: Spec) -> Iterator[str]:
    """Yield the examples that come out differently."""
    for service in spec.services:
        for aggregate in service.aggregates:
            generated = Generated(spec, service, aggregate)
            for example in examples(spec, service, aggregate).examples:
                expected = [generated.make(event.name, event.fields) for event in example.then]
                found = generated.run(example)
                if found != (expected, example.refused):
                    yield f"{aggregate.name}: {example.title}: {found}"


if __name__ == "__main__":
    for folder in ("libs", "services"):
        sys.path += [str(path) for path in Path(sys.argv[1], folder).glob("*/src")]
    different = list(differences(read_spec(Path(sys.argv[2]))))
    print(*different, sep="\n")
    sys.exit(bool(different))
