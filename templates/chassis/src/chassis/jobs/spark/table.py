"""The table with the rows of a stream, which its unit has created."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.sql import SQL, Composed, Identifier, Placeholder
from pyspark.sql import DataFrame
from pyspark.sql import functions as sf
from pyspark.sql.types import TimestampType

from chassis import names
from chassis.row_ids import row_id
from chassis.store.sql.texts import escaped

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RESERVED = ("id", "version")  # a field of such a name has a column with a `_` behind it


class TableMissing(Exception):
    """The unit has not run yet."""


@dataclass(frozen=True, slots=True)
class WindowTable:
    """Writes the batches of a query in update mode, each in one transaction.

    A batch has whole rows, not changes. So it does not matter if it is written again after a crash;
    and what a job that was replaced may still write does not go over what is newer, since `version`
    is the number of the batch.

    Attributes:
        url: The URL of the database.
        name: Its name, with the schema, which is that of the unit.
        by: The fields of the key, in the order of the declaration.
    """

    url: str
    name: Identifier
    by: tuple[str, ...]

    @classmethod
    def find(cls, url: str, unit: str, by: tuple[str, ...]) -> WindowTable:
        """Return the table that a unit serves.

        Raises:
            TableMissing: There is none.
        """
        live = SQL("SELECT live FROM {}").format(Identifier(unit, "chassis_read_model"))
        try:
            with psycopg.connect(url) as connection:
                found = connection.execute(live).fetchone()
                rows = names.read_model(unit).generation(found[0] if found else 1)
                name = Identifier(unit, rows.now)
                connection.execute(SQL("SELECT FROM {} LIMIT 0").format(name))
        except psycopg.errors.UndefinedTable as error:
            raise TableMissing("start the unit first, which creates the table") from error
        return cls(url, name, by)

    def write(self, batch: DataFrame, number: int) -> None:
        """Write a batch. The first one of a checkpoint replaces all rows: it is computed anew."""
        times = {field.name for field in batch.schema if isinstance(field.dataType, TimestampType)}
        plain = batch.withColumns({name: sf.unix_micros(name) for name in times})
        rows = (self._values(row.asDict(), times, number) for row in plain.toLocalIterator())
        with psycopg.connect(self.url) as connection, connection.cursor() as cursor:
            if number == 0:
                cursor.execute(SQL("DELETE FROM {}").format(self.name))
            cursor.executemany(self._upsert(batch.columns), rows)

    def _values(self, row: Mapping[str, Any], times: set[str], number: int) -> dict[str, Any]:
        fields = {
            name: _instant(value) if name in times else _plain(value) for name, value in row.items()
        }
        id = row_id((row[name] for name in self.by), fields["window_start"])
        columns = {_column(name): value for name, value in fields.items()}
        return {"id": id, "version": number + 1, **columns}

    def _upsert(self, fields: list[str]) -> Composed:
        columns = ["id", "version", *map(_column, fields)]
        return SQL(
            "INSERT INTO {table} AS old ({columns}) VALUES ({values}) ON CONFLICT (id) DO UPDATE "
            "SET {changes} WHERE old.version <= EXCLUDED.version"
        ).format(
            table=self.name,
            columns=SQL(", ").join(map(Identifier, columns)),
            values=SQL(", ").join(map(Placeholder, columns)),
            changes=SQL(", ").join(self._changes(columns[1:])),
        )

    def _changes(self, columns: list[str]) -> Iterator[Composed]:
        for name in columns:
            yield SQL("{0} = EXCLUDED.{0}").format(Identifier(name))


def _column(field: str) -> str:
    return f"{field}_" if field in _RESERVED else field


def _plain(value: Any) -> Any:
    match value:
        case str():
            return escaped(value)
        case Decimal():
            return value.normalize()  # Spark fills it up with zeros
    return value


def _instant(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)
