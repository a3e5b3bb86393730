"""The events of streams: changes of rows in, events out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import uuid5

from chassis.envelope import Envelope
from chassis.identity import identity_of
from chassis.row_ids import row_id
from chassis.runtime.envelopes import EnvelopeFactory
from chassis.runtime.work import Work
from chassis.store.port import Commit, Received
from chassis.stream import Stream, window_of


@dataclass(frozen=True, slots=True)
class Change:
    """What an event of the log did to a row.

    Attributes:
        before: The row before it, or the rows that were merged; nothing for a new row.
        after: The row after it.
    """

    before: tuple[Any, ...]
    after: Any


class Emitter:
    """Emits the events of one stream.

    The inbox knows for which events of the log this was done. All generations of the rows share
    these entries. So a rebuild emits nothing for what was handled before it, and where two
    generations read the same part of the log, the first one emits.

    The id of an event derives from the event of the log and from the row, so that it is the same
    whenever it is emitted.
    """

    def __init__(self, stream: Stream[Any, Any], envelopes: EnvelopeFactory) -> None:
        """Create it.

        Args:
            stream: The stream.
            envelopes: Wraps its events.
        """
        self._stream = stream
        self._envelopes = envelopes
        self._identity = identity_of(stream)

    def emit(self, changes: Iterable[Change], cause: Envelope, work: Work) -> None:
        """Add to `work` the events of `changes`, which one event of the log has caused."""
        inbox = f"{self._identity}.emits:{cause.id}"
        if work.handled(inbox):
            return
        outbox = tuple(
            self._envelopes.wrap(
                event,
                id=uuid5(cause.id, f"{self._name(event)}:{self._id(change.after)}"),
                causation_id=cause.id,
            )
            for change in changes
            for event in self._stream.emitted(change.before, change.after)
        )
        work.add(Commit(inbox=(Received(inbox),), outbox=outbox))

    def _name(self, event: Any) -> str:
        return self._stream.messages.of(type(event)).name

    def _id(self, row: Any) -> str:
        return row_id((getattr(row, name) for name in self._stream.by), window_of(row).start)
