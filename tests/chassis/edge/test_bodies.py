"""What is wrong with a body is said before anything happens."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from typing import cast

import httpx
import pytest

from .harness import ID, RecordingRuntime, assert_problem
from .wallets import Note, PayIn


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "amount"),
        ({"amount": 0}, "amount"),
        ({"amount": "much"}, "amount"),
        ({"amount": "NaN"}, "amount"),
        ({"amount": None}, "amount"),
        ({"amount": "9e999999"}, "amount"),
        ({"amount": "1e-999999"}, "amount"),
        ({"amount": 10**28}, "amount"),
        ({"amount": "1" + "0" * 28}, "amount"),
        ({"amount": 1, "notes": [{"text": "a"}, {"text": "b", "pages": 2**63}]}, "notes.1.pages"),
        ({"amount": 1, "notes": [{"text": "a", "pages": 10**400}]}, "notes.0.pages"),
        ({"amount": 1, "notes": [{"text": "a", "weight": "inf"}]}, "notes.0.weight"),
        ({"amount": 1, "notes": [{"text": "a\0b"}]}, "notes.0.text"),
        ({"amount": 1, "extra": 1}, "extra"),
        ({"amount": 1, "wallet_id": str(ID)}, "wallet_id"),
        ({"amount": 1, "notes": [{"text": "x" * 21}]}, "notes.0.text"),
        ({"amount": True}, "amount"),
        ({"amount": 1, "notes": [{"text": "a", "pages": True}]}, "notes.0.pages"),
        ({"amount": 1, "notes": [{"text": "a", "pages": "3"}]}, "notes.0.pages"),
        ({"amount": 1, "notes": [{"text": "a", "pages": 3.5}]}, "notes.0.pages"),
        ({"amount": 1, "notes": [{"text": "a", "pages": 3.0}]}, "notes.0.pages"),
        ({"amount": 1, "notes": [{"text": "a", "pages": 1e2}]}, "notes.0.pages"),
        ({"amount": "1_000"}, "amount"),
        ({"amount": " 1"}, "amount"),
        ({"amount": "\u0661"}, "amount"),
        ({"amount": 1, "notes": [{"text": "a", "weight": False}]}, "notes.0.weight"),
        ({"amount": 1, "notes": [{"text": "a", "weight": "3"}]}, "notes.0.weight"),
        ({"amount": 1, "notes": [{"text": "a", "secret": "true"}]}, "notes.0.secret"),
        ({"amount": 1, "notes": [{"text": "a", "secret": 1}]}, "notes.0.secret"),
        ({"amount": 1, "notes": [{"text": "a", "written": 1700000000}]}, "notes.0.written"),
        ({"amount": 1, "notes": [{"text": 3}]}, "notes.0.text"),
        ([], ""),
        (1, ""),
        (None, ""),
    ],
    ids=repr,
)
async def test_a_body_that_does_not_fit_is_422(
    http: httpx.AsyncClient, runtime: RecordingRuntime, body: object, field: str
) -> None:
    answer = await http.post(
        f"/wallets/{ID}/pay-in",
        content=json.dumps(body),
        headers={"content-type": "application/json"},
    )
    problem = assert_problem(answer, 422, "invalid_request")
    assert [error["field"] for error in problem["errors"]] == [field]
    assert runtime.commands == []


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"'",
        b"\xff\xfe",
        b'{"amount": NaN}',
        b'{"amount": Infinity}',
        b'{"amount": 1, "amount": 2}',
        b"[" * 5_000,
        '{"amount": 1}'.encode("utf-16"),
    ],
    ids=lambda body: repr(body[:20]),
)
async def test_a_body_that_is_not_json_is_400(http: httpx.AsyncClient, body: bytes) -> None:
    answer = await http.post(
        f"/wallets/{ID}/pay-in", content=body, headers={"content-type": "application/json"}
    )
    assert_problem(answer, 400, "malformed_json")


async def test_numbers_of_the_right_type(
    http: httpx.AsyncClient, runtime: RecordingRuntime
) -> None:
    note = '{"text": "a", "pages": 3, "weight": 2, "secret": true, "written": "2026-01-01"}'
    answer = await http.post(
        f"/wallets/{ID}/pay-in",
        content=f'{{"amount": "1.50", "notes": [{note}, {{"text": "b", "weight": 1e2}}]}}',
        headers={"content-type": "application/json"},
    )
    assert answer.status_code == 200
    (command,) = cast("list[PayIn]", runtime.commands)
    assert command.amount == Decimal("1.50")
    assert command.notes == (
        Note(text="a", pages=3, weight=2.0, secret=True, written=date(2026, 1, 1)),
        Note(text="b", weight=100.0),
    )


@pytest.mark.parametrize(
    "number", ["1e4000000", "-1e4000000", "1e-4000000", "1e9999999999999999999", "1" * 5_000]
)
@pytest.mark.parametrize(
    ("template", "field"),
    [
        ('{"amount": NUMBER}', "amount"),
        ('{"amount": 1, "notes": [{"text": "a", "pages": NUMBER}]}', "notes.0.pages"),
        ('{"amount": 1, "notes": [{"text": "a", "weight": NUMBER}]}', "notes.0.weight"),
        ('{"amount": 1, "notes": [{"text": NUMBER}]}', "notes.0.text"),
    ],
)
async def test_numbers_out_of_range_are_422(
    http: httpx.AsyncClient, template: str, field: str, number: str
) -> None:
    answer = await http.post(
        f"/wallets/{ID}/pay-in",
        content=template.replace("NUMBER", number),
        headers={"content-type": "application/json"},
    )
    problem = assert_problem(answer, 422, "invalid_request")
    assert [error["field"] for error in problem["errors"]] == [field]


async def test_errors_are_limited(http: httpx.AsyncClient) -> None:
    body = {"x" * 5_000 + str(number): number for number in range(100)}
    answer = await http.post(f"/wallets/{ID}/pay-in", json=body)
    problem = assert_problem(answer, 422, "invalid_request")
    assert len(problem["errors"]) == 20
    assert "20 of 101 errors" in problem["detail"]
    assert len(answer.content) < 10_000


@pytest.mark.parametrize(
    "body",
    [
        rb'{"amount": 1, "notes": [{"text": "\ud800"}]}',
        rb'{"amount": 1, "notes": [{"text": "\uDE00\uD83D"}]}',
        rb'{"amount": 1, "\udfff": 1}',
        rb'{"amount": 1, "notes": [{"\ud800": "a"}]}',
        rb'["\ud800"]',
    ],
    ids=repr,
)
async def test_half_characters_are_refused(
    http: httpx.AsyncClient, runtime: RecordingRuntime, body: bytes
) -> None:
    answer = await http.post(
        f"/wallets/{ID}/pay-in", content=body, headers={"content-type": "application/json"}
    )
    problem = assert_problem(answer, 422, "invalid_request")
    assert problem["errors"] == [{"field": "", "message": "A text has half of a surrogate pair"}]
    assert runtime.commands == []


async def test_two_halves_are_a_character(
    http: httpx.AsyncClient, runtime: RecordingRuntime
) -> None:
    answer = await http.post(
        f"/wallets/{ID}/pay-in",
        content=rb'{"amount": 1, "notes": [{"text": "\uD83D\uDE00"}]}',
        headers={"content-type": "application/json"},
    )
    assert answer.status_code == 200
    (command,) = cast("list[PayIn]", runtime.commands)
    assert command.notes == (Note(text="\N{GRINNING FACE}"),)


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "application/xml", ""]
)
async def test_other_media_types_are_415(http: httpx.AsyncClient, content_type: str) -> None:
    answer = await http.post(
        f"/wallets/{ID}/pay-in", content=b'{"amount": 1}', headers={"content-type": content_type}
    )
    assert_problem(answer, 415, "unsupported_media_type")


async def test_a_body_over_1_mib_is_413(http: httpx.AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b" " * 32 * 1024

    headers = {"content-type": "application/json"}
    for content in (b" " * (1024 * 1024 + 1), chunks()):
        answer = await http.post(f"/wallets/{ID}/pay-in", content=content, headers=headers)
        assert_problem(answer, 413, "content_too_large")
