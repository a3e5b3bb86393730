"""The grammar of the spec language: one table of every construct, key, shape and default.

The parser takes its key checks from it, `rename` and `remove` the places of names, editors their
JSON Schema, the scaffolding the order of keys, and the reference its text.
"""

from meshgen.spec.grammar.aggregates import AGGREGATE, COMMAND, EMISSION, EVENT
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
from meshgen.spec.grammar.system import (
    AUTH,
    DO_STEP,
    EVENT_HUB,
    GATEWAY,
    RATE_LIMIT,
    SEE_STEP,
    SPEC,
)
from meshgen.spec.grammar.values import FIELD

__all__ = [
    "AGGREGATE",
    "AUTH",
    "BFF",
    "COMMAND",
    "CONSTRUCTS",
    "DISPATCH",
    "DO_STEP",
    "EMISSION",
    "EVENT",
    "EVENT_HUB",
    "FIELD",
    "GATEWAY",
    "OPERATION",
    "POLICY",
    "PROJECTION",
    "QUERY",
    "RATE_LIMIT",
    "REACTION",
    "REPLICA",
    "ROW_KEY",
    "ROW_QUERY",
    "SAGA",
    "SEE_STEP",
    "SERVICE",
    "SPEC",
    "STEP",
]

# in the order in which one writes a spec, which is that of the reference
CONSTRUCTS = (
    SPEC,
    FIELD,
    EVENT_HUB,
    SERVICE,
    AGGREGATE,
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
    GATEWAY,
    AUTH,
    RATE_LIMIT,
    BFF,
    DO_STEP,
    SEE_STEP,
)  # fmt: skip
