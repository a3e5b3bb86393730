"""The reference leaves nothing out, and all that it shows is true."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import get_args

import pytest

from docs.generate.examples import BOOKSHOP, composed, values_of
from docs.generate.samples import value_of
from meshgen.spec.check import check_text
from meshgen.spec.declarations import Enum
from meshgen.spec.expressions import Origin
from meshgen.spec.expressions.forms import FORMS
from meshgen.spec.expressions.functions import FUNCTIONS, METHODS, Function, Method, Sample
from meshgen.spec.expressions.syntax import ALLOWED
from meshgen.spec.grammar import CONSTRUCTS, SPEC, scopes
from meshgen.spec.grammar.implicit import IMPLICIT, TYPES, TypeEntry
from meshgen.spec.grammar.shapes import (
    Construct,
    Example,
    Expression,
    ItemOf,
    ListOf,
    MapOf,
    OneOf,
    PortCall,
    Scope,
    Shape,
)
from meshgen.spec.type_notation import parse_type
from meshgen.spec.types import SCALARS

EXAMPLES = {
    f"{construct.name} {index}": example
    for construct in CONSTRUCTS
    for index, example in enumerate(construct.examples)
} | {entry.form: entry.example for entry in IMPLICIT}
CALLS: tuple[Function | Method, ...] = (*FUNCTIONS.values(), *METHODS)
SAMPLES = [
    *(sample for call in CALLS for sample in call.samples),
    *(sample for form in FORMS for sample in form.samples),
]


def below(shape: Shape) -> Iterator[Shape]:
    """A shape and all that it is made of."""
    yield shape
    match shape:
        case Construct():
            for key in shape.keys:
                yield from below(key.shape)
            if shape.beside:
                yield from below(shape.beside)
        case ListOf(item=inner) | MapOf(value=inner):
            yield from below(inner)
        case OneOf(forms=forms):
            for form in forms:
                yield from below(form)


SHAPES = list(below(SPEC))


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_an_example_is_a_valid_spec(example: Example) -> None:
    _, findings = check_text("example.yaml", composed(example))
    assert findings == ()
    assert values_of(composed(example)) != values_of(BOOKSHOP.read_text(encoding="utf-8"))


@pytest.mark.parametrize("construct", CONSTRUCTS, ids=lambda construct: construct.name)
def test_every_key_is_in_an_example(construct: Construct) -> None:
    texts = [example.text for example in construct.examples]
    texts += [BOOKSHOP.read_text(encoding="utf-8")] if construct is SPEC else []
    shown = set(re.findall(r"(\w+):", "\n".join(texts)))
    assert set(construct.names) <= shown


def test_every_construct_has_a_section() -> None:
    names = {shape.name for shape in SHAPES if isinstance(shape, Construct)}
    assert names == {construct.name for construct in CONSTRUCTS}


def test_every_scope_is_explained() -> None:
    used: set[Scope] = {
        shape.scope for shape in SHAPES if isinstance(shape, Expression | ItemOf | PortCall)
    }
    assert used == set(scopes.ALL)


def test_every_type_has_an_entry() -> None:
    forms = {entry.form for entry in TYPES}
    assert forms == {*SCALARS, "Name", "list[T]", "map[T]", "map[K, T]", "T?"}


@pytest.mark.parametrize("entry", TYPES, ids=lambda entry: entry.form)
def test_a_type_is_written_so(entry: TypeEntry) -> None:
    types = {name: Enum(name=name, members=("placed",)) for name in ("OrderStatus", "Line")}
    assert parse_type(next(iter(values_of(entry.example).values())), types)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.source)
def test_a_sample_has_the_value_that_is_shown(sample: Sample) -> None:
    assert value_of(sample.source) == sample.value


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
def test_a_function_is_in_its_own_samples(call: Function | Method) -> None:
    assert call.samples
    assert all(f"{call.name}(" in sample.source for sample in call.samples)


def test_every_form_of_expression_has_a_sample() -> None:
    trees = [ast.parse(sample.source, mode="eval") for sample in SAMPLES]
    shown = {type(node) for tree in trees for node in ast.walk(tree)}
    assert set(ALLOWED) <= shown


def test_every_origin_of_names_is_explained() -> None:
    assert {entry.origin for entry in IMPLICIT if entry.origin} == set(get_args(Origin))
