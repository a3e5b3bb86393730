"""The collections of the contract with more access patterns: each has a table in Cassandra."""

from __future__ import annotations

from dataclasses import replace

from chassis.store.port import AccessPattern, Sort

from tests.chassis.contracts import store_contract

THINGS = replace(
    store_contract.THINGS,
    patterns=(
        *store_contract.THINGS.patterns,
        AccessPattern(by=("owner",), sort=(Sort("n", descending=True),)),
        AccessPattern(sort=(Sort("price"),)),
    ),
)
COLLECTIONS = (THINGS, store_contract.PEOPLE)
