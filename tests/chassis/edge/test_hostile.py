"""Whatever a caller sends is answered with success or a problem, never with a server's error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest
from chassis.testing.unit import TestUnit
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from . import wallets

ID = UUID("8c7c0a5e-2d0a-4d8e-9a58-0d6f0a3f4b11")
# Surrogates cannot be sent in a URL; in a JSON body they can, as an escape.
TEXT = st.text(st.characters(codec="utf-8"))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from(("amount", "notes", "owner_id", "currency", "wallet_id", "text"))
BODIES = st.dictionaries(FIELDS | TEXT, JSON, max_size=4)
QUERIES = st.dictionaries(
    st.sampled_from(("page", "cursor", "currency", "closed", "owner_id", "wallet_id")) | TEXT,
    TEXT | st.integers().map(str),
    max_size=3,
)
HASTY = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def wallet() -> Iterator[TestUnit]:
    with TestUnit(wallets.service) as unit:
        owner = unit.caller("customer", sub=ID)
        opening = {"wallet_id": ID, "owner_id": ID, "currency": "eur"}
        assert owner.post("/wallets/open-wallet", **opening).status == 201
        yield unit


def assert_no_fault_of_ours(answer: Any) -> None:
    assert answer.status < 500, answer
    assert answer.status < 400 or answer.rule is not None


@HASTY
@given(body=BODIES, path=st.sampled_from(("open-wallet", f"{ID}/pay-in")))
@example(body={"amount": "1e999999"}, path=f"{ID}/pay-in")
@example(body={"amount": "1e-999999"}, path=f"{ID}/pay-in")
@example(body={"amount": 10**400}, path=f"{ID}/pay-in")
@example(body={"owner_id": str(ID), "currency": "eur\x00"}, path="open-wallet")
def test_bodies(wallet: TestUnit, body: dict[str, Any], path: str) -> None:
    caller = wallet.caller("customer", sub=ID)
    assert_no_fault_of_ours(caller.post(f"/wallets/{path}", **body))


@HASTY
@given(
    query=QUERIES,
    path=st.sampled_from(("list-wallets", "my-wallets", "wallet-of", f"wallets/{ID}")),
)
@example(query={"cursor": "AAAA"}, path="list-wallets")
@example(query={"cursor": "\x00"}, path="list-wallets")
@example(query={"page": "9" * 5000}, path="list-wallets")
def test_queries(wallet: TestUnit, query: dict[str, str], path: str) -> None:
    assert_no_fault_of_ours(wallet.caller().get(f"/{path}", **query))


@HASTY
@given(path=TEXT, header=st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_paths_and_headers(wallet: TestUnit, path: str, header: str) -> None:
    caller = wallet.caller("customer").with_headers(
        if_match=header,
        if_none_match=header,
        idempotency_key=header,
        traceparent=header,
        x_correlation_id=header,
    )
    assert_no_fault_of_ours(caller.get(f"/wallets/{quote(path, safe='')}"))
    assert_no_fault_of_ours(caller.get(f"/wallets/{ID}"))
    assert_no_fault_of_ours(caller.post(f"/wallets/{quote(path, safe='')}/close-wallet"))
    assert_no_fault_of_ours(caller.post(f"/wallets/{ID}/close-wallet"))
