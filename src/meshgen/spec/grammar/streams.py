"""Streams: windowed aggregates of events."""

from __future__ import annotations

from meshgen.spec.grammar import kinds, scopes
from meshgen.spec.grammar.names import FIELD, UNIT
from meshgen.spec.grammar.reads import ROW_QUERY, VIEW_STORES
from meshgen.spec.grammar.shapes import (
    Choice,
    Construct,
    Duration,
    Example,
    FieldName,
    ItemOf,
    Key,
    ListOf,
    MapOf,
    Reference,
    assignments,
)
from meshgen.spec.grammar.values import SUMMARY, renamed_from

STREAM_ENGINES = Choice(("spark",))
FUNCTIONS = ("count", "sum", "min", "max")
MAX_HOPS = 1000

WINDOW = Construct(
    name="window",
    one="a window",
    meaning=(
        "How event time is divided. Tumbling and hopping windows begin at multiples of their size "
        "or hop since 1970, in UTC. A session has the events of a key that follow each other "
        "within a gap; it ends that gap after the last one."
    ),
    keys=(
        Key(name="tumbling", shape=Duration(), meaning="The size of windows that do not overlap."),
        Key(name="hopping", shape=Duration(), meaning="The size of windows that overlap."),
        Key(name="session", shape=Duration(), meaning="The gap that ends a session."),
        Key(
            name="every",
            shape=Duration(),
            meaning="The time from one hopping window to the next; it divides the size.",
            otherwise="required with `hopping`",
        ),
    ),
    alternatives=("tumbling", "hopping", "session"),
    examples=(
        Example(
            """\
orders_per_hour:
  store: postgresql
  on: order.OrderPlaced
  by: {customer_id: customer_id}
  window: {tumbling: 1h}
  watermark: 5m
  aggregates: {orders: count(), spent: sum(total)}
busy_hours:
  store: postgresql
  on: order.OrderPlaced
  by: {customer_id: customer_id}
  window: {hopping: 1h, every: 5m}
  watermark: 5m
  aggregates: {orders: count(), spent: sum(total)}
sprees:
  store: postgresql
  on: order.OrderPlaced
  by: {customer_id: customer_id}
  window: {session: 30m}
  watermark: 5m
  aggregates: {orders: count(), spent: sum(total)}
""",
            at="streams",
        ),
    ),
)
STREAM = Construct(
    name="stream",
    one="a stream",
    meaning=(
        "A read model of aggregates over windows of event time. Its rows have the fields of `by`, "
        "`window_start`, `window_end`, and one field for each aggregate. Each event counts once. "
        "An event is late for a window if the partition of the event hub that it comes from has "
        "had an event that happened `watermark` or more after the end of that window. Then it does "
        "not count in it, but in the metric `chassis_stream_late_events`."
    ),
    keys=(
        SUMMARY,
        renamed_from(UNIT),
        Key(
            name="store",
            shape=VIEW_STORES,
            meaning="Where the rows are stored.",
            required=True,
            hint="`store: postgresql`, or another engine",
        ),
        Key(
            name="engine",
            shape=STREAM_ENGINES,
            meaning=(
                "What computes the rows: a job of Spark Structured Streaming, from Kafka to "
                "PostgreSQL. The embedded mode ignores it."
            ),
            otherwise="the unit itself computes them",
        ),
        Key(
            name="on",
            shape=ListOf(Reference((kinds.EVENT,), "far"), least=1, single=True),
            meaning="The events, as `service.Event`; all of them have the fields that are used.",
            required=True,
            hint="`on: service.Event`: the events to aggregate",
        ),
        Key(
            name="each",
            shape=ItemOf(scopes.EVENTS),
            meaning="Count the items of a list instead of the event.",
            otherwise="an event counts once",
        ),
        Key(
            name="by",
            shape=assignments(scopes.CONTRIBUTIONS, rule=FIELD),
            meaning="The key of the windows: fields of the row, with their values.",
            required=True,
            hint="`by: {customer_id: customer_id}`: a row for each value and window",
        ),
        Key(
            name="time",
            shape=FieldName(),
            meaning="The `datetime` of the events that says when they happened.",
            otherwise="when they were published",
        ),
        Key(
            name="window",
            shape=WINDOW,
            meaning="The windows.",
            required=True,
            hint="`window: {tumbling: 1m}`",
        ),
        Key(
            name="watermark",
            shape=Duration(),
            meaning="How late an event may be.",
            required=True,
            hint="`watermark: 30s`: how late an event may be",
        ),
        Key(
            name="aggregates",
            shape=assignments(scopes.CONTRIBUTIONS, rule=FIELD),
            meaning=(
                "Fields of the row: `count()`, or `sum(x)`, `min(x)` or `max(x)` of an expression. "
                "Sums are of `int` or `decimal`, and exact."
            ),
            required=True,
            hint="`aggregates: {orders: count()}`",
        ),
        Key(
            name="queries",
            shape=MapOf(kinds.QUERY, ROW_QUERY),
            meaning="Reads of the rows, with `page`; the newest windows come first.",
        ),
    ),
    examples=(
        Example(
            """\
sales_per_hour:
  summary: Copies and revenue of each book, by the hour
  renamed_from: hourly_sales
  store: postgresql
  on: order.OrderPlaced
  each: line in lines
  by: {book_id: line.book_id}
  window: {tumbling: 1h}
  watermark: 5m
  aggregates:
    copies: sum(line.quantity)
    revenue: sum(line.quantity * line.unit_price)
    dearest: max(line.unit_price)
    orders: count()
  queries:
    SalesOfBook: {by: book_id, page: 24}
""",
            at="streams",
        ),
        Example(
            """\
event_hub: {engine: kafka}
streams:
  copies_per_minute:
    store: postgresql
    engine: spark
    on: order.OrderPlaced
    each: line in lines
    by: {book_id: line.book_id}
    window: {tumbling: 1m}
    watermark: 30s
    aggregates: {copies: sum(line.quantity)}
"""
        ),
        Example(
            """\
services:
  catalog:
    aggregates:
      Book:
        events:
          BookSold: {sold_at: datetime, copies: int}
          BookReturned: {sold_at: datetime, copies: int}
        commands:
          SellBook: {roles: [merchant], input: {copies: int}, emits: {BookSold: {sold_at: now()}}}
          ReturnBook:
            roles: [merchant]
            input: {sold_at: datetime, copies: int}
            emits: BookReturned
streams:
  books_per_day:
    store: sqlite
    on: [catalog.BookSold, catalog.BookReturned]
    by: {book_id: book_id}
    time: sold_at
    window: {tumbling: 1d}
    watermark: 1h
    aggregates: {deals: count(), most: max(copies)}
"""
        ),
    ),
)
