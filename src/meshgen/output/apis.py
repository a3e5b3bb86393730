"""The OpenAPI documents with all that they refer to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from meshgen.output.examples import with_examples
from meshgen.output.templates import template_folder
from meshgen.system.model import ApiView, Mesh

_COMPONENTS = "src/chassis/http/components.json"


def complete_apis(mesh: Mesh) -> tuple[ApiView, ...]:
    """Return the APIs of `mesh`: each document has those of the common components that it needs."""
    return tuple(ApiView(name=api.name, document=_complete(api.document)) for api in mesh.apis)


@cache
def _common() -> dict[str, dict[str, Any]]:
    """The components of the chassis, by which units document themselves."""
    text = (template_folder("chassis") / _COMPONENTS).read_text(encoding="utf-8")
    return dict(json.loads(text))


def _complete(document: dict[str, Any]) -> dict[str, object]:
    common = _common()
    needed: set[tuple[str, str]] = set()
    waiting = [document]
    while waiting:
        for kind, name in _references(waiting.pop()):
            if (kind, name) not in needed and name in common[kind]:
                needed.add((kind, name))
                waiting.append(common[kind][name])
    components = dict(document["components"])
    for kind, named in common.items():
        found = {name: value for name, value in named.items() if (kind, name) in needed}
        if found:
            components[kind] = components.get(kind, {}) | found
    return with_examples({**document, "components": components})


def _references(node: object) -> Iterator[tuple[str, str]]:
    """Yield the kinds and names of the components that `node` refers to."""
    if isinstance(node, dict):
        if isinstance(reference := node.get("$ref"), str):
            _, _, kind, name = reference.split("/")
            yield kind, name
        if isinstance(requirements := node.get("security"), list):
            yield from (("securitySchemes", name) for each in requirements for name in each)
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)
