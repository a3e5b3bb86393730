"""What is generated in this repository from the grammar: `make docs` writes it anew."""

from __future__ import annotations

import json
from pathlib import Path

from meshgen.spec.grammar.jsonschema import schema_of_specs

ROOT = Path(__file__).parents[2]


def generated() -> dict[str, str]:
    """The text of every generated file, by its path in the repository."""
    return {
        "specs/schema.json": json.dumps(schema_of_specs(), indent=2, ensure_ascii=False) + "\n",
    }
