"""The store on Apache Cassandra, for read models: tables by query, kept by a journal.

A unit has a keyspace. A collection has a table by id, a table for each access pattern, and one for
each unique constraint. All of them are written with the position of the journal as their timestamp,
so a write that is repeated, or comes late, changes nothing; see `journal`.
"""
