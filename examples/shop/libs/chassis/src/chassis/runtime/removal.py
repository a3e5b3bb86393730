"""Removal of all documents of a collection, page by page."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from chassis.errors import Conflict
from chassis.store.port import Commit, Delete, Query, Store

_PAGE = 200


async def remove_all(store: Store, collection: str) -> None:
    """Remove the documents of a collection that nothing writes any more."""
    query = Query(collection=collection, limit=_PAGE, ordered=False)
    while True:
        found = await store.find(query)
        if not found and query.after is None:
            return
        deletes = tuple(
            Delete(collection=collection, id=stored.id, expected=stored.version) for stored in found
        )
        with suppress(Conflict):  # the last writes of another process: it begins again
            await store.commit(Commit(deletes=deletes))
        query = replace(query, after=(found[-1].id,) if found else None)
