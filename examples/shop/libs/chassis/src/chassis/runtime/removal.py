"""Removal of all documents of a collection, page by page."""

from __future__ import annotations

from contextlib import suppress

from chassis.errors import Conflict
from chassis.store.port import Commit, Delete, Query, Store

_PAGE = 200


async def remove_all(store: Store, collection: str) -> None:
    """Remove the documents of a collection that nothing writes any more."""
    query = Query(collection=collection, limit=_PAGE)
    while found := await store.find(query):
        deletes = tuple(
            Delete(collection=collection, id=stored.id, expected=stored.version) for stored in found
        )
        with suppress(Conflict):  # the last writes of another process: the next page has them
            await store.commit(Commit(deletes=deletes))
