"""Examples in OpenAPI documents: everywhere, and valid by their schemas."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from meshgen.operations.new import create
from meshgen.output.examples import with_examples
from tests.openapi.specs import ROOT, SPECS

MADE_BY_UNITS = ROOT / "templates/chassis/src/chassis/http/examples.py"
MADE_HERE = ROOT / "src/meshgen/output/examples.py"

Place = tuple[str, dict[str, Any]]


def places(document: dict[str, Any]) -> Iterator[Place]:
    """Yield all that needs an example: where it is, and what has a schema."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            where = f"{method} {path}"
            for parameter in operation.get("parameters", ()):
                if parameter.get("required"):
                    yield f"{where} {parameter['name']}", parameter
            bodies = {"body": operation["requestBody"]} if "requestBody" in operation else {}
            bodies |= {s: r for s, r in operation["responses"].items() if s.startswith("2")}
            for name, body in bodies.items():
                yield f"{where} {name}", body["content"]["application/json"]


@pytest.mark.parametrize("name", SPECS)
def test_each_has_one_that_is_valid(tmp_path: Path, name: str) -> None:
    root = create(tmp_path / "system", SPECS[name]).target
    found = 0
    for contract in sorted((root / "contracts/openapi").glob("*.json")):
        document = json.loads(contract.read_text(encoding="utf-8"))
        for where, body in places(document):
            schema = body["schema"] | {"components": document["components"]}
            checked = Draft202012Validator(
                schema, format_checker=Draft202012Validator.FORMAT_CHECKER
            )
            errors = [error.message for error in checked.iter_errors(body["example"])]
            assert not errors, f"{contract.stem}: {where}"
            found += 1
    assert found or not list(root.glob("services/*/src/*/http.py"))


def example_of(schema: dict[str, Any], **schemas: Any) -> Any:
    operation = {
        "responses": {"200": {"content": {"application/json": {"schema": schema}}}},
    }
    document = {"paths": {"/": {"get": operation}}, "components": {"schemas": schemas}}
    made = with_examples(document)["paths"]["/"]["get"]["responses"]["200"]
    return made["content"]["application/json"].get("example", "none")


def test_what_refers_to_itself_ends() -> None:
    node = {
        "type": "object",
        "properties": {
            "left": {"$ref": "#/components/schemas/Node"},
            "children": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}},
            "next": {"anyOf": [{"$ref": "#/components/schemas/Node"}, {"type": "null"}]},
        },
    }
    assert example_of({"$ref": "#/components/schemas/Node"}, Node=node) == {
        "children": [],
        "next": None,
    }


@pytest.mark.parametrize(
    ("schema", "example"),
    [
        ({"type": "string", "maxLength": 3}, "val"),
        ({"type": "string", "minLength": 12}, "value value "),
        ({"type": "integer", "minimum": 5}, 5),
        ({"type": ["integer", "null"], "maximum": -2}, -2),
        ({"type": "number"}, 12.5),
        ({"type": "array", "items": {"type": "boolean"}, "minItems": 2}, [True, True]),
        ({"type": "array", "items": {"type": "boolean"}, "maxItems": 0}, []),
        ({"type": "string", "enum": ["open"], "default": "closed"}, "closed"),
        ({"type": "string", "pattern": "^[A-Z]$"}, "none"),
        ({"type": "string", "pattern": "^[A-Z]$", "examples": ["Q"]}, "Q"),
        (
            {"type": "object", "minProperties": 2, "additionalProperties": {"type": "boolean"}},
            {"0": True, "1": True},
        ),
    ],
)
def test_it_keeps_to_its_schema(schema: dict[str, Any], example: object) -> None:
    found = example_of(schema)
    assert found == example


def test_units_make_the_same() -> None:
    assert MADE_HERE.read_text(encoding="utf-8") == MADE_BY_UNITS.read_text(encoding="utf-8")
