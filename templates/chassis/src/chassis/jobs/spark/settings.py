"""The settings of a job: the same variables as those of `make up ENGINES=real`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chassis.errors import Unavailable
from chassis.hub.kafka.config import client_config
from chassis.variables import Variables

_CHECKPOINTS = ".local/spark"
_USER, _PASSWORD = "sasl.username", "sasl.password"
_LOGIN = {
    "PLAIN": "org.apache.kafka.common.security.plain.PlainLoginModule",
    "SCRAM-SHA-256": "org.apache.kafka.common.security.scram.ScramLoginModule",
    "SCRAM-SHA-512": "org.apache.kafka.common.security.scram.ScramLoginModule",
}
_NAMES = {
    "bootstrap.servers": "bootstrap.servers",
    "security.protocol": "security.protocol",
    "sasl.mechanism": "sasl.mechanism",
    "sasl.mechanisms": "sasl.mechanism",
    "ssl.ca.location": "ssl.truststore.location",
    _USER: "",
    _PASSWORD: "",
}
"""What a URL may have, by its name for librdkafka: its name for the Java client."""


class JobSettingsError(Exception):
    """A setting is missing or wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of a job.

    Attributes:
        kafka: The options of Java's Kafka client.
        postgresql: The URL of the database.
        checkpoint: The folder in which Spark keeps how far it has come, and the open windows.
    """

    kafka: Mapping[str, str] = field(repr=False)
    postgresql: str = field(repr=False)
    checkpoint: str

    @classmethod
    def load(cls, env: Mapping[str, str], job: str) -> Settings:
        """Read KAFKA_URL and POSTGRESQL_URL, or the files that `..._FILE` name, and CHECKPOINTS.

        Raises:
            JobSettingsError: It has a line for each variable that is missing or wrong.
        """
        variables = Variables(env)
        kafka, postgresql = (_url(variables, engine) for engine in ("kafka", "postgresql"))
        folder = variables.text("CHECKPOINTS", _CHECKPOINTS).rstrip("/")
        options: Mapping[str, str] = {}
        if kafka:
            try:
                options = kafka_options(kafka)
            except (Unavailable, ValueError) as error:
                variables.problems.append(f"KAFKA_URL: {error}")
        if variables.problems:
            raise JobSettingsError("\n".join(variables.problems))
        return cls(kafka=options, postgresql=postgresql, checkpoint=f"{folder}/{job}")


def _url(variables: Variables, engine: str) -> str:
    """Read the URL of a server, which must be set."""
    url = variables.server(engine)
    if url == "":
        variables.problems.append(f"{engine.upper()}_URL is not set")
    return url or ""


def kafka_options(url: str) -> dict[str, str]:
    """Return the options of Java's Kafka client for the URL of an event hub.

    Raises:
        ValueError: Java's client has no option for a setting.
        Unavailable: There can be no hub at `url`.
    """
    config = client_config(url, "")
    ours = client_config("kafka://host", "").keys() - {"bootstrap.servers"}
    given = {name: value for name, value in config.items() if name not in ours}
    if unknown := sorted(given.keys() - _NAMES.keys()):
        raise ValueError(f"a Spark job has no option for {', '.join(unknown)}")
    options = {_NAMES[name]: value for name, value in given.items() if _NAMES[name]}
    if "ssl.truststore.location" in options:
        options["ssl.truststore.type"] = "PEM"
    if "security.protocol" in options:
        options["security.protocol"] = options["security.protocol"].upper()
    if _USER in given:
        options["sasl.jaas.config"] = _login(options, given)
    return options


def _login(options: dict[str, str], given: Mapping[str, str]) -> str:
    mechanism = options.setdefault("sasl.mechanism", "PLAIN")
    if mechanism not in _LOGIN:
        raise ValueError(f"sasl.mechanism must be one of {', '.join(_LOGIN)}")
    user, password = (_quoted(given[name]) for name in (_USER, _PASSWORD))
    return f"{_LOGIN[mechanism]} required username={user} password={password};"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
