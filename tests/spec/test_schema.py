"""`specs/schema.json` says what the parser knows: held to its key tables and to real specs."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from meshgen.spec import parser
from meshgen.spec.parser import aggregates, bffs, fields, queries, scenarios, services, system
from meshgen.spec.parser.reading import Keys
from meshgen.spec.yaml.load import load
from meshgen.spec.yaml.tree import Broken, Mapping, Node, Sequence

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "specs" / "schema.json").read_text(encoding="utf-8"))

TABLES = {
    "service": services.SERVICE_KEYS,
    "replica": services.REPLICA_KEYS,
    "operation": services.OPERATION_KEYS,
    "policy": services.POLICY_KEYS,
    "saga": services.SAGA_KEYS,
    "step": services.STEP_KEYS,
    "longDispatch": services.DISPATCH_KEYS,
    "aggregate": aggregates.AGGREGATE_KEYS,
    "event": aggregates.EVENT_KEYS,
    "command": aggregates.COMMAND_KEYS,
    "emission": aggregates.EMISSION_KEYS,
    "longField": fields.FIELD_KEYS,
    "query": queries.QUERY_KEYS,
    "rowQuery": queries.ROW_QUERY_KEYS,
    "projection": queries.PROJECTION_KEYS,
    "key": queries.KEY_KEYS,
    "eventHub": system.HUB_KEYS,
    "gateway": system.GATEWAY_KEYS,
    "auth": system.AUTH_KEYS,
    "rateLimit": system.RATE_KEYS,
    "bff": bffs.BFF_KEYS,
    "doStep": scenarios.DO_KEYS,
    "seeStep": scenarios.SEE_KEYS,
    "enum": fields.ENUM_KEYS,
    "member": fields.MEMBER_KEYS,
}  # fmt: skip
ENUMS = {
    ("service", "store"): services.SERVICE_ENGINES,
    ("projection", "store"): queries.PROJECTION_ENGINES,
    ("eventHub", "engine"): system.HUB_ENGINES,
}


def plain(node: Node) -> Any:
    """A tree as JSON values."""
    if isinstance(node, Mapping):
        return {entry.key.text: plain(entry.value) for entry in node.entries}
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    assert not isinstance(node, Broken)
    return float(node.value) if isinstance(node.value, Decimal) else node.value


def faults(path: Path) -> list[str]:
    """What the schema finds wrong with a spec."""
    root, findings = load(path.read_text(encoding="utf-8"))
    assert root is not None
    assert not findings
    return [e.message for e in jsonschema.Draft202012Validator(SCHEMA).iter_errors(plain(root))]


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(("name", "keys"), TABLES.items(), ids=TABLES)
def test_keys_are_those_of_the_parser(name: str, keys: Keys) -> None:
    assert tuple(SCHEMA["$defs"][name]["properties"]) == keys.all
    assert tuple(SCHEMA["$defs"][name].get("required", ())) == keys.required


def test_sections_are_those_of_the_parser() -> None:
    assert tuple(SCHEMA["properties"]) == parser.SPEC_KEYS.all
    assert tuple(SCHEMA["required"]) == parser.SPEC_KEYS.required


def test_every_table_of_keys_is_compared() -> None:
    modules = (aggregates, bffs, fields, queries, scenarios, services, system)
    tables = [v for module in modules for v in vars(module).values() if isinstance(v, Keys)]
    assert all(table in TABLES.values() for table in tables)


@pytest.mark.parametrize(("place", "engines"), ENUMS.items())
def test_engines_are_those_of_the_parser(place: tuple[str, str], engines: tuple[str, ...]) -> None:
    name, key = place
    assert tuple(SCHEMA["$defs"][name]["properties"][key]["enum"]) == engines


@pytest.mark.parametrize("path", sorted((ROOT / "specs").glob("*.yaml")), ids=lambda p: p.name)
def test_the_specs_fit(path: Path) -> None:
    assert faults(path) == []


@pytest.mark.parametrize(
    "case",
    [
        "aggregate-without-id",
        "command-with-two-modes",
        "command-without-effect",
        "event-hub-wrong",
        "gateway-wrong",
        "guard-without-a-name",
        "language-version",
        "name-of-project",
        "names-in-the-wrong-case",
        "projection-reaction-wrong",
        "query-page-out-of-range",
        "required-keys-missing",
        "section-unknown",
        "store-unknown",
    ],
)
def test_an_editor_shows_what_is_wrong_in_form(case: str) -> None:
    path = ROOT / "tests" / "cases" / case / "spec.yaml"
    assert faults(path) != []
