"""Regular expressions: in linear time, and as the generated messages match them."""

from __future__ import annotations

import time
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, ValidationError, create_model

from meshgen.patterns import MAX_ELEMENTS, PatternError, check, matches

CATASTROPHIC = (
    r"^(a+)+$",
    r"^(a|a)*$",
    r"^(a|aa)+$",
    r"^(a?){40}a{40}$",
    r"^(\s*\w+\s*)*$",
    r"(.*)(.*)(.*)(.*)(.*)x",
    r"^(([a-z])+.)+[A-Z]([a-z])+$",
)


@pytest.mark.parametrize("pattern", CATASTROPHIC)
def test_no_pattern_takes_longer_than_its_text(pattern: str) -> None:
    check(pattern)
    before = time.process_time()
    assert not matches(pattern, "a" * 2000 + "!")
    assert time.process_time() - before < 2


@pytest.mark.parametrize(
    ("pattern", "offset", "reason"),
    [
        ("ab(?=c)", 2, "look-around"),
        ("ab(?<!c)", 2, "look-around"),
        (r"(a)\1", 3, "back-references"),
        (r"(?P<x>a)(?P=x)", 10, "flag"),
        (r"ab\Z", 2, "unrecognized escape"),
        ("a{,3}", 2, "quantifier"),
        ("ab(", 2, "missing )"),
        ("a*+", 0, "differs"),
        ("(?>a)", 2, "flag"),
        ("(?i)a", 0, "differs"),
        ("(?i:a)", 0, "differs"),
        ("[[a]", 0, "differs"),
        ("[a&&b]", 0, "differs"),
        (r"a\<b", 1, "differs"),
        (r"\p{L}", 0, "bad escape"),
        ("aé", 1, "ASCII"),
        ("a" * 201, 200, "at most 200"),
        ("a{999999999}", 0, "too large"),
        (r"\w{1,999}\w{1,999}", 0, "too large"),
        (f"(a{{1,{MAX_ELEMENTS // 10}}}){{11}}", 0, "repeats up to"),
    ],
)
def test_what_is_refused_has_a_place_and_a_reason(pattern: str, offset: int, reason: str) -> None:
    with pytest.raises(PatternError) as refused:
        check(pattern)
    assert refused.value.offset == offset
    assert reason in refused.value.reason


@pytest.mark.parametrize("pattern", [r"[}+]", r"\++", r"\\<a", "[(?i]", "^(?:a|b)+?$", "(?P<x>a)"])
def test_what_only_looks_odd_is_a_pattern(pattern: str) -> None:
    check(pattern)


@given(st.text(alphabet="ab\\dwsb<[]()^$.*+?{}1,2|-", max_size=12), st.text("ab1 <-\n", max_size=6))
def test_a_text_matches_as_in_a_generated_message(pattern: str, text: str) -> None:
    try:
        check(pattern)
    except PatternError:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        message: type[BaseModel] = create_model("Message", text=(str, Field(pattern=pattern)))
    try:
        message(text=text)
    except ValidationError:
        assert not matches(pattern, text)
    else:
        assert matches(pattern, text)
