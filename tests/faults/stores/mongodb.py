"""A store in MongoDB: a database with a collection for each collection."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from bson.codec_options import CodecOptions, DatetimeConversion
from pymongo import MongoClient

from tests.faults.snapshot import Document
from tests.faults.stores.values import as_json

_IDS = {"product": "product_id", "catalog": "product_id"}
_INTERNAL = ("_id", "_version", "_micros", "_exact")


class MongoStore:
    """A database."""

    def __init__(self, url: str, unit: str) -> None:
        self._client: MongoClient[dict[str, Any]] = MongoClient(
            url, uuidRepresentation="standard", tz_aware=True
        )
        options: CodecOptions[dict[str, Any]] = self._client.codec_options.with_options(
            datetime_conversion=DatetimeConversion.DATETIME
        )
        self._database = self._client.get_database(unit, codec_options=options)

    def documents(self, collection: str) -> dict[str, Document]:
        id = _IDS.get(collection)
        found = {}
        for each in self._database[collection].find():
            data = {k: as_json(v) for k, v in each.items() if k not in _INTERNAL}
            if id is not None:
                data[id] = str(each["_id"])
            found[str(each["_id"])] = Document(int(each["_version"]), data)
        return found

    def events(self) -> Iterable[bytes]:
        found = self._database.events.find().sort([("stream", 1), ("version", 1)])
        return [json.dumps(as_json(each["event"])).encode() for each in found]

    def count(self, what: str) -> int:
        return self._database[what].count_documents({})
