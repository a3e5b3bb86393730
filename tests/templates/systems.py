"""Systems whose answers the templates are tested with."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from meshgen.output.plan import as_json, plan
from meshgen.spec.check import read_spec
from meshgen.spec.model import Spec
from meshgen.system.lower import resolve
from meshgen.system.model import Mesh

ROOT = Path(__file__).parents[2]
SPECS = {
    path.stem: path
    for folder in ("specs", "tests/e2e/specs")
    for path in sorted((ROOT / folder).glob("*.yaml"))
}
HOSTILE = "hostile"
NAMES = (*SPECS, HOSTILE)
_HOSTILE_TEXTS = (
    *('"""', "'''", '"', "\\", "\n", "{{ 7*7 }}", "{% for %}", "{#", "$(id)", "`id`", "${X}"),
    *("\x00", "\u2028", "\u202e", "语", "😀", "../", "]\n[tool.uv]\nx = 'y'", "<b>"),
)


def with_text(spec: Spec, text: str) -> Spec:
    """The spec with `text` in every place that takes free text."""
    return replace(
        spec,
        summary=text,
        services=tuple(replace(service, summary=text) for service in spec.services),
        projections=tuple(replace(each, summary=text) for each in spec.projections),
        bffs=tuple(replace(bff, summary=text) for bff in spec.bffs),
    )


@cache
def mesh(name: str) -> Mesh:
    """A system, resolved once for all tests."""
    if name == HOSTILE:
        return resolve(with_text(read_spec(SPECS["shop"]), "".join(_HOSTILE_TEXTS)))
    return resolve(read_spec(SPECS[name]))


@cache
def answers(name: str) -> tuple[tuple[str, dict[str, Any]], ...]:
    """What each template is told for a system, as it comes out of JSON."""
    return tuple((row.template, json.loads(as_json(row.answers))) for row in plan(mesh(name)))


def largest(name: str) -> dict[str, dict[str, Any]]:
    """Of each template the answers with most in them."""
    found = sorted(answers(name), key=lambda row: len(json.dumps(row[1])))
    return dict(found)
