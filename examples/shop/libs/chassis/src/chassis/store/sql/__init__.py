"""What the stores on relational databases share: typed tables, and statements as SQLAlchemy Core.

The rules of the tables:

- Everything of a unit is in a schema, or an SQLite file, that is named after it.
- A collection is a table. Its documents are rows, and their scalar fields typed columns:

  =========  ====================  =========================  ==============================
  field      PostgreSQL            SQL Server                 SQLite
  =========  ====================  =========================  ==============================
  text       `text`, "C"           `varchar(max)`, `(850)` 1  `TEXT`
  UUID       `uuid`                `char(36)`                 `TEXT`
  integer    `bigint`              `bigint`                   `INTEGER`
  number     `double precision`    `float(53)`                `REAL`
  boolean    `boolean`             `bit`                      `INTEGER` with a CHECK
  decimal    `numeric`             `decimal(36, 18)` 2        `TEXT`, collation `decimal`
  instant    `timestamptz`         `datetimeoffset(6)`        `TEXT` in UTC, microseconds
  date       `date`                `date`                     `TEXT`
  enum       `text` with a CHECK   `varchar(850)` with CHECK  `TEXT` with a CHECK
  other      `jsonb`               `nvarchar(max)`, `ISJSON`  `TEXT` with `json_valid`
  =========  ====================  =========================  ==============================

  1: in an index. 2: what does not fit is refused.

- A column is NOT NULL unless its field is optional.
- Value objects, lists and maps are JSON: they are only read and written with their document.
- The primary key is the field with the id, or a text `id` if there is none. `version` is the
  version of the document. Another field with one of these names has a `_` behind it.
- Text is compared by code point (in SQL Server, a UTF-8 collation), and null comes first.
- Text has no U+0000: see `chassis.store.sql.texts`. Envelopes are bytes: they are passed on
  unchanged.
- Integers have 64 bits.
- Indexes follow from the queries. Unique fields have unique indexes.
- Events, outbox, inbox and timers are tables of their own, and `meta` has one row.
"""
