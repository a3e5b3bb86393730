"""The statements that relational stores share, as SQLAlchemy Core: reads, and simple writes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, bindparam, delete, func, select, update

from chassis.store.sql.tables import DocumentTable, UnitTables


class UnitReads:
    """The statements for the tables that every unit has."""

    def __init__(self, tables: UnitTables) -> None:
        events, outbox, inbox = tables.events, tables.outbox, tables.inbox
        timers, meta, dialect = tables.timers, tables.meta, tables.dialect
        self.history = dialect.limited(
            select(events.c.envelope)
            .where(events.c.stream == bindparam("stream"), events.c.version > bindparam("after"))
            .order_by(events.c.version)
        )
        self.streams = _streams(tables, is_open=False)
        self.all_streams = _streams(tables, is_open=True)
        self.handled = select(inbox.c.message, inbox.c.result).where(
            dialect.listed(inbox.c.message, "messages")
        )
        self.pending = dialect.limited(
            select(*outbox.c["position", "topic", "id", "type", "subject", "envelope"])
            .where(outbox.c.position > bindparam("after"))
            .order_by(outbox.c.position)
        )
        self.outbox_size = select(func.count()).select_from(outbox)
        self.published = delete(outbox).where(dialect.listed(outbox.c.position, "positions"))
        self.due = dialect.limited(
            select(*timers.c["id", "due_at", "handler", "data"])
            .where(timers.c.due_at <= bindparam("now", type_=timers.c.due_at.type))
            .order_by(timers.c.due_at, timers.c.id)
        )
        self.next_due = select(func.min(timers.c.due_at))
        self.drop_timers = delete(timers).where(dialect.listed(timers.c.id, "ids"))
        self.store = select(meta.c.store)
        self.ping = update(meta).values(pings=meta.c.pings + 1)
        self.next_generation = update(meta).values(inbox_generation=meta.c.inbox_generation + 1)


def get(table: DocumentTable) -> Select[Any]:
    """Return the statement that reads documents, by `ids`."""
    columns = table.id, table.version, *table.columns.values()
    return select(*columns).where(table.dialect.listed(table.id, "ids"))


def _streams(tables: UnitTables, *, is_open: bool) -> Select[Any]:
    """Return the statement that lists streams, each of which has an event of version 1."""
    stream, first = tables.events.c.stream, tables.events.c.version == 1
    begins = tables.dialect.prefixed(stream, "prefix", is_open=is_open)
    found = select(stream).where(first, begins, stream > bindparam("after"))
    return tables.dialect.limited(found.order_by(stream))
