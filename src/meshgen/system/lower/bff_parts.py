"""The parts of endpoints: calls to backends, and what they wait for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from meshgen.naming import identifier
from meshgen.spec.analysis.kinds import bare
from meshgen.spec.model import Argument, Endpoint, Field, FieldOf, Name, Part
from meshgen.spec.routes import aggregate_path
from meshgen.spec.types import EnumType, Type
from meshgen.system.index import Index
from meshgen.system.lower.bff_models import Models, has_pages
from meshgen.system.model import PartView
from meshgen.system.pysource.paths import filled_path, outside_path

CURSOR = "cursor"

Arguments = tuple[tuple[str, Argument], ...]


def in_order(parts: tuple[Part, ...]) -> Iterator[Part]:
    """Yield the parts, each behind those that it waits for."""
    waiting = {part.name: part for part in parts}
    while waiting:
        name = next(n for n, part in waiting.items() if waiting.keys().isdisjoint(part.waits_for))
        yield waiting.pop(name)


def paged_part(endpoint: Endpoint, index: Index) -> Part | None:
    """Return the part whose next page clients may ask for: the only one that has pages."""
    if CURSOR in endpoint.parameters:
        return None
    paged = [part for part in endpoint.parts if has_pages(part, index)]
    return paged[0] if len(paged) == 1 else None


def part_variables(endpoint: Endpoint) -> dict[str, str]:
    """Return the variable of the task of each part by its name."""
    taken = {*endpoint.parameters, "parts", CURSOR}
    variables = {}
    for part in endpoint.parts:
        variables[part.name] = _free(identifier(part.name), taken)
        taken.add(variables[part.name])
    return variables


def _free(name: str, taken: set[str]) -> str:
    return _free(f"{name}_", taken) if name in taken else name


def part_view(
    part: Part,
    endpoint: Endpoint,
    variables: Mapping[str, str],
    models: Models,
    index: Index,
) -> PartView:
    """Return a part of `endpoint` ready to print."""
    answer = models.parts[endpoint.route, part.name]
    optional = {other.name for other in endpoint.parts if other.optional}
    sources = {
        name: f"{variables[name]}_found" if name in optional else f"(await {variables[name]})"
        for name in part.waits_for
    }
    request = _request(part, sources, index)
    if part == paged_part(endpoint, index):
        request += f", {CURSOR}={CURSOR}"
    call = f'backends.get({answer}, "{part.target.unit}", {request})'
    taken = {*endpoint.parameters, *variables.values()}
    return PartView(
        name=part.name,
        variable=variables[part.name],
        call=f"optional({call})" if part.optional else call,
        function=_free(f"get_{part.name}", taken) if sources else None,
        annotation=f"{answer} | None" if part.optional else answer,
        needs=tuple(variables[name] for name in part.waits_for if name in optional),
    )


def _request(part: Part, sources: Mapping[str, str], index: Index) -> str:
    """Return the path and the query of a part, as arguments."""
    given = values_of(index.fields(part.target), part.arguments, sources, index)
    query = index.query(part.target)
    path = query.path if query else aggregate_path(index.aggregate(part.target))
    asked = (f", {name}={value}" for name, value in outside_path(path, given).items())
    return filled_path(path, given) + "".join(asked)


def values_of(
    fields: tuple[Field, ...], arguments: Arguments, sources: Mapping[str, str], index: Index
) -> dict[str, str]:
    """Return arguments as Python source; `sources` are the parts that feed this one."""
    types = {field.name: bare(field.type) for field in fields}
    return {name: _value(value, types.get(name), sources, index) for name, value in arguments}


def _value(value: Argument, type_: Type | None, sources: Mapping[str, str], index: Index) -> str:
    if isinstance(value, str) and isinstance(type_, EnumType):
        return repr(index.identities.id("types", type_.name, "values", value))
    if isinstance(value, FieldOf):
        return f"{sources[value.part]}.{value.field}"
    if isinstance(value, Name):
        return "caller.id" if value.name == "caller" else value.name
    return repr(value)
