"""Apache Cassandra on this machine."""
