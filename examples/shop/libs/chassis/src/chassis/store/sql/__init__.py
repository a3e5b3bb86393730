"""What the stores on relational databases share: typed tables, and statements as SQLAlchemy Core.

The rules of the tables:

- Everything of a unit is in a schema that is named after it.
- A collection is a table. Its documents are rows, and their scalar fields typed columns: `text`,
  `uuid`, `bigint`, `double precision`, `boolean`, `numeric`, `timestamptz`, `date`. An enum is text
  with a CHECK. A column is NOT NULL unless its field is optional.
- Value objects, lists and maps are `jsonb`: they are only read and written with their document.
- The primary key is the field with the id, or a text `id` if there is none. `version` is the
  version of the document. Another field with one of these names has a `_` behind it.
- Text is compared by code point (collation "C"), and null comes first.
- Text has no U+0000: see `chassis.store.sql.texts`. Envelopes are bytes: they are passed on
  unchanged.
- Integers have 64 bits, and decimals as many digits as they are written with.
- Indexes follow from the queries. Unique fields have unique indexes.
- Events, outbox, inbox and timers are tables of their own, and `meta` has one row.
"""
