"""What operators and clients see of an application: traces, logs, health, its document."""

from __future__ import annotations

import io
import json
from typing import Any
from uuid import UUID, uuid4

import httpx
from chassis.http import find, get, post, search
from chassis.http.parameters import operation_id

from . import wallets
from .harness import ID, OWNER, RecordingRuntime


async def test_a_trace_is_continued(http: httpx.AsyncClient, runtime: RecordingRuntime) -> None:
    correlation, parent = str(uuid4()), f"00-{'a' * 32}-{'b' * 16}-01"
    answer = await http.post(
        f"/wallets/{ID}/pay-in",
        json={"amount": 1},
        headers={"x-correlation-id": correlation, "traceparent": parent},
    )
    assert answer.headers["x-correlation-id"] == correlation
    used = runtime.asked[0]["trace"]
    assert str(used.correlation_id) == correlation
    assert used.traceparent.split("-")[1] == "a" * 32
    assert used.traceparent.split("-")[2] != "b" * 16


async def test_a_malformed_trace_is_made_anew(
    http: httpx.AsyncClient, runtime: RecordingRuntime
) -> None:
    headers = {b"x-correlation-id": b"x\xe9\x00", b"traceparent": b"00-1-2-3"}
    answer = await http.get(f"/wallets/{ID}", headers=headers)
    assert UUID(answer.headers["x-correlation-id"])


async def test_every_request_is_in_the_log(http: httpx.AsyncClient, stream: io.StringIO) -> None:
    answer = await http.get(f"/wallets/{ID}?secret=1")
    assert "secret" not in stream.getvalue()
    (line,) = map(json.loads, stream.getvalue().splitlines())
    assert line["correlation_id"] == answer.headers["x-correlation-id"]
    assert {name: line[name] for name in ("service", "method", "path", "status", "caller")} == {
        "service": "wallet",
        "method": "GET",
        "path": f"/wallets/{ID}",
        "status": 200,
        "caller": str(OWNER),
    }
    assert line["waited_ms"] == 0


async def test_health_tells_the_truth(http: httpx.AsyncClient, runtime: RecordingRuntime) -> None:
    del http.headers["authorization"]
    assert (await http.get("/livez")).status_code == 200
    assert (await http.get("/readyz")).json() == {
        "status": "degraded",
        "checks": {"store": {"status": "ok"}, "hub": {"status": "degraded", "reason": "away"}},
    }
    runtime.failure = RuntimeError()
    answer = await http.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["store"] == {"status": "failed", "reason": "gone"}
    assert answer.json()["status"] == "not ready"


def test_routes_of_one_collection_have_different_operation_ids() -> None:
    routes = (
        post("/wallets/open-wallet", wallets.OpenWallet),
        post("/wallets/{wallet_id}/open-wallet", wallets.CloseWallet),
        get("/wallets/{wallet_id}", wallets.Wallet),
        search("/wallets", wallets.Wallet),
        find("/wallet", wallets.Wallet, by=("wallet_id",)),
        search("/wallets/open", wallets.Wallet),
    )
    ids = [operation_id(route) for route in routes]
    assert ids == [
        "post_open_wallet",
        "post_close_wallet",
        "get_wallet",
        "search_wallets",
        "find_wallet",
        "search_wallets_open",
    ]


async def test_the_document_says_what_the_routes_do(http: httpx.AsyncClient) -> None:
    document = (await http.get("/openapi.json")).json()
    json.dumps(document)
    schemas, paths = document["components"]["schemas"], document["paths"]
    assert set(paths) == {route.path for route in wallets.service.routes}
    ids = [operation["operationId"] for path in paths.values() for operation in path.values()]
    assert len(set(ids)) == len(ids)
    pay_in = paths["/wallets/{wallet_id}/pay-in"]["post"]
    assert pay_in["operationId"] == "post_pay_in"
    assert pay_in["security"] == [{"bearer": []}]
    assert pay_in["requestBody"]["required"] is True
    assert set(schemas["PayIn"]["properties"]) == {"amount", "notes"}
    assert schemas["PayIn"]["required"] == ["amount"]
    assert schemas["PayIn"]["properties"]["notes"]["items"] == {
        "$ref": "#/components/schemas/Note-Input"
    }
    assert {p["name"]: p["in"] for p in pay_in["parameters"]} == {
        "wallet_id": "path",
        "idempotency-key": "header",
        "if-match": "header",
    }
    anywhere = {"400", "414", "429", "431", "503", "504"}
    refused = {"401", "403", "404", "409", "412", "413", "415", "422", *anywhere}
    assert set(pay_in["responses"]) == {"200", *refused}
    assert (pay_in["tags"], pay_in["summary"]) == (["Wallet"], "Pay in")
    assert pay_in["responses"]["200"]["headers"].keys() == {"ETag"}
    assert list(pay_in["responses"]["409"]["content"]) == ["application/problem+json"]
    assert "`urn:problem:wallet_is_open`" in pay_in["responses"]["409"]["description"]
    assert pay_in["responses"]["503"]["headers"].keys() == {"Retry-After"}
    opened = paths["/wallets/open-wallet"]["post"]
    assert set(opened["responses"]) == {"201", *refused}
    assert opened["responses"]["201"]["headers"].keys() == {"ETag", "Location"}
    closed = paths["/wallets/{wallet_id}/close-wallet"]["post"]
    assert set(closed["responses"]) == {"200", "201", *refused}
    read = paths["/wallets/{wallet_id}"]["get"]
    assert {"200", "304"} == {status for status in read["responses"] if status < "400"}
    assert read["responses"]["304"]["headers"].keys() == {"ETag"}
    assert schemas["OpenWallet"]["required"] == ["owner_id", "currency"]
    assert "requestBody" not in paths["/wallets/{wallet_id}/close-wallet"]["post"]
    listing = {p["name"]: p for p in paths["/list-wallets"]["get"]["parameters"]}
    assert listing["page"]["schema"]["maximum"] == 10
    assert listing["currency"]["required"] is False
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    _assert_references_resolve(document, document)


def _assert_references_resolve(node: object, document: dict[str, Any]) -> None:
    if isinstance(node, dict):
        if isinstance(reference := node.get("$ref"), str):
            assert reference.rsplit("/", 1)[1] in document["components"]["schemas"], reference
        for value in node.values():
            _assert_references_resolve(value, document)
    elif isinstance(node, list):
        for value in node:
            _assert_references_resolve(value, document)
