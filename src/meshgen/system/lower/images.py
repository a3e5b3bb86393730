"""What is in an image: extras of the chassis, without what its distributions have for others."""

from __future__ import annotations

from collections.abc import Collection

from meshgen.system.lower.engines import EXTRAS

_ALWAYS = ("sqlalchemy/ext", "sqlalchemy/orm", "sqlalchemy/testing")
_OF_CLIENTS = {
    "cassandra": ("cassandra/cqlengine",),
    "kafka": ("confluent_kafka/avro", "confluent_kafka/schema_registry"),
}
_DIALECTS = {"mysql": None, "oracle": None, "mssql": "sqlserver", "postgresql": "postgresql"}
"""The dialects of SQLAlchemy and the engines that need them; that of SQLite is always there."""


def image_extras(engines: Collection[str]) -> tuple[str, ...]:
    """Return the extras of the chassis that units on `engines` need in an image."""
    return (*sorted(EXTRAS & set(engines)), "telemetry")


def unused(engines: Collection[str]) -> tuple[str, ...]:
    """Return the packages of installed distributions that units on `engines` never import.

    Only large ones count: object-relational mappers, clients of other servers, tests.
    """
    dialects = (
        f"sqlalchemy/dialects/{name}" for name, engine in _DIALECTS.items() if engine not in engines
    )
    of_engines = (each for engine in engines for each in _OF_CLIENTS.get(engine, ()))
    return tuple(sorted((*_ALWAYS, *dialects, *of_engines)))
