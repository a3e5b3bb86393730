"""The connections to MongoDB, which PyMongo opens when they are needed, shares and replaces."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, unquote, urlsplit

import pymongo
from bson.binary import UuidRepresentation
from bson.codec_options import CodecOptions
from pymongo import AsyncMongoClient, ReadPreference
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from chassis.errors import Unavailable
from chassis.store.mongodb.documents import Document
from chassis.store.mongodb.errors import FAILURES, translated

Client: TypeAlias = AsyncMongoClient[Document]
Database: TypeAlias = AsyncDatabase[Document]

DURABLE = WriteConcern(w="majority", j=True)
_CODEC: CodecOptions[Document] = CodecOptions(
    tz_aware=True, tzinfo=UTC, uuid_representation=UuidRepresentation.STANDARD
)
_LONGEST = 63  # bytes of a name
_INVALID = '/\\. "$*<>:|?\0'  # in names of databases


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much a store uses, and how long it waits. The URL may have other limits.

    Attributes:
        connections: The number of connections.
        wait: Seconds for a connection to a server, and for a server when the store is prepared.
        patience: Seconds for a read or write, with all attempts.
    """

    connections: int = 16
    wait: float = 3.0
    patience: float = 10.0


class Connections:
    """The database of a unit. Its text has no secrets."""

    def __init__(self, url: str, unit_name: str, limits: Limits) -> None:
        """Read a `mongodb://` or `mongodb+srv://` URL. Nothing is connected yet.

        The database of the URL, if it has one, comes before the name of the unit.

        Raises:
            ValueError: The URL, or the name of the unit, is not valid.
        """
        try:
            parts = urlsplit(url)
            given = {name.lower() for name, _ in parse_qsl(parts.query)}
            defaults = {k: v for k, v in _defaults(limits).items() if k.lower() not in given}
            self.client: Client = AsyncMongoClient(url, connect=False, **defaults)
        except (PyMongoError, ValueError, TypeError):
            reason = "the URL of the store is not a valid mongodb:// or mongodb+srv:// URL"
            raise ValueError(reason) from None
        prefix = unquote(parts.path.strip("/"))
        name = f"{prefix}_{unit_name}" if prefix else unit_name
        if len(name.encode()) > _LONGEST or not name or any(sign in name for sign in _INVALID):
            raise ValueError(f"{name}: not a valid name of a database")
        self._text = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}, database {name}"
        self._patience = limits.patience
        self._closed = False
        self.database: Database = self.client.get_database(
            name,
            codec_options=_CODEC,
            read_preference=ReadPreference.PRIMARY,
            write_concern=DURABLE,
            read_concern=ReadConcern("majority"),
        )

    def __str__(self) -> str:
        return self._text

    @contextmanager
    def translating(self) -> Iterator[None]:
        """Translate the errors of what is done inside.

        Raises:
            Unavailable: MongoDB is.
            ValueError: It cannot store a value.
        """
        if self._closed:
            raise Unavailable(f"{self}: the store is closed")
        try:
            yield
        except FAILURES as error:
            raise translated(error, str(self)) from None  # the driver's error has values

    @contextmanager
    def limited(self) -> Iterator[None]:
        """Limit how long all that is done inside takes, and translate its errors."""
        with self.translating(), pymongo.timeout(self._patience):
            yield

    async def close(self) -> None:
        """Close the connections."""
        self._closed = True
        await self.client.close()


def _defaults(limits: Limits) -> dict[str, Any]:
    wait = int(limits.wait * 1000)
    return {
        "appname": "chassis",
        "connectTimeoutMS": wait,
        "serverSelectionTimeoutMS": wait,
        "maxPoolSize": limits.connections,
    }
