"""The kinds of named elements of a spec."""

from __future__ import annotations

from meshgen.spec.grammar import names
from meshgen.spec.grammar.names import CLASS, UNIT, VARIABLE
from meshgen.spec.grammar.shapes import Kind

TYPE = Kind("type", names.TYPE, "type")
SERVICE = Kind("service", UNIT, "unit")
PROJECTION = Kind("projection", UNIT, "unit")
STREAM = Kind("stream", UNIT, "unit")
BFF = Kind("BFF", UNIT, "unit")
PROCESS = Kind("process", UNIT)
AGGREGATE = Kind("aggregate", CLASS, "member")
EVENT = Kind("event", CLASS, "member")
STREAM_EVENT = Kind("stream event", names.STREAM_EVENT, "member")
COMMAND = Kind("command", CLASS, "member")
SAGA = Kind("saga", names.SAGA, "member")
QUERY = Kind("query", CLASS, "member")
PORT = Kind("port", CLASS, "port")
OPERATION = Kind("operation", names.OPERATION)
REPLICA = Kind("replica", VARIABLE)
