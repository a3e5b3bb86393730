"""The plan of rendering: templates, target folders and answers.

The paths of a template's files define where, how often and under which condition they are rendered;
their first lines define who owns them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields

from meshgen.naming import contracts_package
from meshgen.output.apis import complete_apis
from meshgen.system.model import Mesh, SchemaView

Answers = Mapping[str, object]

PROJECT = "project"
"""The part of a project that is no unit's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A template, the folder of the project that it is rendered into, and its answers."""

    template: str
    folder: str = ""
    answers: Answers


def plan(mesh: Mesh) -> tuple[Row, ...]:
    """Return what the project of `mesh` is rendered from; the chassis is copied as it is."""
    system = mesh.system
    schemas = tuple(SchemaView(name=m.name, document=m.published) for m in mesh.contracts)
    contracts = {
        "system": system,
        "catalog": mesh.catalog,
        "schemas": schemas,
        "apis": complete_apis(mesh),
    }
    gateway = {"system": system, "gateway": mesh.project.gateway}
    return (
        Row(template="project", answers={"system": system, "project": mesh.project}),
        Row(template="contracts", answers=contracts),
        Row(template="gateway", folder="gateway", answers=gateway),
        Row(template="deploy", folder="deploy", answers={"system": system, "deploy": mesh.deploy}),
        *(
            Row(template=kind, folder=view.folder, answers={"system": system, kind: view})
            for kind, views in (
                ("service", mesh.services),
                ("projection", mesh.projections),
                ("stream", mesh.streams),
                ("bff", mesh.bffs),
            )
            for view in views
        ),
    )


def chassis_answers(mesh: Mesh) -> Answers:
    """What the chassis of `mesh` is rendered from."""
    return {"system": mesh.system, "chassis": mesh.chassis}


def schema_path(module: str) -> str:
    """Where the published JSON Schema of a module of the contracts library is."""
    return f"contracts/schemas/{module}.json"


def api_path(unit: str) -> str:
    """Where the OpenAPI document of a unit is."""
    return f"contracts/openapi/{unit}.json"


def contract_path(system: str, module: str) -> str:
    """Where a module of the contracts library is; `system` is the system's name."""
    return f"libs/contracts/src/{contracts_package(system)}/{module}.py"


def as_json(value: object) -> str:
    """Answers as JSON text, which is how templates and fingerprints see them."""
    return json.dumps(value, default=_fields, separators=(",", ":"))


def _fields(value: object) -> dict[str, object]:
    return {field.name: getattr(value, field.name) for field in fields(value)}  # type: ignore[arg-type]
