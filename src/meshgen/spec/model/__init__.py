"""The validated spec: what `check` hands to `resolve`. Frozen, complete, free of YAML.

Every default is filled in, every reference is known to exist, every expression is parsed and typed.
`at` says where an element stands in the file; it never takes part in comparisons.
"""

from meshgen.spec.declarations import MISSING, Enum, Field, Missing, ValueObject
from meshgen.spec.model.reads import (
    Argument,
    Bff,
    Endpoint,
    Name,
    Part,
    Projection,
    Query,
    Reaction,
)
from meshgen.spec.model.services import (
    Aggregate,
    Command,
    Dispatch,
    Emission,
    Event,
    Operation,
    Policy,
    Port,
    PortCall,
    Replica,
    Saga,
    Service,
    Step,
)
from meshgen.spec.model.system import Do, EventHub, Gateway, Process, RateLimit, Scenario, See, Spec
from meshgen.spec.model.values import (
    Assignment,
    Each,
    Guard,
    Ref,
    SortKey,
    Store,
)

__all__ = [
    "MISSING",
    "Aggregate",
    "Argument",
    "Assignment",
    "Bff",
    "Command",
    "Dispatch",
    "Do",
    "Each",
    "Emission",
    "Endpoint",
    "Enum",
    "Event",
    "EventHub",
    "Field",
    "Gateway",
    "Guard",
    "Missing",
    "Name",
    "Operation",
    "Part",
    "Policy",
    "Port",
    "PortCall",
    "Process",
    "Projection",
    "Query",
    "RateLimit",
    "Reaction",
    "Ref",
    "Replica",
    "Saga",
    "Scenario",
    "See",
    "Service",
    "SortKey",
    "Spec",
    "Step",
    "Store",
    "ValueObject",
]
