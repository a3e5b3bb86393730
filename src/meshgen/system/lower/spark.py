"""Spark jobs: what they read of events, and how they compute windows."""

from __future__ import annotations

from meshgen.spec.model import Aggregation, Stream
from meshgen.system.index import Index
from meshgen.system.lower.spark_columns import Columns, Reads
from meshgen.system.lower.topics import message_of
from meshgen.system.model import Argument, SparkView
from meshgen.system.pysource.annotations import spoken

VERSION = "4.0.0"  # 4.1 fails once when a batch was unfinished at its restart (SPARK-57438)
REQUIREMENTS = ("psycopg[binary]>=3.3", f"pyspark=={VERSION}")
CONNECTOR = f"org.apache.spark:spark-sql-kafka-0-10_2.13:{VERSION}"

_TIME = "event_time"
_COLUMNS = ("id", "data", "time", _TIME)


def spark_view(stream: Stream, index: Index) -> SparkView | None:
    """Return the job of `stream` ready to print; None if the unit computes its rows itself."""
    if stream.job is None:
        return None
    messages = [message_of(index, ref) for ref in stream.events]
    names = {field.name for field in stream.row}
    window = "window" if "window" not in names else "event_window"
    reads = Reads(index, stream)
    item = stream.each.variable if stream.each else None
    if item in (*_COLUMNS, window):
        item = f"{item}_item"
    columns = Columns(reads, item)
    exploded = columns.items(stream.each) if stream.each else None
    group_by = tuple(columns.named(key.target, key.value) for key in stream.by)
    aggregates = tuple(_aggregate(each, columns) for each in stream.aggregates)
    time = columns.field(stream.time) if stream.time else 'sf.col("time")'
    return SparkView(
        engine=stream.job,
        hub=index.spec.event_hub.engine,
        requirements=REQUIREMENTS,
        connector=CONNECTOR,
        topics=tuple(sorted({message.topic for message in messages})),
        types=tuple(message.type for message in messages),
        attributes=(
            Argument(name="id", value="STRING"),
            *(() if stream.time else (Argument(name="time", value="TIMESTAMP"),)),
        ),
        fields=reads.fields,
        time=time,
        watermark=spoken(stream.watermark),
        window_column=window,
        window=_window(stream),
        item=item,
        exploded=exploded,
        group_by=group_by,
        aggregates=aggregates,
    )


def _aggregate(aggregate: Aggregation, columns: Columns) -> str:
    argument = columns.argument(aggregate.value) if aggregate.value else '"*"'
    return f'sf.{aggregate.function}({argument}).alias("{aggregate.name}")'


def _window(stream: Stream) -> str:
    window = stream.window
    every = f', "{spoken(window.every)}"' if window.every is not None else ""
    return f'sf.window("{_TIME}", "{spoken(window.size)}"{every})'
