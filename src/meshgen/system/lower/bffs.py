"""Backends for frontends: endpoints as calls to other units."""

from __future__ import annotations

from meshgen.naming import (
    about,
    endpoint_function,
    identifier,
    kebab,
    pascal,
    unit_folder,
    unit_package,
    words,
)
from meshgen.spec.analysis.kinds import bare
from meshgen.spec.model import Argument, Bff, Endpoint, Name, Part
from meshgen.spec.routes import aggregate_path, query_path
from meshgen.spec.types import UUID, EnumType, Type
from meshgen.system.index import Index
from meshgen.system.lower.answers import Answers, answers_of
from meshgen.system.lower.imports import contract_imports
from meshgen.system.model import Attribute, BffView, EndpointView, PartView
from meshgen.system.pysource.annotations import annotation


def bff_view(bff: Bff, index: Index, package: str) -> BffView:
    """Return `bff` ready to print."""
    parts = [part for endpoint in bff.endpoints for part in endpoint.parts]
    answers = answers_of(bff, index)
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
        answers=answers.views,
        endpoints=tuple(_endpoint_view(endpoint, answers, index) for endpoint in bff.endpoints),
        imports=contract_imports(index, ()),
    )


def _endpoint_view(endpoint: Endpoint, answers: Answers, index: Index) -> EndpointView:
    names = [words(part.name) for part in endpoint.parts]
    listing = ", ".join(names[:-1]) + (" and " if len(names) > 1 else "") + names[-1]
    return EndpointView(
        path=endpoint.path,
        function=endpoint_function(endpoint.path),
        summary=f"Return {listing} in one response." if len(names) > 1 else f"Return {listing}.",
        parameters=tuple(_parameter(name, endpoint, index) for name in endpoint.parameters),
        needs_caller=any(
            value == Name("caller") for part in endpoint.parts for _, value in part.arguments
        ),
        public=endpoint.public,
        answer=answers.of_endpoints[endpoint.path],
        parts=tuple(_part_view(part, endpoint, answers, index) for part in endpoint.parts),
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


def _part_view(part: Part, endpoint: Endpoint, answers: Answers, index: Index) -> PartView:
    answer = answers.of_parts[endpoint.path, part.name]
    call = f'backends.get({answer}, "{part.target.unit}", {_request(part, index)})'
    variable = identifier(part.name)
    while variable in (*endpoint.parameters, "parts"):
        variable += "_"
    return PartView(
        name=part.name,
        variable=variable,
        call=f"optional({call})" if part.optional else call,
    )


def _request(part: Part, index: Index) -> str:
    """Return the path and the query of a part, as arguments."""
    query = index.query(part.target)
    if query is not None:
        types = {field.name: bare(field.type) for field in index.fields(part.target)}
        arguments = "".join(
            f", {name}={_value(value, types.get(name), index)}" for name, value in part.arguments
        )
        return f'"{query_path(query)}"{arguments}'
    aggregate = index.aggregate(part.target)
    ((id, value),) = part.arguments
    path = aggregate_path(aggregate).replace(f"{{{id}}}", f"{{{_value(value, None, index)}}}")
    return f'f"{path}"'


def _value(value: Argument, type_: Type | None, index: Index) -> str:
    if isinstance(value, str) and isinstance(type_, EnumType):
        return repr(index.identities.id("types", type_.name, "values", value))
    if isinstance(value, Name):
        return "caller.id" if value.name == "caller" else value.name
    return repr(value)
