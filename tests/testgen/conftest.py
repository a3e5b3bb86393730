"""Specs to search, and their examples by title."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from meshgen.spec.check import check_text, read_spec
from meshgen.spec.model import Aggregate, Service, Spec
from meshgen.testgen.examples import Example, Found, examples

SPECS = Path(__file__).parents[2] / "specs"
FRAME = """
meshgen: 1
name: trial
summary: A trial
types:
  Status: [open, closed]
  Line: {{product_id: uuid, quantity: {{type: int, min: 1, max: 5}}}}
services:
  thing:
    store: sqlite
{extra}
    aggregates:
      Thing:
        id: thing_id
{aggregate}
gateway:
  auth: {{issuer: "https://id.example", audience: trial}}
"""


@pytest.fixture(scope="session")
def shop() -> Spec:
    return read_spec(SPECS / "shop.yaml")


@pytest.fixture(scope="session")
def trial() -> Callable[..., tuple[Spec, Service, Aggregate]]:
    """Read a spec with one aggregate `Thing`, given as YAML."""

    def read(aggregate: str, extra: str = "") -> tuple[Spec, Service, Aggregate]:
        before, _, commands = aggregate.partition("commands:")
        whole = f"{before}commands:{_callable(commands)}"
        text = FRAME.format(aggregate=_indented(whole, 8), extra=_indented(extra, 4))
        spec, findings = check_text("trial.yaml", text)
        assert spec is not None, findings
        service = next(service for service in spec.services if service.name == "thing")
        return spec, service, service.aggregates[0]

    return read


@pytest.fixture(scope="session")
def found(trial: Callable[..., tuple[Spec, Service, Aggregate]]) -> Callable[..., Found]:
    """Find the examples of an aggregate given as YAML."""
    return lambda aggregate, extra="": examples(*trial(aggregate, extra))


@pytest.fixture(scope="session")
def titled() -> Callable[[Found, str], Example]:
    """Return the example with a title."""
    return lambda found, title: {example.title: example for example in found.examples}[title]


def _callable(commands: str) -> str:
    """Give every command a role, since somebody must be able to send it."""
    commands = re.sub(r"^(  \w+:) \{", r"\1 {roles: [user], ", commands, flags=re.MULTILINE)
    return re.sub(r"^(  \w+:)$", r"\1\n    roles: [user]", commands, flags=re.MULTILINE)


def _indented(text: str, by: int) -> str:
    return "\n".join(" " * by + line for line in text.strip("\n").splitlines())
