"""Texts for regular expressions."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshgen.testgen.examples.patterns import matching


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"^[A-Z]{2}\d{3}$", "AA111"),
        (r"^\w+@\w+\.[a-z]{2,}$", "a@a.aa"),
        (r"^(red|green)$", "red"),
        (r"^[^a]$", "1"),
        (r"^[^\w]+$", " "),
        (r"x", "x"),
        (r"^a*$", "a"),
        (r"^$", ""),
        (r"^.\S\s\D\W$", "aa a-"),
        (r"^(?:ab)+?c?$", "abc"),
    ],
)
def test_a_text_matches(pattern: str, text: str) -> None:
    assert matching(pattern) == text


def test_it_is_as_long_as_it_must_be() -> None:
    assert matching(r"^[a-z]+$", 8) == "aaaaaaaa"


@pytest.mark.parametrize("pattern", [r"^(?=b)a$", "(", r"^a$^b$"])
def test_what_is_too_odd_is_none(pattern: str) -> None:
    assert matching(pattern) is None


@given(st.text(alphabet="ab\\dws[]()^$.*+?{}1,2|-", max_size=12))
def test_whatever_is_found_matches(pattern: str) -> None:
    text = matching(pattern)
    assert text is None or re.search(pattern, text)
