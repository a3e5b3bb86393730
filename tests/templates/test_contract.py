"""The answers keep their contract, and what is published of it is up to date."""

from __future__ import annotations

import dataclasses
import json
import typing
from copy import deepcopy

import jsonschema
import pytest

from examples.regenerate import ANSWERS, example_answers
from meshgen.output.answers import MODELS
from meshgen.output.publish import published
from meshgen.output.templates import CONFIG, SCHEMA, template_folder, templates_root
from tests.templates.systems import NAMES, answers


@pytest.mark.parametrize("name", MODELS)
def test_what_is_published_is_up_to_date(name: str) -> None:
    for path, text in published(name).items():
        assert path.read_text(encoding="utf-8") == text, "run `make schemas`"


def test_the_example_answers_are_up_to_date() -> None:
    there = {path.name: path.read_text(encoding="utf-8") for path in ANSWERS.iterdir()}
    assert there == example_answers(), "run `make examples`"


def test_every_template_has_a_contract() -> None:
    assert {path.parent.name for path in templates_root().glob(f"*/{CONFIG}")} == MODELS.keys()


@pytest.mark.parametrize("name", NAMES)
def test_the_answers_are_as_their_model_says(name: str) -> None:
    for template, told in answers(name):
        MODELS[template].model_validate_json(json.dumps(told), strict=True)


@pytest.mark.parametrize("name", NAMES)
def test_the_answers_are_as_the_published_schema_says(name: str) -> None:
    for template, told in answers(name):
        schema = json.loads((template_folder(template) / SCHEMA).read_text(encoding="utf-8"))
        jsonschema.validate(told, schema)


def test_a_template_may_rely_on_what_a_question_is_said_to_be() -> None:
    told = deepcopy(answers("minimal")[0][1])
    del told["system"]["spec_file"]
    with pytest.raises(ValueError, match="spec_file"):
        MODELS["project"].model_validate_json(json.dumps(told), strict=True)


def _records(annotation: object) -> typing.Iterator[type]:
    """Every dataclass that is reached from a type."""
    if isinstance(annotation, type) and dataclasses.is_dataclass(annotation):
        yield annotation
        for each in typing.get_type_hints(annotation).values():
            yield from _records(each)
    for argument in typing.get_args(annotation):
        yield from _records(argument)


@pytest.mark.parametrize("name", MODELS)
def test_no_field_is_hidden_by_a_method_of_dict(name: str) -> None:
    """Answers are dicts: Jinja takes `loop.items` for the method."""
    for field in MODELS[name].model_fields.values():
        for record in _records(field.annotation):
            names = {each.name for each in dataclasses.fields(record)}
            assert not names & set(dir(dict)), record.__name__
            assert record.__doc__
            assert not record.__doc__.startswith(f"{record.__name__}("), record.__name__
