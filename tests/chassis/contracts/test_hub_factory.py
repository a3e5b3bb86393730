"""A URL names the hub; only the client of that one is imported."""

from __future__ import annotations

import subprocess
import sys

import pytest
from chassis.errors import Unavailable
from chassis.hub import factory
from chassis.hub.factory import connect_hub
from chassis.hub.kafka.config import client_config
from chassis.hub.rabbitmq.config import server_urls


@pytest.mark.parametrize("url", ["http://localhost:9092", "localhost:4222", ""])
async def test_an_unknown_scheme_is_refused(url: str) -> None:
    with pytest.raises(Unavailable, match="begins with one of amqp://, amqps://, kafka://, nats"):
        await connect_hub(url, "test")


async def test_an_adapter_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "chassis.hub.kafka.hub", None)
    with pytest.raises(Unavailable, match="this project has no adapter for kafka"):
        await connect_hub("kafka://127.0.0.1:9092", "test")


def test_clients_are_imported_only_when_they_are_used() -> None:
    program = (
        "import sys, chassis.settings, chassis.process.start, chassis.ops.system;"
        "clients = ('aio_pika', 'confluent_kafka', 'nats');"
        "print([name for name in sys.modules if name.startswith(clients)])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr


@pytest.mark.parametrize("scheme", factory.ENGINES)
async def test_every_scheme_has_an_adapter(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chassis.hub.nats.hub._CONNECT_TIMEOUT", 0.5)
    with pytest.raises(Unavailable, match=r"event hub"):
        await connect_hub(f"{scheme}://127.0.0.1:1", "test")


def test_the_settings_of_a_kafka_client() -> None:
    config = client_config(
        "kafka://order:s%40fe@one:9092,two:9093"
        "?security.protocol=sasl_ssl&sasl.mechanism=SCRAM-SHA-512&ssl.ca.location=/etc/ca.pem",
        "order",
    )
    assert config["bootstrap.servers"] == "one:9092,two:9093"
    assert config["client.id"] == "order"
    assert config["security.protocol"] == "sasl_ssl"
    assert config["sasl.mechanism"] == "SCRAM-SHA-512"
    assert config["ssl.ca.location"] == "/etc/ca.pem"
    assert (config["sasl.username"], config["sasl.password"]) == ("order", "s@fe")


@pytest.mark.parametrize("url", ["kafka://", "kafka://a:9092?acks=0", "kafka://u:secret@a?x=1"])
def test_other_settings_of_a_kafka_client_are_refused(url: str) -> None:
    with pytest.raises(Unavailable) as refused:
        client_config(url, "order")
    assert "secret" not in str(refused.value)


def test_the_connections_to_rabbitmq() -> None:
    urls = server_urls(
        "amqps://order:s%40fe@one:5671,two:5672/shop?cafile=/etc/ca.pem&heartbeat=9", "order unit"
    )
    query = "cafile=%2Fetc%2Fca.pem&heartbeat=9&name=order+unit"
    assert urls == tuple(
        f"amqps://order:s%40fe@{server}/shop?{query}" for server in ("one:5671", "two:5672")
    )
    assert server_urls("rabbitmq://a", "x") == ("amqp://a?heartbeat=5&name=x",)


@pytest.mark.parametrize(
    "url",
    [
        "amqp://",
        "rabbitmq://u:secret@a,,b",
        "amqps://u:secret@a?no_verify_ssl=1",
        "amqp://u:secret@a?heartbeat=0",
        "amqp://u:secret@a?heartbeat=often",
    ],
)
def test_other_settings_of_rabbitmq_are_refused(url: str) -> None:
    with pytest.raises(Unavailable, match="event hub") as refused:
        server_urls(url, "order")
    assert "secret" not in str(refused.value)
