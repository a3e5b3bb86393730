"""Texts for regular expressions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshgen.matching import matching
from meshgen.patterns import matches


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
    assert text is None or matches(pattern, text)


def test_it_is_not_longer_than_that_whatever_is_repeated() -> None:
    text = matching("^(((((a+)+)+)+)+)+$", 900)
    assert text is not None
    assert 900 <= len(text) <= 1000
