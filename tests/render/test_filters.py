"""No text of a spec ever becomes code: what goes in as a string comes out as that string."""

from __future__ import annotations

import ast
import json
import tomllib

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from jinja2.sandbox import SandboxedEnvironment

from meshgen.render.extension import Meshgen
from meshgen.render.filters import FILTERS, docstring, json_document

HOSTILE = ['"""', "'", '"', "\\", "\n", "{{ 1 }}", "{% raw %}", "\u2028", "\ufeff", "😀", "#", "*/"]
# Lone surrogates cannot come out of a UTF-8 file, so a spec cannot hold them.
text = st.text(alphabet=st.characters(exclude_categories=["Cs"])) | st.lists(
    st.sampled_from([*HOSTILE, "a", "${x}", "`", "\x00", "\x85", "\u202e"])
).map("".join)


@given(text)
def test_a_python_literal_is_read_back_as_it_was(value: str) -> None:
    assert ast.literal_eval(FILTERS["py"](value)) == value


@given(text)
def test_a_yaml_scalar_is_read_back_as_it_was(value: str) -> None:
    assert yaml.safe_load(FILTERS["yml"](value)) == value


@given(text)
def test_a_json_document_is_read_back_as_it_was(value: str) -> None:
    written = json_document({"key": [value, 1, None]})
    assert written.isascii()
    assert json.loads(written) == {"key": [value, 1, None]}


@given(text)
def test_a_toml_string_is_read_back_as_it_was(value: str) -> None:
    assert tomllib.loads(f"key = {FILTERS['toml'](value)}") == {"key": value}


@given(text)
@example('"""\nimport os')
@example("ends with a backslash \\")
def test_a_docstring_stays_a_docstring(value: str) -> None:
    for indent in (0, 4):
        written = f"class A:\n{' ' * indent}{docstring(value, indent)}\n{' ' * indent}x = 1\n"
        module = ast.parse(written if indent else written.removeprefix("class A:\n"))
        body = module.body if not indent else module.body[0].body  # type: ignore[attr-defined]
        assert len(body) == 2


@given(text)
def test_markdown_has_no_markup_left(value: str) -> None:
    written = FILTERS["md"](value)
    assert "\n" not in written
    assert "<" not in written.replace("\\<", "")


@pytest.mark.parametrize("value", ["{{ 7 * 7 }}", "{% for x in y %}"])
def test_a_value_is_not_rendered_again(value: str) -> None:
    template = SandboxedEnvironment(extensions=[Meshgen]).from_string("{{ value | py }}")
    assert ast.literal_eval(template.render(value=value)) == value
