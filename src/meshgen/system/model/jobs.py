"""Jobs that compute the rows of streams, ready to print."""

from __future__ import annotations

from dataclasses import dataclass

from meshgen.system.model.code import Argument


@dataclass(frozen=True, slots=True, kw_only=True)
class SparkView:
    """A job of Spark Structured Streaming.

    Names are those of columns. `time`, `window`, `exploded`, `group_by` and `aggregates` are Python
    source.
    """

    engine: str
    hub: str
    """The engine of the event hub."""
    requirements: tuple[str, ...]
    connector: str
    """The Maven coordinates of the connector to the event hub."""
    topics: tuple[str, ...]
    types: tuple[str, ...]
    """The CloudEvents types of the events."""
    attributes: tuple[Argument, ...]
    """The attributes of events that are read, with their types in Spark SQL."""
    fields: tuple[Argument, ...]
    """The fields of their data that are read, with their types in Spark SQL."""
    time: str
    """The time of an event."""
    watermark: str
    window_column: str
    window: str
    item: str | None
    """The column of an item of `exploded`, a list."""
    exploded: str | None
    group_by: tuple[str, ...]
    aggregates: tuple[str, ...]
