"""What the jobs of all streams share: the session, the source and the sink."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TypeAlias

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as sf

from chassis.jobs.spark.settings import JobSettingsError, Settings
from chassis.jobs.spark.table import TableMissing, WindowTable

Windows: TypeAlias = Callable[[DataFrame], DataFrame]

_EXACTLY: dict[str, bool | float | int | str | None] = {
    "spark.sql.ansi.enabled": "true",  # what does not fit is an error, not NULL
    "spark.sql.decimalOperations.allowPrecisionLoss": "false",
    "spark.sql.session.timeZone": "UTC",
}


def run(
    windows: Windows,
    *,
    name: str,
    topics: tuple[str, ...],
    types: tuple[str, ...],
    schema: str,
    by: tuple[str, ...],
) -> None:
    """Run a job until it fails or is ended, which may happen at any time.

    Args:
        windows: Returns the rows of the windows, given the events.
        name: The identity of the stream.
        topics: The topics that have its events.
        types: The CloudEvents types of its events.
        schema: The attributes of the events, and their data, as a schema of Spark SQL.
        by: The fields of the key, in the order of the declaration.
    """
    try:
        settings = Settings.load(os.environ, name)
        table = WindowTable.find(settings.postgresql, name, by)
    except (JobSettingsError, TableMissing) as error:
        sys.exit(f"{name}: {error}")
    session = SparkSession.builder.appName(name).config(map=_EXACTLY).getOrCreate()
    query = (
        windows(events(session, settings, topics, types, schema))
        .writeStream.queryName(name)
        .outputMode("update")
        .option("checkpointLocation", settings.checkpoint)
        .foreachBatch(table.write)
        .start()
    )
    try:
        query.awaitTermination()
    except KeyboardInterrupt:
        query.stop()


def events(
    session: SparkSession,
    settings: Settings,
    topics: tuple[str, ...],
    types: tuple[str, ...],
    schema: str,
) -> DataFrame:
    """Return the events of some types: CloudEvents, from the earliest that the hub has."""
    source = (
        session.readStream.format("kafka")
        .options(**{f"kafka.{name}": value for name, value in settings.kafka.items()})
        .option("kafka.isolation.level", "read_committed")
        .option("subscribe", ",".join(topics))
        .option("startingOffsets", "earliest")
    )
    messages = source.load().select(sf.col("value").cast("string"))
    wanted = messages.where(sf.get_json_object("value", "$.type").isin(*types))
    # An event that does not fit the schema must not count as one without values.
    event = sf.from_json("value", schema, {"mode": "FAILFAST"})
    return wanted.select(event.alias("event")).select("event.*")
