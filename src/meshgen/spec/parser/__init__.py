"""From a YAML tree to syntax nodes: shapes, keys and names are checked."""

from __future__ import annotations

from meshgen.spec import grammar
from meshgen.spec.diagnostics import Position
from meshgen.spec.grammar.names import PROJECT
from meshgen.spec.grammar.system import LANGUAGE
from meshgen.spec.parser.access import read_declared_roles
from meshgen.spec.parser.bffs import read_bffs
from meshgen.spec.parser.fields import read_types
from meshgen.spec.parser.objectives import read_capacity, read_slo
from meshgen.spec.parser.queries import read_projections
from meshgen.spec.parser.reading import Reading
from meshgen.spec.parser.scenarios import read_scenarios
from meshgen.spec.parser.services import read_services
from meshgen.spec.parser.streams import read_streams
from meshgen.spec.parser.system import read_event_hub, read_gateway, read_processes
from meshgen.spec.syntax import SpecSyntax, Word
from meshgen.spec.yaml.tree import Broken, Mapping, Node, Scalar
from meshgen.unicode import printable


def parse_spec(reading: Reading, root: Mapping) -> SpecSyntax | None:
    """Read a whole spec; None if it uses another version of the language."""
    if not _is_this_language(reading, root):
        return None
    values = reading.keyed(root, grammar.SPEC, Position(1, 1))
    return SpecSyntax(
        name=_project(reading, values.get("name")),
        summary=reading.summary(values.get("summary")),
        roles=read_declared_roles(reading, values.get("roles")),
        types=read_types(reading, values.get("types")),
        event_hub=read_event_hub(reading, values.get("event_hub")),
        services=read_services(reading, values.get("services")),
        projections=read_projections(reading, values.get("projections")),
        streams=read_streams(reading, values.get("streams")),
        gateway=read_gateway(reading, values.get("gateway")),
        bffs=read_bffs(reading, values.get("bffs")),
        processes=read_processes(reading, values.get("processes")),
        slo=read_slo(reading, values.get("slo")),
        capacity=read_capacity(reading, values.get("capacity")),
        scenarios=read_scenarios(reading, values.get("scenarios")),
    )


def _is_this_language(reading: Reading, root: Mapping) -> bool:
    """Check the version of the language, so that an old meshgen refuses newer specs."""
    first = root.entries[0] if root.entries else None
    if first is None or first.key.text != "meshgen":
        later = next((e.key for e in root.entries if e.key.text == "meshgen"), None)
        at = later.at if later else root.at
        reading.error(
            at,
            "a spec must start with `meshgen: 1`",
            "add this version of the spec language as the first key",
        )
        return later is not None
    value = first.value
    if isinstance(value, Broken) or (
        isinstance(value, Scalar) and value.value == LANGUAGE.value and value.value is not True
    ):
        return True
    shown = printable(value.text) if isinstance(value, Scalar) else "this"
    reading.error(
        value.at,
        f"`{shown}` is not a supported version of the spec language",
        f"this version of meshgen supports `meshgen: {LANGUAGE.value}`",
    )
    return False


def _project(reading: Reading, node: Node | None) -> Word | None:
    if node is None or isinstance(node, Broken):
        return None
    if not isinstance(node, Scalar):
        reading.error(node.at, "`name` is not a string", f"write a name such as {PROJECT.example}")
        return None
    return reading.name(node, PROJECT, "a project")
