"""Documents in JSON, of files that older versions have written, become rows of their table."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass

from chassis.store.port import Put
from chassis.store.sql.tables import DocumentTable
from chassis.store.sqlite.documents import DocumentStatements
from chassis.store.sqlite.sql import quoted


@dataclass(frozen=True, slots=True)
class TakeOver:
    """Moves the documents of the table `old` to their new one.

    A process of the older version may have created `old` again: what is in the new table stays.
    """

    document: DocumentTable
    old: str

    def __str__(self) -> str:
        return f"-- {self.document.table.name} takes over the documents of {self.old}"

    def apply(self, connection: sqlite3.Connection) -> None:
        """Move the documents.

        Raises:
            ValueError: One of them does not fit.
        """
        statements = DocumentStatements(self.document)
        old = quoted(self.old)
        for id, version, data in connection.execute(f"SELECT id, version, data FROM {old}"):
            try:
                put = self._put(id, version, data)
                connection.execute(statements.insert, statements.new_row(put))
            except (ValueError, TypeError, OverflowError, sqlite3.IntegrityError) as error:
                reason = f"the document {id!r} of {self.old} does not fit: {error}"
                raise ValueError(reason) from error
        connection.execute(f"DROP TABLE {old}")

    def _put(self, id: str, version: int, data: str) -> Put:
        """Return a document with the defaults of fields that it was written without."""
        values = json.loads(data)
        for field in self.document.collection.fields:
            if field.key not in values and field.default is not None:
                values[field.key] = json.loads(field.default)
        name = self.document.collection.name
        return Put(collection=name, id=id, data=json.dumps(values), expected=0, version=version)
