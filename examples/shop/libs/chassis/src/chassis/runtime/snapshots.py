"""Snapshots of event-sourced aggregates, so that long histories are not read again and again.

A snapshot is valid for the code that has written it: it has a fingerprint of the state's class and
of the module with `evolve`. Other code ignores it.
"""

from __future__ import annotations

import hashlib
import inspect
import json
from dataclasses import dataclass
from typing import Any

from chassis.codec import Codec
from chassis.identity import identity_of
from chassis.service import Aggregate
from chassis.store.port import Collection, Put, Reads


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of an aggregate at a version; None and 0 if there is no snapshot.

    Attributes:
        state: The state.
        version: The version of the aggregate.
        written: How many snapshots of the aggregate were written, also by other code.
    """

    state: Any
    version: int
    written: int


class Snapshots:
    """The snapshots of the aggregates of one class."""

    def __init__(self, aggregate: Aggregate[Any, Any, Any]) -> None:
        self.collection = Collection(name=f"snapshot_{identity_of(aggregate)}")
        self._codec: Codec[Any] = Codec(aggregate.state, aggregate.stored)
        self._fingerprint = _fingerprint(aggregate)

    async def get(self, reads: Reads, id: str) -> Snapshot:
        """Return the snapshot of the aggregate `id`."""
        stored = await reads.get(self.collection.name, id)
        if stored is None:
            return Snapshot(None, 0, 0)
        document = json.loads(stored.data)
        if document["code"] != self._fingerprint:
            return Snapshot(None, 0, stored.version)
        return Snapshot(self._codec.decode(document["state"]), document["version"], stored.version)

    def put(self, id: str, state: Any, version: int, *, written: int) -> Put:
        """Return the write of a snapshot.

        Args:
            id: The id of the aggregate.
            state: The state.
            version: The version of the aggregate.
            written: How many snapshots were written before.
        """
        document = {
            "code": self._fingerprint,
            "version": version,
            "state": self._codec.encode(state),
        }
        return Put(
            collection=self.collection.name,
            id=id,
            data=json.dumps(document),
            expected=written,
            version=written + 1,
        )


def _fingerprint(aggregate: Aggregate[Any, Any, Any]) -> str:
    """Return a fingerprint of the code that makes states of events."""
    module = inspect.getmodule(aggregate.evolve)
    try:
        code = inspect.getsource(module or aggregate.evolve).encode()
    except (OSError, TypeError):  # no source is installed
        code = aggregate.evolve.__code__.co_code
    fields = json.dumps(_fields(aggregate.state), sort_keys=True)
    return hashlib.sha256(code + fields.encode()).hexdigest()[:16]


def _fields(state: type) -> dict[str, str]:
    return {name: str(annotation) for name, annotation in inspect.get_annotations(state).items()}
