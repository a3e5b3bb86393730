"""`specs/schema.json` accepts real specs and shows what is wrong in form."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from meshgen.spec.yaml.load import load
from meshgen.spec.yaml.tree import Broken, Mapping, Node, Sequence

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "specs" / "schema.json").read_text(encoding="utf-8"))


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


def test_every_key_is_described() -> None:
    tables = [SCHEMA, *SCHEMA["$defs"].values()]
    assert sum(len(table["properties"]) for table in tables) >= 100
    assert all(key["description"] for table in tables for key in table["properties"].values())


@pytest.mark.parametrize("path", sorted((ROOT / "specs").glob("*.yaml")), ids=lambda p: p.name)
def test_the_specs_fit(path: Path) -> None:
    assert faults(path) == []


@pytest.mark.parametrize(
    "case",
    [
        "aggregate-without-id",
        "command-roles-empty",
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
