"""Backends for frontends: endpoints as calls to other units."""

from __future__ import annotations

import re

from meshgen.naming import (
    about,
    identifier,
    kebab,
    pascal,
    unit_folder,
    unit_package,
    words,
)
from meshgen.spec.analysis.kinds import bare
from meshgen.spec.model import Argument, Bff, Endpoint, Name, Part
from meshgen.spec.routes import aggregate_path
from meshgen.spec.types import UUID, EnumType, Type
from meshgen.system.index import Index
from meshgen.system.lower.imports import contract_imports
from meshgen.system.model import Attribute, BffView, EndpointView, PartView
from meshgen.system.pysource.annotations import annotation


def bff_view(bff: Bff, index: Index, package: str) -> BffView:
    """Return `bff` ready to print."""
    parts = [part for endpoint in bff.endpoints for part in endpoint.parts]
    return BffView(
        name=bff.name,
        package=unit_package(package, bff.name),
        distribution=kebab(unit_package(package, bff.name)),
        folder=unit_folder("bffs", bff.name),
        title=pascal(bff.name),
        summary=(bff.summary or f"The backend of the {words(bff.name)} front end").rstrip("."),
        about=about(bff.summary),
        calls=tuple(sorted({part.target.unit for part in parts})),
        secured=not all(endpoint.public for endpoint in bff.endpoints),
        public=any(endpoint.public for endpoint in bff.endpoints),
        endpoints=tuple(_endpoint_view(endpoint, index) for endpoint in bff.endpoints),
        imports=contract_imports(index, ()),
    )


def _endpoint_view(endpoint: Endpoint, index: Index) -> EndpointView:
    names = [words(part.name) for part in endpoint.parts]
    listing = ", ".join(names[:-1]) + (" and " if len(names) > 1 else "") + names[-1]
    return EndpointView(
        path=endpoint.path,
        function=_function(endpoint.path),
        summary=f"Return {listing} in one response." if len(names) > 1 else f"Return {listing}.",
        parameters=tuple(_parameter(name, endpoint, index) for name in endpoint.parameters),
        needs_caller=any(
            value == Name("caller") for part in endpoint.parts for _, value in part.arguments
        ),
        public=endpoint.public,
        parts=tuple(_part_view(part, index) for part in endpoint.parts),
    )


def _parameter(name: str, endpoint: Endpoint, index: Index) -> Attribute:
    """Return a path parameter, with the type of the field that it is compared with."""
    type_: Type = UUID
    for part in endpoint.parts:
        for asked, value in part.arguments:
            if value == Name(name):
                fields = index.fields(part.target)
                type_ = next((field.type for field in fields if field.name == asked), UUID)
    return Attribute(name=name, annotation=annotation(bare(type_)), default=None)


def _function(path: str) -> str:
    """`/orders/{order_id}` -> `orders_by_order_id`, `/` -> `root`."""
    parts = [part for part in path.split("/") if part]
    named = [f"by_{part[1:-1]}" if part.startswith("{") else part for part in parts]
    return identifier(re.sub(r"\W", "_", "_".join(named)) or "root")


def _part_view(part: Part, index: Index) -> PartView:
    call = _get(part, index)
    if part.only:
        call = f"only({call}, {', '.join(map(repr, part.only))})"
    return PartView(name=part.name, call=f"optional({call})" if part.optional else call)


def _get(part: Part, index: Index) -> str:
    query = index.query(part.target)
    if query is not None:
        types = {field.name: bare(field.type) for field in index.fields(part.target)}
        values = {name: _value(value, types.get(name), index) for name, value in part.arguments}
        path = _filled(query.path, values)
        arguments = "".join(f", {name}={value}" for name, value in values.items())
        return f'backends.get("{part.target.unit}", {path}{arguments})'
    aggregate = index.aggregate(part.target)
    (_, value), *_ = part.arguments
    path = _filled(aggregate_path(aggregate), {aggregate.id: _value(value, None, index)})
    return f'backends.get("{part.target.unit}", {path})'


def _filled(path: str, values: dict[str, str]) -> str:
    """Return a path as source, with its parameters, which are taken out of `values`."""
    filled = re.sub(r"{(\w+)}", lambda found: f"{{{values.pop(found[1])}}}", path)
    return f'f"{filled}"' if "{" in path else f'"{path}"'


def _value(value: Argument, type_: Type | None, index: Index) -> str:
    if isinstance(value, str) and isinstance(type_, EnumType):
        return repr(index.identities.id("types", type_.name, "values", value))
    if isinstance(value, Name):
        return "caller.id" if value.name == "caller" else value.name
    return repr(value)
