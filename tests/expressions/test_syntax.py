"""The whitelisted part of Python's syntax, and its limits."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from meshgen.spec import types as t
from meshgen.spec.expressions import ExpressionError, Scope, compile_expression

Refusal = Callable[..., tuple[int, str, str | None]]


@pytest.mark.parametrize(
    ("source", "offset", "message"),
    [
        ("", 0, "an expression is missing here"),
        ("   ", 0, "an expression is missing here"),
        ("lambda: 1", 0, "a `lambda` is not allowed here"),
        ("f'{title}'", 0, "f-strings are not allowed here"),
        ("(x := 1)", 1, "`:=` is not allowed here"),
        ("{1, 2}", 0, "sets are not allowed here"),
        ("(1, 2)", 0, "tuples are not allowed here"),
        ("title[1:2]", 6, "slices are not allowed here"),
        ("await title", 0, "`await` is not allowed here"),
        ("[x async for x in tags]", 13, "`async` is not allowed here"),
        ("b'x'", 0, "this kind of value is not allowed here"),
        ("1j", 0, "this kind of value is not allowed here"),
        ("...", 0, "this kind of value is not allowed here"),
        ("title.__class__", 0, "`__class__` is not allowed here"),
        ("().__class__.__bases__", 0, "`__bases__` is not allowed here"),
        ("__import__('os')", 0, "`__import__` is not allowed here"),
        ("_x", 0, "`_x` is not allowed here"),
        ("~quantity", 0, "`~` is not allowed here"),
        ("+quantity", 0, "`+` is not allowed here"),
        ("quantity | 1", 9, "this operator is not allowed here"),
        ("quantity ** 2", 9, "this operator is not allowed here"),
        ("listed && listed", 7, "`&&` is not valid here"),
        ("listed || listed", 7, "`||` is not valid here"),
        ("quantity = 2", 9, "`=` is not valid here"),
        ("title; title", 5, "`;` is not valid here"),
        ("title # why", 6, "comments are not allowed in expressions"),
        ("quantity +\n1", 10, "the character U+000A is not allowed in an expression"),
        ("tıtle", 0, "`tıtle` is not a name"),
        ("'é' == titel", 7, "`titel` is not known here"),
        ("  'é' == titel", 9, "`titel` is not known here"),
        ("9223372036854775808", 0, "a number is at most 9223372036854775807"),
        ("'\\ud800'", 0, "this string cannot be encoded as UTF-8"),
        ("'\\0'", 0, "this string cannot be encoded as UTF-8"),
        ("not " * 60 + "listed", 160, "this expression is nested too deeply"),
        ("-" * 400 + "1", 0, "this expression is nested too deeply"),
        ("x" * 501, 500, "an expression has at most 500 characters"),
    ],
)
def test_refused(refusal: Refusal, source: str, offset: int, message: str) -> None:
    found = refusal(source)
    assert found[1] == message
    assert found[0] == offset or "deeply" in message


@pytest.mark.parametrize("source", ["(((", "1 +", "if", "'", '"""', "1 if x", "x for x in y", ")"])
def test_what_python_does_not_understand_is_an_error_with_a_place(
    refusal: Refusal, source: str
) -> None:
    offset, _, _ = refusal(source)
    assert 0 <= offset <= len(source)


def test_a_name_in_look_alike_letters_is_not_taken_for_another(refusal: Refusal) -> None:
    assert refusal("𝓽itle == 'x'", "bool")[1] == "`𝓽itle` is not a name"


def test_what_would_take_exponential_time_is_refused_or_quick(refusal: Refusal) -> None:
    source = "listed"
    for _ in range(30):
        source = f"(a=={source}==b)"
    refusal(source, "bool")


PIECES = re.findall(
    r"\S+",
    "status total lines items reason quantity title placed None True and or not in is if else for "
    "sum( len( min( any( now() .items() .get( .lower() ( ) [ ] { } ** * + - / // % == != < <= , : "
    ". 1 2.5 'a' x k lambda := => ; # \\ \" ' é 𝓽 \0 @ ~ & | ^ OrderLine( quantity= products[",
)


@given(st.text(max_size=60))
@example("\\\n")
@example("\ud800")
@example("{**None}")
@example("0_0.")
@settings(max_examples=300)
def test_any_text_is_an_expression_or_refused(scope: Scope, source: str) -> None:
    _refused_at_most(scope, source, None)


@given(
    st.lists(st.sampled_from(PIECES), max_size=15).map(" ".join),
    st.sampled_from([None, t.BOOL, t.DECIMAL, t.ListType(t.INT), t.MapType(t.STRING, t.INT)]),
)
@settings(max_examples=1500)
def test_any_heap_of_tokens_is_an_expression_or_refused(
    scope: Scope, source: str, expected: t.Type | None
) -> None:
    _refused_at_most(scope, source, expected)


def _refused_at_most(scope: Scope, source: str, expected: t.Type | None) -> None:
    refused = _refusal(scope, source, expected)
    if refused is not None:
        assert 0 <= refused.offset <= len(source)
        assert refused.message


def _refusal(scope: Scope, source: str, expected: t.Type | None) -> ExpressionError | None:
    try:
        compile_expression(source, scope, expected)
    except ExpressionError as error:
        return error
    return None
