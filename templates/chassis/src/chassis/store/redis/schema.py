"""What a release registers of its collections, and what it learns of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from chassis.store.port import Collection, Kind, Sort
from chassis.store.redis.client import Client
from chassis.store.redis.commit import unique_name
from chassis.store.redis.documents import default_text, stored_name

_FILL = 500  # documents that are added to new indexes at once


async def create(client: Client) -> str:
    """Create the store if there is none, and return its id."""
    id, _ = await client.define(str(uuid4()), "", "")
    return str(id.decode())


async def register(client: Client, collection: Collection) -> Mapping[str, str]:
    """Register a collection, and wait until its indexes can be used.

    Returns:
        The defaults of fields that documents need not have.

    Raises:
        ValueError: Documents that exist do not suit the collection.
    """
    definition = json.dumps(_definition(collection))
    _, text = await client.define(str(uuid4()), collection.name, definition)
    known: dict[str, dict[str, dict[str, Any]]] = json.loads(text)
    new = [
        name
        for group in ("indexes", "unique")
        for name, index in known[group].items()
        if not index["ready"]
    ]
    if new:
        await _fill(client, collection.name, new)
    fields = known["fields"].items()
    return {name: field["default"] for name, field in fields if "default" in field}


async def changes(client: Client, collection: Collection) -> list[str]:
    """Return what `register` would do."""
    text = await client.look(client.address.key("collection", collection.name))
    known = json.loads(text) if text else None
    if known is None:
        return [f"register the collection {collection.name}"]
    definition, found = _definition(collection), list[str]()
    for name in definition["fields"]:
        if name not in known["fields"]:
            found.append(f"register the field {collection.name}.{name}")
    for group in ("indexes", "unique"):
        for name in definition[group]:
            if not known[group].get(name, {}).get("ready"):
                found.append(f"fill the index {name} of {collection.name}")
    return found


async def _fill(client: Client, collection: str, names: list[str]) -> None:
    last = b""
    while last := await client.repeat("fill", collection, last, _FILL, *names):
        pass


def _definition(collection: Collection) -> dict[str, Any]:
    if ":" in collection.name:
        raise ValueError(f"{collection.name}: the name of a collection has no colon")
    fields: dict[str, dict[str, str]] = {}
    for field in collection.fields:
        if ":" in field.key:
            raise ValueError(f"{collection.name}: {field.key}: the key of a field has no colon")
        fields[stored_name(field.key)] = {"kind": field.kind.value}
        if (default := default_text(field)) is not None:
            fields[stored_name(field.key)]["default"] = default
    searched = {field.key for field in collection.fields if field.kind is not Kind.JSON}
    indexes = [index for index in collection.indexes if index]
    for name in [sort.field for index in indexes for sort in index] + [
        name for names in collection.unique for name in names
    ]:
        if name not in searched:
            raise KeyError(name)
    return {
        "fields": fields,
        "indexes": {index_name(index): {"fields": _parts(index)} for index in indexes},
        "unique": {
            unique_name(names): {"fields": _parts(tuple(map(Sort, names)))}
            for names in collection.unique
        },
    }


def index_name(index: tuple[Sort, ...]) -> str:
    """Return the name of an index: its fields, of which descending ones begin with a `-`."""
    return ",".join(f"{'-' if sort.descending else ''}{sort.field}" for sort in index)


def _parts(index: tuple[Sort, ...]) -> list[dict[str, Any]]:
    return [{"field": stored_name(sort.field), "descending": sort.descending} for sort in index]
