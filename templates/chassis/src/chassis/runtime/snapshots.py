"""Snapshots of event-sourced aggregates, so that long histories are not read again and again.

A snapshot is valid for the code that has written it: it has a fingerprint of the modules with
`evolve`, the state's class and the events. Other code ignores it.
"""

from __future__ import annotations

import hashlib
import inspect
import json
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from pydantic import ValidationError

from chassis import names
from chassis.codec import Codec
from chassis.identity import identity_of
from chassis.service import Aggregate
from chassis.store.port import Collection, Field, Kind, Put, Reads


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
        name = names.snapshots(identity_of(aggregate))
        self.collection = Collection(
            name=name.now,
            former=name.former,
            fields=(
                Field("code", Kind.TEXT),
                Field("version", Kind.INTEGER),
                Field("state", Kind.TEXT),
            ),
        )
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
        try:
            state = self._codec.decode(document["state"])
        except ValidationError:  # a class of a value in it has changed
            return Snapshot(None, 0, stored.version)
        return Snapshot(state, document["version"], stored.version)

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
    made_by = (aggregate.evolve, aggregate.state, *aggregate.events)
    modules = dict.fromkeys(inspect.getmodule(each) for each in made_by)
    code = "".join(_source(module) for module in modules if module is not None)
    keys = json.dumps(dict(aggregate.stored), sort_keys=True)
    bytecode = aggregate.evolve.__code__.co_code.hex()
    return hashlib.sha256((code + keys + bytecode).encode()).hexdigest()[:16]


def _source(module: ModuleType) -> str:
    try:
        return inspect.getsource(module)
    except (OSError, TypeError):  # no source is installed
        return module.__name__
