"""Ids in generated tests: each has the name and the value of the field that it stands for."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
from chassis.testing import example_id

from meshgen.spec.check import read_spec
from meshgen.spec.model import Ref, Spec
from meshgen.system.index import index
from meshgen.system.lower import resolve
from meshgen.testgen.cases.example_events import ExampleEvents, find_all
from meshgen.testgen.examples import ExampleId

ROOT = Path(__file__).parents[2]
SPECS = [ROOT / "specs/shop.yaml", *sorted((ROOT / "tests/e2e/specs").glob("*.yaml"))]


@pytest.fixture(scope="module", params=SPECS, ids=lambda path: path.stem)
def spec(request: pytest.FixtureRequest) -> Spec:
    return read_spec(request.param)


def test_generated_tests_use_the_same_ids_as_the_search() -> None:
    for number in (1, 2):
        assert ExampleId("order_id", number).value == example_id("order_id", number)


def test_events_have_ids_of_the_kinds_of_their_fields(spec: Spec) -> None:
    known = index(spec)
    example_events = ExampleEvents(known, find_all(known))
    refs = [Ref(unit=unit, name=name) for unit, name in known.events]
    found = [event for ref in refs if (event := example_events.event(ref))]
    ids = [(name, value) for event in found for name, value in event.fields]
    kinds = {
        (name, example_events.ids[value].field) for name, value in ids if isinstance(value, UUID)
    }
    assert kinds
    assert all(kind in (name, "caller_id") for name, kind in kinds), kinds


def test_constants_of_policies_are_named_by_the_kinds_of_ids(spec: Spec) -> None:
    for service in resolve(spec).services:
        for constant in service.policy_testing.constants.messages:
            for argument in constant.value.arguments:
                if argument.name.endswith("_id"):
                    assert argument.value == argument.name.upper(), constant
