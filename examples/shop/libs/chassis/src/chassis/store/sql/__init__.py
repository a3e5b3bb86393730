"""What the stores on relational databases share: typed tables, and statements as SQLAlchemy Core.

The rules of the tables:

- Everything of a unit is in a schema that is named after it.
- A collection is a table. Its documents are rows, and their scalar fields typed columns:

  =========  ==========================  ==============================================
  field      PostgreSQL                  SQL Server
  =========  ==========================  ==============================================
  text       `text`, collation "C"       `varchar(max)`, `varchar(850)` in an index
  UUID       `uuid`                      `char(36)`
  integer    `bigint`                    `bigint`
  number     `double precision`          `float(53)`
  boolean    `boolean`                   `bit`
  decimal    `numeric`                   `decimal(36, 18)`; what does not fit is refused
  instant    `timestamptz`               `datetimeoffset(6)`
  date       `date`                      `date`
  enum       `text` with a CHECK         `varchar(850)` with a CHECK
  other      `jsonb`                     `nvarchar(max)` with a CHECK of `ISJSON`
  =========  ==========================  ==============================================

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
