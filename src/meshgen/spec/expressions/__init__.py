"""Expressions: an allowed subset of Python's syntax, checked against the types of the spec."""

from meshgen.spec.expressions.compile import compile_expression, literal
from meshgen.spec.expressions.model import (
    Access,
    Construction,
    Expression,
    ExpressionError,
    Lookup,
    Member,
    Origin,
    Ref,
    ReplicaType,
    Scope,
    Variable,
)

__all__ = [
    "Access",
    "Construction",
    "Expression",
    "ExpressionError",
    "Lookup",
    "Member",
    "Origin",
    "Ref",
    "ReplicaType",
    "Scope",
    "Variable",
    "compile_expression",
    "literal",
]
