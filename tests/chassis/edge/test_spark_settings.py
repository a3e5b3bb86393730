"""The settings of Spark jobs, which need no Spark."""

from __future__ import annotations

from pathlib import Path

import pytest
from chassis.jobs.spark.settings import JobSettingsError, Settings, kafka_options

URLS = {"KAFKA_URL": "kafka://one:9092,two:9092", "POSTGRESQL_URL": "postgresql://db/shop"}


def test_urls_are_enough() -> None:
    settings = Settings.load(URLS, "sold")
    assert settings.kafka == {"bootstrap.servers": "one:9092,two:9092"}
    assert settings.postgresql == "postgresql://db/shop"
    assert settings.checkpoint == ".local/spark/sold"


def test_a_checkpoint_may_be_anywhere() -> None:
    settings = Settings.load({**URLS, "CHECKPOINTS": "s3a://bucket/checkpoints/"}, "sold")
    assert settings.checkpoint == "s3a://bucket/checkpoints/sold"


def test_a_url_may_be_in_a_file_and_is_never_shown(tmp_path: Path) -> None:
    file = tmp_path / "kafka"
    file.write_text("kafka://user:secret@one:9092?security.protocol=sasl_ssl\n")
    env = {"KAFKA_URL_FILE": str(file), "POSTGRESQL_URL": "postgresql://u:secret@db/shop"}
    settings = Settings.load(env, "sold")
    assert "secret" in settings.kafka["sasl.jaas.config"]
    assert "secret" not in repr(settings)


def test_all_problems_are_said_at_once() -> None:
    env = {"KAFKA_URL": "kafka://one:9092?ssl.key.password=secret"}
    with pytest.raises(JobSettingsError) as caught:
        Settings.load(env, "sold")
    assert "POSTGRESQL_URL is not set" in str(caught.value)
    assert "no option for ssl.key.password" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_the_options_of_the_java_client() -> None:
    url = (
        "kafka://us%22er:pass%5Cword@one:9093"
        "?security.protocol=sasl_ssl&sasl.mechanisms=SCRAM-SHA-256&ssl.ca.location=/run/ca.pem"
    )
    assert kafka_options(url) == {
        "bootstrap.servers": "one:9093",
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "SCRAM-SHA-256",
        "sasl.jaas.config": (
            "org.apache.kafka.common.security.scram.ScramLoginModule required "
            'username="us\\"er" password="pass\\\\word";'
        ),
        "ssl.truststore.location": "/run/ca.pem",
        "ssl.truststore.type": "PEM",
    }
