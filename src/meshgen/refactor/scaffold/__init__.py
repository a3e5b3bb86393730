"""New services, aggregates, events and projections that fit what the spec has."""
