"""Aggregates, pages and single rows."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import httpx
import pytest
from chassis.errors import InvalidCursor

from .harness import ID, OWNER, WALLET, RecordingRuntime, assert_problem
from .wallets import Currency


async def test_an_aggregate_is_read_with_its_version(http: httpx.AsyncClient) -> None:
    answer = await http.get(f"/wallets/{ID}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["etag"] == '"3"'
    assert answer.json() == {
        "wallet_id": str(ID),
        "owner_id": str(OWNER),
        "currency": "eur",
        "balance": "1.10",
        "closed": False,
    }


@pytest.mark.parametrize(
    ("tag", "status"), [('"3"', 304), ('W/"3"', 304), ('"1", "3"', 304), ("*", 304), ('"2"', 200)]
)
async def test_what_the_caller_has_is_not_sent_again(
    http: httpx.AsyncClient, tag: str, status: int
) -> None:
    answer = await http.get(f"/wallets/{ID}", headers={"if-none-match": tag})
    assert answer.status_code == status
    assert answer.headers["etag"] == '"3"'


async def test_a_search_is_typed(http: httpx.AsyncClient, runtime: RecordingRuntime) -> None:
    answer = await http.get("/list-wallets?closed=true&currency=chf&page=5&cursor=c")
    assert answer.json() == {
        "items": [(await http.get(f"/wallets/{ID}")).json()],
        "next": 'a"b',
    }
    assert runtime.asked == [
        {
            "by": {},
            "filter": {"currency": Currency.CHF, "closed": True},
            "sort": ("balance",),
            "limit": 5,
            "cursor": "c",
        }
    ]


async def test_a_search_has_defaults(http: httpx.AsyncClient, runtime: RecordingRuntime) -> None:
    await http.get("/list-wallets")
    assert runtime.asked[0]["filter"] == {"currency": None, "closed": None}
    assert runtime.asked[0]["limit"] == 10
    assert runtime.asked[0]["cursor"] is None


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("closed=perhaps", "closed"),
        ("closed=1", "closed"),
        ("closed=True", "closed"),
        ("page=1.0", "page"),
        ("page=%2B1", "page"),
        ("page=0_1", "page"),
        ("page=+1", "page"),
        ("page=9223372036854775808", "page"),
        ("currency=usd", "currency"),
        ("page=0", "page"),
        ("page=11", "page"),
        ("page=x", "page"),
        ("cursor=" + "x" * 3000, "cursor"),
        ("colour=red", "colour"),
    ],
)
async def test_wrong_queries_are_422(
    http: httpx.AsyncClient, runtime: RecordingRuntime, query: str, field: str
) -> None:
    problem = assert_problem(await http.get(f"/list-wallets?{query}"), 422, "invalid_request")
    assert [error["field"] for error in problem["errors"]] == [field]
    assert runtime.asked == []


async def test_a_wrong_cursor_is_422(http: httpx.AsyncClient, runtime: RecordingRuntime) -> None:
    runtime.failure = InvalidCursor()
    problem = assert_problem(await http.get("/list-wallets?cursor=x"), 422, "invalid_request")
    assert problem["errors"] == [{"field": "cursor", "message": "is not a cursor of this query"}]


async def test_somebody_elses_rows_are_forbidden(
    http: httpx.AsyncClient, runtime: RecordingRuntime
) -> None:
    answer = await http.get("/my-wallets", params={"owner_id": str(OWNER)})
    assert answer.status_code == 200
    assert runtime.asked[0]["by"] == {"owner_id": OWNER}
    answer = await http.get("/my-wallets", params={"owner_id": str(uuid4())})
    assert_problem(answer, 403, "forbidden")
    assert_problem(await http.get("/my-wallets"), 422, "invalid_request")
    assert len(runtime.asked) == 1


async def test_exactly_one_row_or_404(http: httpx.AsyncClient, runtime: RecordingRuntime) -> None:
    answer = await http.get("/wallet-of", params={"wallet_id": str(ID)})
    assert answer.json()["wallet_id"] == str(ID)
    assert runtime.asked[0]["by"] == {"wallet_id": ID}
    for items in ((), (WALLET, WALLET), (replace(WALLET, owner_id=uuid4()),)):
        runtime.items = items
        answer = await http.get("/wallet-of", params={"wallet_id": str(ID)})
        assert_problem(answer, 404, "not_found")
