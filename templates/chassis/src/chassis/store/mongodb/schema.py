"""The collections and indexes of a unit in MongoDB: what is missing is created.

Processes of two versions may run at the same time. So nothing is removed, and a field that an older
version does not know is kept when it changes a document.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

from bson import Int64, json_util
from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError, OperationFailure

from chassis.errors import Unavailable
from chassis.store.mongodb.client import Database
from chassis.store.mongodb.documents import EXACT, ID, MICROS, VERSION, Document, Documents
from chassis.store.mongodb.queries import order
from chassis.store.mongodb.scalars import TYPES
from chassis.store.port import Field

EVENTS, OUTBOX, INBOX, TIMERS = "events", "outbox", "inbox", "timers"
META, SCHEMA, WRITERS = "meta", "schema", "writers"
STORE, PINGS = {ID: "store"}, {ID: "pings"}

_EXISTS = 48  # NamespaceExists
_DAY = 24 * 60 * 60

_OWN: dict[str, tuple[IndexModel, ...]] = {
    EVENTS: (IndexModel([("stream", ASCENDING), ("version", ASCENDING)], unique=True),),
    OUTBOX: (),
    INBOX: (IndexModel([("generation", ASCENDING)]),),
    TIMERS: (IndexModel([("due", ASCENDING), (f"{MICROS}.due", ASCENDING), (ID, ASCENDING)]),),
    META: (),
    SCHEMA: (),
    WRITERS: (IndexModel([("at", ASCENDING)], expireAfterSeconds=_DAY),),
}


def check(documents: Documents) -> None:
    """Check that MongoDB can have such a collection.

    Raises:
        ValueError: It cannot.
    """
    name = documents.collection.name
    if name in _OWN:
        raise ValueError(f"{name}: a collection of the store has this name")
    if not name or name.startswith("system.") or set(name) & {"$", "\0"}:
        raise ValueError(f"{name!r}: not a valid name of a collection")
    for key in documents.fields:
        if not key or key in (ID, VERSION, MICROS, EXACT) or set(key) & {".", "$", "\0"}:
            raise ValueError(f"{name}.{key}: not a valid name of a field")


async def prepare(database: Database, collections: Iterable[Documents]) -> UUID:
    """Create what is missing, and return the id of the store.

    Raises:
        Unavailable: The server has no transactions.
    """
    hello = await database.command("hello")
    if "setName" not in hello and hello.get("msg") != "isdbgrid":
        reason = "the server belongs to no replica set, so it has no transactions"
        raise Unavailable(f"{database.name}: {reason}")
    existing = set(await database.list_collection_names())
    for name, indexes in _OWN.items():
        await _create(database, name, indexes, existing)
    for documents in collections:
        await _create(database, documents.collection.name, _indexes(documents), existing)
        await _add_fields(database, documents)
    store = {"store": uuid4(), "generation": Int64(1), "position": Int64(0)}
    await _insert(database, PINGS, {"count": Int64(0)})
    id: UUID = (await _insert(database, STORE, store))["store"]
    return id


async def changes(database: Database, collections: Iterable[Documents]) -> list[str]:
    """Return the commands that `prepare` would execute, as JSON."""
    existing, found = set(await database.list_collection_names()), list[str]()
    documents = list(collections)
    wanted = {**_OWN, **{each.collection.name: _indexes(each) for each in documents}}
    for name, indexes in wanted.items():
        if name not in existing:
            found.append(json.dumps({"create": name}))
        if missing := await _missing(database, name, indexes):
            new = [{**each.document, "key": dict(each.document["key"])} for each in missing]
            found.append(json_util.dumps({"createIndexes": name, "indexes": new}))
    for each in documents:
        name = each.collection.name
        for field in await _new_fields(database, each):
            if default := each.default(field):
                missing_field = {"q": {field.key: {"$exists": False}}, "u": {"$set": default}}
                update = {"update": name, "updates": [{**missing_field, "multi": True}]}
                found.append(json_util.dumps(update))
    return found


async def _missing(
    database: Database, name: str, indexes: Iterable[IndexModel]
) -> list[IndexModel]:
    known = await database[name].index_information()
    return [index for index in indexes if index.document["name"] not in known]


async def _new_fields(database: Database, documents: Documents) -> list[Field]:
    schema = await database[SCHEMA].find_one({ID: documents.collection.name})
    known = set(schema["fields"]) if schema else set()
    return [field for key, field in documents.fields.items() if key not in known]


async def _create(
    database: Database, name: str, indexes: Iterable[IndexModel], existing: set[str]
) -> None:
    if name not in existing:
        try:
            await database.create_collection(name, check_exists=False)
        except OperationFailure as error:
            if error.code != _EXISTS:
                raise
    if missing := await _missing(database, name, indexes):
        await database[name].create_indexes(missing)


def _indexes(documents: Documents) -> list[IndexModel]:
    sorts = [order(documents, each) for each in documents.collection.indexes]
    return [
        *(IndexModel(keys) for keys in sorts if len(keys) > 1),  # each collection has one by id
        *(_unique(documents, keys) for keys in documents.collection.unique),
    ]


def _unique(documents: Documents, keys: tuple[str, ...]) -> IndexModel:
    paths = {key: documents.paths(key) for key in keys}
    not_null = {each[0]: _not_null(documents.fields[key]) for key, each in paths.items()}
    index = [(path, ASCENDING) for each in paths.values() for path in each]
    return IndexModel(index, unique=True, partialFilterExpression=not_null)


def _not_null(field: Field) -> dict[str, Any]:
    """Return what holds if a field has a value; only one with a default may be null."""
    return {"$exists": True} if field.default is None else {"$type": TYPES[field.kind]}


async def _add_fields(database: Database, documents: Documents) -> None:
    """Give new fields their defaults in the documents that there are."""
    this = {ID: documents.collection.name}
    schema = await database[SCHEMA].find_one(this)
    known = set(schema["fields"]) if schema else set()
    new = [field for key, field in documents.fields.items() if key not in known]
    for field in new:
        if default := documents.default(field):
            missing = {field.key: {"$exists": False}}
            await database[documents.collection.name].update_many(missing, {"$set": default})
    if new or schema is None:
        added = {"$addToSet": {"fields": {"$each": [field.key for field in new]}}}
        try:
            await database[SCHEMA].update_one(this, added, upsert=True)
        except DuplicateKeyError:  # another process has inserted it
            await database[SCHEMA].update_one(this, added)


async def _insert(database: Database, this: dict[str, str], values: Document) -> Document:
    """Return the document of `meta` that there is; insert it if there is none."""
    found = await database[META].find_one(this)
    if found is None:
        with suppress(DuplicateKeyError):  # another process was faster
            await database[META].insert_one({**this, **values})
        found = await database[META].find_one(this)
    return found or {}
