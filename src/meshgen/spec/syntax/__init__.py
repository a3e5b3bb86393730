"""The syntax of a spec before names are resolved: shapes are checked, names and types are text.

`parser` creates these nodes from the YAML tree, and `analysis` creates the model from them. Short
forms are normalized. What could not be read is missing or empty, and has a finding.
"""

from __future__ import annotations

from meshgen.spec.syntax.reads import (
    ProjectionSyntax,
    QuerySyntax,
    ReactionSyntax,
    SortSyntax,
    StreamEventSyntax,
    StreamSyntax,
    WindowSyntax,
)
from meshgen.spec.syntax.services import (
    AggregateSyntax,
    CommandSyntax,
    DispatchSyntax,
    EmissionSyntax,
    EventSyntax,
    OperationSyntax,
    PolicySyntax,
    PortSyntax,
    ReadSyntax,
    ReplicaSyntax,
    RouteSyntax,
    SagaSyntax,
    ServiceSyntax,
    StepSyntax,
)
from meshgen.spec.syntax.system import (
    ArgumentSyntax,
    BffSyntax,
    CapacitySyntax,
    DoSyntax,
    EndpointSyntax,
    LoadSyntax,
    PartSyntax,
    ProcessSyntax,
    ScenarioSyntax,
    SeeSyntax,
    SloSyntax,
    SpecSyntax,
)
from meshgen.spec.syntax.values import (
    Assignments,
    AssignmentSyntax,
    FieldSyntax,
    MemberSyntax,
    RoleSyntax,
    TypeSyntax,
    Word,
)

__all__ = [
    "AggregateSyntax",
    "ArgumentSyntax",
    "AssignmentSyntax",
    "Assignments",
    "BffSyntax",
    "CapacitySyntax",
    "CommandSyntax",
    "DispatchSyntax",
    "DoSyntax",
    "EmissionSyntax",
    "EndpointSyntax",
    "EventSyntax",
    "FieldSyntax",
    "LoadSyntax",
    "MemberSyntax",
    "OperationSyntax",
    "PartSyntax",
    "PolicySyntax",
    "PortSyntax",
    "ProcessSyntax",
    "ProjectionSyntax",
    "QuerySyntax",
    "ReactionSyntax",
    "ReadSyntax",
    "ReplicaSyntax",
    "RoleSyntax",
    "RouteSyntax",
    "SagaSyntax",
    "ScenarioSyntax",
    "SeeSyntax",
    "ServiceSyntax",
    "SloSyntax",
    "SortSyntax",
    "SpecSyntax",
    "StepSyntax",
    "StreamEventSyntax",
    "StreamSyntax",
    "TypeSyntax",
    "WindowSyntax",
    "Word",
]
