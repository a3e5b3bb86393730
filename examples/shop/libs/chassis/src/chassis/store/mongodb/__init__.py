"""The adapter for MongoDB, on PyMongo: a database for each unit.

The rules of the documents:

- Everything of a unit is in a database that is named after it. A collection is a collection.
- `_id` is the id: a UUID (binary, subtype 4) or text. A field that is the id has no other place.
  `_version` is the version of the document.
- Scalar fields have BSON types: string, UUID, long, double, bool, Decimal128 and date. A date
  without a time is midnight UTC. An enum is text.
- A BSON date has milliseconds. The microseconds beyond them are a number in `_micros`, under the
  same key. Sorts, comparisons and indexes use both.
- Decimal128 has 34 digits. A decimal that it does not have exactly is rounded for comparisons, and
  what was written is in `_exact`, as text, under the same key.
- Value objects and maps are subdocuments, lists are arrays; their scalars are those of JSON. An
  integer of more than 64 bits is `{"\\ufdd0integer": "<digits>"}`.
- A key of a map has no U+0000, and does not begin with `$`: see `chassis.store.mongodb.values`.
- Null is a missing field. But one with a default is null: there, a missing field is one that an
  older version did not know.
- Text is compared by code point (the simple collation), and null comes first.
- Indexes follow from the queries. Unique fields have unique, partial indexes.
- `events` has a document for each event, `outbox`, `inbox` and `timers` one for each entry. `meta`,
  `schema` and `writers` are for the adapter.
- A commit is one transaction, with `w: majority`, `j: true` and snapshot reads. Other reads are
  `majority` reads on the primary.
"""
