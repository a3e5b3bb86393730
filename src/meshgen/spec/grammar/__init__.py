"""The grammar of the spec language: a table of all constructs, keys, shapes and defaults.

It is used by the parser, by `rename` and `remove` to find names, by the JSON Schema for editors, by
the scaffolding for the order of keys, and by the language reference.
"""

from meshgen.spec.grammar.aggregates import AGGREGATE, COMMAND, EMISSION, EVENT, READ, READ_NOBODY
from meshgen.spec.grammar.objectives import (
    CAPACITY,
    LATENCY,
    LOAD,
    PROCESS_CAPACITY,
    REPLICA_BOUNDS,
    SLO,
    UNIT_SLO,
)
from meshgen.spec.grammar.reactions import DISPATCH, POLICY, SAGA, STEP
from meshgen.spec.grammar.reads import (
    BFF,
    PROJECTION,
    QUERY,
    REACTION,
    ROW_KEY,
    ROW_QUERY,
)
from meshgen.spec.grammar.services import OPERATION, REPLICA, SERVICE
from meshgen.spec.grammar.streams import STREAM, STREAM_EVENT, WINDOW
from meshgen.spec.grammar.system import (
    AUTH,
    DO_STEP,
    EVENT_HUB,
    GATEWAY,
    RATE_LIMIT,
    SEE_STEP,
    SPEC,
)
from meshgen.spec.grammar.values import ENUM, FIELD, MEMBER, VALUE_OBJECT

__all__ = [
    "AGGREGATE",
    "AUTH",
    "BFF",
    "CAPACITY",
    "COMMAND",
    "CONSTRUCTS",
    "DISPATCH",
    "DO_STEP",
    "EMISSION",
    "ENUM",
    "EVENT",
    "EVENT_HUB",
    "FIELD",
    "GATEWAY",
    "LATENCY",
    "LOAD",
    "MEMBER",
    "OPERATION",
    "POLICY",
    "PROCESS_CAPACITY",
    "PROJECTION",
    "QUERY",
    "RATE_LIMIT",
    "REACTION",
    "READ",
    "READ_NOBODY",
    "REPLICA",
    "REPLICA_BOUNDS",
    "ROW_KEY",
    "ROW_QUERY",
    "SAGA",
    "SEE_STEP",
    "SERVICE",
    "SLO",
    "SPEC",
    "STEP",
    "STREAM",
    "STREAM_EVENT",
    "UNIT_SLO",
    "VALUE_OBJECT",
    "WINDOW",
]

# in the order of a spec, which is that of the reference
CONSTRUCTS = (
    SPEC,
    ENUM,
    MEMBER,
    VALUE_OBJECT,
    FIELD,
    EVENT_HUB,
    SERVICE,
    AGGREGATE,
    READ,
    EVENT,
    COMMAND,
    EMISSION,
    REPLICA,
    OPERATION,
    POLICY,
    SAGA,
    STEP,
    DISPATCH,
    QUERY,
    PROJECTION,
    ROW_KEY,
    REACTION,
    ROW_QUERY,
    STREAM,
    WINDOW,
    STREAM_EVENT,
    GATEWAY,
    AUTH,
    RATE_LIMIT,
    BFF,
    SLO,
    LATENCY,
    LOAD,
    UNIT_SLO,
    CAPACITY,
    PROCESS_CAPACITY,
    REPLICA_BOUNDS,
    DO_STEP,
    SEE_STEP,
)  # fmt: skip
