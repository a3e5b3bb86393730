"""Jobs on Spark Structured Streaming: from Kafka to a table of PostgreSQL.

They run in an environment of their own, with pyspark and psycopg. So nothing here imports what
needs another library.
"""
