"""The shop on the engines of its spec: Kafka, PostgreSQL, MongoDB, Redis and Cassandra at once.

`make up ENGINES=real` starts those that are installed, without Docker; a stand-in of MongoDB runs
already.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import shutil
import signal
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from chassis.embedded import processes
from confluent_kafka import Consumer, Message, TopicPartition
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from meshgen.naming import snake
from tests.e2e.conftest import Project
from tests.servers import cassandra, kafka, redis
from tests.servers.asyncapi import generate_models
from tests.servers.debian import install
from tests.servers.maven import FAST_START
from tests.trees import copy_tracked
from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "shop"
STARTED = ("cassandra", "kafka", "postgresql", "redis")


@pytest.fixture(scope="module")
def shop() -> Iterator[Project]:
    """The example, where the user `postgres` can reach it."""
    folder = Path(tempfile.mkdtemp(prefix="engines-"))
    folder.chmod(0o711)
    root = folder / "shop"
    copy_tracked(EXAMPLE, root)
    yield Project(root)
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def servers(mongodb_url: str) -> dict[str, str]:
    """The variables of a user whose programs are where these tests have installed them."""
    if not (shutil.which("postgres") or list(Path("/usr/lib/postgresql").glob("*/bin/postgres"))):
        install("postgresql")
    homes = {"KAFKA_HOME": str(kafka.home()), "CASSANDRA_HOME": str(cassandra.home())}
    return {
        "ENGINES": "real",
        "DOCKER_HOST": "none",
        "MONGODB_URL": mongodb_url,
        **homes,
        **redis.programs(),
        **FAST_START,
    }


def url(project: Project, engine: str) -> str:
    return (project.root / ".local" / "urls" / engine).read_text()


@pytest.fixture(scope="module")
def running(shop: Project, servers: dict[str, str]) -> Iterator[Project]:
    shop.make("up", **servers)
    yield shop
    shop.run("down")


def test_its_scenarios_and_its_own_tests_pass(running: Project, servers: dict[str, str]) -> None:
    printed = running.make("smoke")
    assert "status=shipped, total=39.80" in printed
    assert "3 passed" in printed
    assert not list((running.root / ".local" / "data").iterdir())
    printed = running.make("test", **servers)
    assert re.search(r"\d+ passed", printed)
    assert "skipped" not in printed


def test_its_messages_are_as_its_asyncapi_document_says(
    running: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each fits the schema of its type and no other; a model that was generated reads it."""
    path = running.root / "contracts" / "asyncapi.yaml"
    document = yaml.safe_load(path.read_text())
    generate_models(path, tmp_path / "shop_messages")
    monkeypatch.syspath_prepend(tmp_path)
    documented = document["components"]["messageTraits"]["CloudEvent"]["headers"]["properties"]
    read = Counter[str]()
    for topic, channel in document["channels"].items():
        payloads = {
            message["name"]: message["payload"]
            for message in channel["messages"].values()
            if "name" in message
        }
        validators = {type: validator(payload, path) for type, payload in payloads.items()}
        for message in messages_of(url(running, "kafka"), topic):
            envelope = json.loads(message.value() or b"")
            assert [t for t in validators if validators[t].is_valid(envelope)] == [envelope["type"]]
            model = model_named(payloads[envelope["type"]]["title"])
            assert model.model_validate(envelope).data.model_dump() == envelope["data"]
            assert dict(message.headers() or ()).keys() == documented.keys()
            read[envelope["type"]] += 1
    assert read["shop.order.OrderPlaced.v1"] > 0
    assert read["shop.inventory.ReserveStock.v1"] > 0


def validator(payload: dict[str, Any], document: Path) -> Draft202012Validator:
    """Return the validator of a schema in an AsyncAPI document."""
    registry: Registry[Any] = Registry()
    for path in (document, *(document.parent / "schemas").iterdir()):
        resource = DRAFT202012.create_resource(yaml.safe_load(path.read_text()))
        registry = registry.with_resource(path.as_uri(), resource)
    within = json.dumps(payload).replace('"#/', f'"{document.name}#/')
    schema = {"$id": (document.parent / "payload").as_uri(), **json.loads(within)}
    return Draft202012Validator(schema, registry=registry)


def model_named(title: str) -> Any:
    return getattr(importlib.import_module(f"shop_messages.{snake(title)}"), title)


def messages_of(url: str, topic: str) -> Iterator[Message[bytes, bytes]]:
    """Yield every message of a topic."""
    servers = {"bootstrap.servers": url.removeprefix("kafka://")}
    consumer = Consumer({**servers, "group.id": "reader", "enable.auto.commit": "false"})
    partitions = consumer.list_topics(topic).topics[topic].partitions
    for partition in partitions:
        first, end = consumer.get_watermark_offsets(TopicPartition(topic, partition))
        consumer.assign([TopicPartition(topic, partition, first)])
        while first < end:
            message = consumer.poll(60)
            assert message is not None
            first = (message.offset() or 0) + 1
            yield message
    consumer.close()


def test_a_killed_server_is_started_again(running: Project) -> None:
    for engine in STARTED:
        before = running.state
        os.kill(before.started[engine].pid, signal.SIGKILL)
        wait_until(
            lambda: running.state.started[engine] != before.started[engine],  # noqa: B023
            f"a restart of {engine}",
        )
        wait_until(lambda: running.run("status").returncode == 0, f"readiness after {engine}")
        assert "3 passed" in running.make("smoke")
    assert running.make("status").count("1 (killed by SIGKILL)") == len(STARTED)


def test_the_documented_statements_show_its_data(running: Project) -> None:
    (section,) = re.findall(
        r"^## PostgreSQL$(.*?)^## ", (ROOT / "docs" / "engines.md").read_text(), re.M | re.S
    )
    *_, block = re.findall(r"```sql\n(.*?)```", section, re.DOTALL)
    with psycopg.connect(url(running, "postgresql")) as connection:
        found = [
            connection.execute(statement.encode()).fetchall()
            for statement in block.split(";")
            if statement.strip()
        ]
    payments, events, _ = found
    assert {status for status, *_ in payments} >= {"captured"}
    assert {kind for _, _, kind, _ in events} >= {"shop.order.OrderPlaced.v1"}


def test_two_processes_a_unit_go_on_with_the_data_of_one(
    running: Project, servers: dict[str, str]
) -> None:
    urls = {engine: url(running, engine) for engine in STARTED}
    running.make("down")
    running.make("up", REPLICAS="2", **servers)
    assert {engine: url(running, engine) for engine in STARTED} == urls
    assert "3 passed" in running.make("smoke")


def test_down_ends_the_servers(running: Project) -> None:
    assert "was killed" not in running.make("down")
    local = running.root / ".local"
    assert {path.name for path in (local / "servers").iterdir()} == set(STARTED)
    assert not [
        process.pid for process in processes.with_variable(processes.PROJECT, str(running.root))
    ]
