"""Metrics and spans of running units, after known work."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from chassis.settings import Settings, SettingsError
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from prometheus_client.core import Metric
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from tests.servers.otlp import Receiver, receiving
from tests.waiting import wait_until

from .harness import ID, RecordingRuntime
from .test_run import env, free_port, get, started, stopped, wait_until_ready
from .test_run_hub import Bank, bank, nats

__all__ = ["bank", "env", "nats"]

PRINTERS = "tests.chassis.edge.printers"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def samples(text: str) -> dict[str, float]:
    """Return the values by name and labels, e.g. `chassis_dead_letters service=wallet`."""
    return {
        " ".join([s.name, *(f"{k}={v}" for k, v in sorted(s.labels.items()))]): s.value
        for family in text_string_to_metric_families(text)
        for s in family.samples
    }


def in_openmetrics(text: str) -> list[Metric]:
    """Parse a text in the format of OpenMetrics."""
    return list(openmetrics.text_string_to_metric_families(text))  # type: ignore[no-untyped-call]


@pytest.mark.usefixtures("nats")
def test_metrics_show_the_work(env: dict[str, str], bank: Bank) -> None:
    with started(env, *bank.units):
        bank.ready()
        wallet_id = bank.open()
        bank.post(f"/wallets/{wallet_id}/pay-in", {"amount": "2.50"})
        assert bank.post("/wallets/open-wallet", {}).status_code == 422
        assert bank.post(f"/wallets/{uuid4()}/pay-in", {"amount": 1}).status_code >= 400
        assert bank.shows(wallet_id, "2.50")
        found = samples(get(f"{bank.wallet}/metrics").text)
        opened = "type=bank.wallet.OpenWallet.v1"
        assert found[f"chassis_commands_total outcome=accepted service=wallet {opened}"] == 1
        pay = "type=bank.wallet.PayIn.v1"
        assert found[f"chassis_commands_total outcome=accepted service=wallet {pay}"] == 1
        assert found[f"chassis_commands_total outcome=refused service=wallet {pay}"] == 1
        topic = "service=wallet topic=bank.wallet.events"
        event = "type=bank.wallet.PaidIn.v1"
        assert found[f"chassis_messages_published_total {topic} {event}"] == 1
        assert found["chassis_requests_admitted_total service=wallet"] == 4
        assert found["chassis_requests_refused_total reason=overloaded service=wallet"] == 0
        assert found["chassis_dead_letters service=wallet"] == 0
        assert found["chassis_leases_held service=wallet"] == 5
        assert found["chassis_sagas saga=closing service=wallet status=running"] == 0
        assert found["chassis_outbox_messages service=wallet"] >= 0
        route = "http_route=/wallets/open-wallet service=wallet"
        count = "http_server_request_duration_seconds_count http_request_method=POST"
        assert found[f"{count} http_response_status_code=201 {route}"] == 1
        assert found[f"{count} http_response_status_code=422 {route}"] == 1

        def projected() -> dict[str, float]:
            return samples(get(f"{bank.balances}/metrics").text)

        handled = [
            v for k, v in projected().items() if k.startswith("chassis_messages_handled_total")
        ]
        assert sum(handled) == 2
        wait_until(
            lambda: projected()["chassis_projection_lag_seconds service=balances"] == 0, "no lag"
        )
        lags = [v for k, v in projected().items() if k.startswith("chassis_consumer_lag_messages")]
        assert lags == [0]


async def test_routes_are_templates_and_methods_are_known(
    http: httpx.AsyncClient, runtime: RecordingRuntime
) -> None:
    await http.get(f"/wallets/{ID}")
    await http.get(f"/unknown/{uuid4()}")
    await http.request("BREW", f"/wallets/{ID}")
    text = (await http.get("/metrics")).text
    assert 'http_route="/wallets/{wallet_id}"' in text
    assert 'http_request_method="_OTHER"' in text
    assert "BREW" not in text
    assert "unknown" not in text


@pytest.mark.parametrize("accept", ["", "*/*", "text/plain;version=0.0.4", "application/json"])
async def test_without_openmetrics_the_text_format_is_sent(
    http: httpx.AsyncClient, accept: str
) -> None:
    answer = await http.get("/metrics", headers={"accept": accept})
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert "# EOF" not in answer.text


@pytest.mark.parametrize("version", ["1.0.0", "0.0.1", "x", "1.0.0; escaping=allow-utf-8"])
async def test_openmetrics_has_the_same_samples(http: httpx.AsyncClient, version: str) -> None:
    await http.get(f"/wallets/{ID}")
    accept = f"application/openmetrics-text; version={version}, text/plain;q=0.5"
    answer = await http.get("/metrics", headers={"accept": accept})
    assert answer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    found = {s.name for f in in_openmetrics(answer.text) for s in f.samples}
    plain = await http.get("/metrics")
    assert found == {s.name for f in text_string_to_metric_families(plain.text) for s in f.samples}
    assert "http_server_request_duration_seconds_bucket" in found


@pytest.mark.usefixtures("nats")
def test_durations_lead_to_the_traces_that_are_exported(
    env: dict[str, str], bank: Bank, receiver: Receiver
) -> None:
    env |= {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url, "OTEL_BSP_SCHEDULE_DELAY": "100"}
    recorded, dropped, root = "a" * 31 + "3", "a" * 31 + "4", "b" * 16
    with started(env, *bank.units):
        bank.ready()
        for trace_id, flags in ((recorded, "01"), (dropped, "00")):
            bank.headers["traceparent"] = f"00-{trace_id}-{root}-{flags}"
            wallet_id = bank.open()
            wait_until(partial(bank.balance, wallet_id), "the wallet in the read model")
        requests = _exemplars(bank.wallet, "http_server_request_duration_seconds")
        handled = _exemplars(bank.balances, "chassis_message_handling_seconds")
    assert recorded in requests
    assert recorded in handled
    assert dropped not in requests | handled


def _exemplars(unit: str, histogram: str) -> set[str]:
    """The traces that the values of a histogram lead to."""
    accept = {"accept": "application/openmetrics-text; version=1.0.0"}
    text = httpx.get(f"{unit}/metrics", headers=accept, trust_env=False).text
    return {
        sample.exemplar.labels["trace_id"]
        for family in in_openmetrics(text)
        if family.name == histogram
        for sample in family.samples
        if sample.exemplar
    }


@pytest.mark.usefixtures("nats")
def test_one_trace_from_a_request_to_the_command_that_an_event_causes(
    env: dict[str, str], bank: Bank, receiver: Receiver
) -> None:
    env |= {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url, "OTEL_BSP_SCHEDULE_DELAY": "100"}
    trace_id, root = "a" * 31 + "1", "b" * 16
    with started(env, *bank.units) as process:
        bank.ready()
        wallet_id = bank.open()
        bank.headers["traceparent"] = f"00-{trace_id}-{root}-01"
        bank.post(f"/wallets/{wallet_id}/close-wallet", {})
        wait_until(lambda: _published(receiver, trace_id, "bank.printer.commands"), "the command")
        stopped(process)  # exports what is left
    spans = receiver.of(trace_id)
    names = sorted(span.name for _, span in spans.values())
    assert names == [
        "POST /wallets/{wallet_id}/close-wallet",
        "handle bank.wallet.CloseWallet.v1",
        "process bank.wallet.WalletClosed.v1",
        "publish bank.printer.commands",
        "publish bank.wallet.events",
    ]
    assert {service for service, _ in spans.values()} == {"wallet"}
    parents = {span.parent_span_id.hex() for _, span in spans.values()}
    assert parents <= {root, *spans}
    by_name = {span.name: span for _, span in spans.values()}
    handled = by_name["handle bank.wallet.CloseWallet.v1"]
    processed = by_name["process bank.wallet.WalletClosed.v1"]
    assert processed.parent_span_id == handled.span_id
    assert by_name["publish bank.printer.commands"].parent_span_id == processed.span_id


@pytest.mark.usefixtures("nats")
def test_one_trace_over_two_services(env: dict[str, str], bank: Bank, receiver: Receiver) -> None:
    """From a command over HTTP to the command that a policy of the other service gives."""
    env |= {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url, "OTEL_BSP_SCHEDULE_DELAY": "100"}
    trace_id, root = "a" * 31 + "2", "b" * 16
    cards = f"http://127.0.0.1:{(port := free_port())}"
    with (
        started(env, bank.units[0]) as wallets,
        started(env, f"{PRINTERS}:service@127.0.0.1:{port}") as printers,
    ):
        wait_until_ready(bank.wallet)
        wait_until_ready(cards)
        bank.headers["traceparent"] = f"00-{trace_id}-{root}-01"
        bank.open()
        wait_until(lambda: _published(receiver, trace_id, "bank.cards.events"), "the card")
        stopped(wallets)
        stopped(printers)
    spans = receiver.of(trace_id)
    named = {(service, span.name): span for service, span in spans.values()}
    path = [
        ("wallet", "POST /wallets/open-wallet"),
        ("wallet", "handle bank.wallet.OpenWallet.v1"),
        ("cards", "process bank.wallet.WalletOpened.v1"),
        ("cards", "handle bank.cards.PrintCard.v1"),
        ("cards", "publish bank.cards.events"),
    ]
    assert [named[each].parent_span_id.hex() for each in path] == [
        root,
        *(named[each].span_id.hex() for each in path[:-1]),
    ]
    assert _system(named[path[2]]) == _system(named[path[4]]) == "nats"


def _system(span: Any) -> str:
    attributes = {each.key: each.value.string_value for each in span.attributes}
    return str(attributes["messaging.system"])


@pytest.mark.usefixtures("nats")
def test_a_front_has_a_span_for_each_request_to_a_backend(
    env: dict[str, str], bank: Bank, receiver: Receiver
) -> None:
    env |= {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url, "PEERS": f"wallet={bank.wallet}"}
    trace_id, root = "a" * 31 + "3", "b" * 16
    web = f"http://127.0.0.1:{(port := free_port())}"
    with started(env, bank.units[0], f"{PRINTERS}:bff@127.0.0.1:{port}") as process:
        wait_until_ready(bank.wallet)
        wait_until_ready(web)
        wallet_id = bank.open()
        headers = bank.headers | {"traceparent": f"00-{trace_id}-{root}-01"}
        assert get(f"{web}/wallets/{wallet_id}", headers=headers).status_code == 200
        missing = get(f"{web}/wallets/{uuid4()}", headers=headers)
        assert missing.status_code == 404
        stopped(process)
    spans = receiver.of(trace_id)
    clients = [span for _, span in spans.values() if span.kind == Span.SPAN_KIND_CLIENT]
    assert [span.name for span in clients] == ["GET wallet", "GET wallet"]
    assert sorted(span.status.code for span in clients) == [
        Status.STATUS_CODE_UNSET,
        Status.STATUS_CODE_ERROR,
    ]
    for span in clients:
        attributes = {each.key: each.value.string_value for each in span.attributes}
        assert attributes["service.peer.name"] == "wallet"
        assert attributes["url.path"].startswith("/wallets/")
        service, parent = spans[span.parent_span_id.hex()]
        assert (service, parent.name) == ("web", "GET /wallets/{wallet_id}")
        assert parent.parent_span_id.hex() == root
    inner = [span for service, span in spans.values() if service == "wallet"]
    assert {span.parent_span_id for span in inner} == {span.span_id for span in clients}


def _published(receiver: Receiver, trace_id: str, topic: str) -> bool:
    return any(s.name == f"publish {topic}" for _, s in receiver.of(trace_id).values())


@pytest.mark.usefixtures("nats")
@pytest.mark.parametrize(("ratio", "flags", "exported"), [("1", "00", False), ("0", "01", True)])
def test_the_decision_of_the_parent_holds(
    env: dict[str, str], bank: Bank, receiver: Receiver, ratio: str, flags: str, exported: bool
) -> None:
    env |= {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url, "OTEL_TRACES_SAMPLER_ARG": ratio}
    trace_id = "c" * 32
    with started(env, bank.units[0]) as process:
        wait_until(lambda: _is_ready(bank.wallet), "a ready unit")
        bank.headers["traceparent"] = f"00-{trace_id}-{'d' * 16}-{flags}"
        assert isinstance(bank.open(), UUID)
        stopped(process)
    assert bool(receiver.of(trace_id)) is exported
    if ratio == "0":
        assert set(receiver.spans) == set(receiver.of(trace_id))  # no trace of its own


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz").status_code == 200
    except httpx.TransportError:
        return False


def test_without_an_endpoint_nothing_of_opentelemetry_is_imported() -> None:
    code = (
        "import sys, chassis.run, chassis.process.host, chassis.runtime, chassis.http.app, "
        "chassis.hub.nats.hub, chassis.store.factory; "
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_endpoint_must_be_a_url(env: dict[str, str]) -> None:
    env |= {"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318", "OTEL_TRACES_SAMPLER_ARG": "2"}
    with pytest.raises(SettingsError) as raised:
        Settings.from_env(env)
    assert [problem.partition(",")[0] for problem in raised.value.problems] == [
        "OTEL_EXPORTER_OTLP_ENDPOINT is not of the form http://host:port",
        "OTEL_TRACES_SAMPLER_ARG is '2'",
    ]
