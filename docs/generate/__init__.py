"""Files in this repository that are generated from the grammar by `make docs`."""

from __future__ import annotations

import json
from pathlib import Path

from docs.generate.reference import reference
from meshgen.graph.svg import svg
from meshgen.graph.views import context_map, event_flow, process
from meshgen.spec.check import read_spec
from meshgen.spec.grammar.jsonschema import schema_of_specs

ROOT = Path(__file__).parents[2]


def generated() -> dict[str, str]:
    """Return the text of every generated file by its path in the repository."""
    shop = read_spec(ROOT / "specs" / "shop.yaml")
    (order,) = (service for service in shop.services if service.sagas)
    return {
        "docs/reference.md": reference(),
        "docs/shop-context.svg": svg(context_map(shop)),
        "docs/shop-events.svg": svg(event_flow(shop)),
        "docs/shop-checkout.svg": svg(process(order.name, order.sagas[0])),
        "specs/schema.json": json.dumps(schema_of_specs(), indent=2, ensure_ascii=False) + "\n",
    }
