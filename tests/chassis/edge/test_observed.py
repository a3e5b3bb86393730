"""What operators and clients see of an application: traces, logs, health, its document."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import httpx
from chassis.http import find, get, post, search
from chassis.http.parameters import operation_ids
from chassis.testing.unit import TestUnit

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


def test_routes_of_one_unit_have_different_operation_ids() -> None:
    routes = (
        post("/wallets/open-wallet", wallets.OpenWallet),
        post("/wallets/{wallet_id}/open-wallet", wallets.CloseWallet),
        get("/wallets/{wallet_id}", wallets.Wallet),
        search("/wallets", wallets.Wallet),
        find("/get-wallet", wallets.Wallet, by=("wallet_id",)),
        search("/open-wallet", wallets.Wallet),
        search("/wallets/open", wallets.Wallet, name="opened_wallets"),
    )
    assert operation_ids(routes) == [
        "open_wallet",
        "close_wallet",
        "get_wallet",
        "wallets",
        "find_get_wallet",
        "search_open_wallet",
        "opened_wallets",
    ]


async def test_the_document_says_what_the_routes_do(http: httpx.AsyncClient) -> None:
    document = (await http.get("/openapi.json")).json()
    json.dumps(document)
    schemas, paths = document["components"]["schemas"], document["paths"]
    assert set(paths) == {route.path for route in wallets.service.routes}
    ids = [operation["operationId"] for path in paths.values() for operation in path.values()]
    assert len(set(ids)) == len(ids)
    pay_in = paths["/wallets/{wallet_id}/pay-in"]["post"]
    assert pay_in["operationId"] == "pay_in"
    assert pay_in["security"] == [{"bearer": ["customer"]}, {"bearer": ["clerk"]}]
    assert pay_in["requestBody"]["required"] is True
    assert set(schemas["PayIn"]["properties"]) == {"amount", "notes"}
    assert schemas["PayIn"]["required"] == ["amount"]
    assert schemas["PayIn"]["properties"]["notes"]["items"] == {"$ref": "#/components/schemas/Note"}
    assert schemas["PayIn"]["properties"]["amount"]["type"] == "string"
    assert schemas["Note"]["properties"]["written"] == {
        "type": ["string", "null"],
        "format": "date",
    }
    named = [resolved(document, parameter) for parameter in pay_in["parameters"]]
    assert {parameter["name"]: parameter["in"] for parameter in named} == {
        "wallet_id": "path",
        "Idempotency-Key": "header",
        "If-Match": "header",
    }
    anywhere = {"400", "414", "429", "431", "503", "504"}
    refused = {"401", "403", "404", "409", "412", "413", "415", "422", *anywhere}
    assert set(pay_in["responses"]) == {"200", *refused}
    assert (pay_in["tags"], pay_in["summary"]) == (["Wallet"], "Pay in")
    assert pay_in["responses"]["200"]["headers"].keys() == {"ETag"}
    assert list(pay_in["responses"]["409"]["content"]) == ["application/problem+json"]
    assert "`urn:problem:wallet_is_open`" in pay_in["responses"]["409"]["description"]
    overloaded = resolved(document, pay_in["responses"]["503"])
    assert overloaded["headers"].keys() == {"Retry-After"}
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
    given = (resolved(document, each) for each in paths["/list-wallets"]["get"]["parameters"])
    listing = {parameter["name"]: parameter for parameter in given}
    assert listing["page"]["schema"]["maximum"] == 10
    assert listing["currency"]["schema"] == {"$ref": "#/components/schemas/Currency"}
    assert "required" not in listing["currency"]
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    _assert_references_resolve(document, document)


def test_what_has_the_id_of_the_caller_is_created() -> None:
    routes = (
        post("/wallets/open-wallet", wallets.OpenWallet, caller=("wallet_id",), creates=True),
        post("/wallets/close-wallet", wallets.CloseWallet, caller=("wallet_id",), upserts=True),
        post("/wallets/reopen-wallet", wallets.ReopenWallet, caller=("wallet_id",)),
    )
    with TestUnit(replace(wallets.service, routes=routes)) as unit:
        paths = unit.anonymous.get("/openapi.json").body["paths"]
    successes = {
        path: {status for status in operations["post"]["responses"] if status < "300"}
        for path, operations in paths.items()
    }
    assert successes == {
        "/wallets/open-wallet": {"201"},
        "/wallets/close-wallet": {"200", "201"},
        "/wallets/reopen-wallet": {"200"},
    }


def resolved(document: dict[str, Any], node: dict[str, Any]) -> Any:
    """What a node refers to, itself if it does not."""
    if "$ref" not in node:
        return node
    _, *path = node["$ref"].split("/")
    found: Any = document
    for name in path:
        found = found[name]
    return found


def _assert_references_resolve(node: object, document: dict[str, Any]) -> None:
    if isinstance(node, dict):
        if isinstance(reference := node.get("$ref"), str):
            assert resolved(document, node), reference
        for value in node.values():
            _assert_references_resolve(value, document)
    elif isinstance(node, list):
        for value in node:
            _assert_references_resolve(value, document)
