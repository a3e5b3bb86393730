"""Backends for frontends: endpoints as calls to other units."""

from __future__ import annotations

from collections.abc import Iterator

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
from meshgen.spec.model import Bff, Endpoint, Field, Name, Sending
from meshgen.spec.types import UUID, Type
from meshgen.system.index import Index
from meshgen.system.lower.bff_models import Models, models_of
from meshgen.system.lower.bff_parts import (
    Arguments,
    in_order,
    paged_part,
    part_variables,
    part_view,
    values_of,
)
from meshgen.system.lower.imports import contract_imports
from meshgen.system.model import Argument, Attribute, BffView, EndpointView, SendingView
from meshgen.system.pysource.annotations import annotation
from meshgen.system.pysource.paths import filled_path, outside_path


def bff_view(bff: Bff, index: Index, package: str) -> BffView:
    """Return `bff` ready to print."""
    models = models_of(bff, index)
    functions = endpoint_functions(bff)
    called = {part.target.unit for endpoint in bff.endpoints for part in endpoint.parts}
    called |= {endpoint.sends.command.unit for endpoint in bff.endpoints if endpoint.sends}
    return BffView(
        name=bff.name,
        package=unit_package(package, bff.name),
        distribution=kebab(unit_package(package, bff.name)),
        folder=unit_folder("bffs", bff.name),
        title=pascal(bff.name),
        summary=(bff.summary or f"The backend of the {words(bff.name)} front end").rstrip("."),
        about=about(bff.summary),
        calls=tuple(sorted(called)),
        secured=not all(endpoint.public for endpoint in bff.endpoints),
        public=any(endpoint.public for endpoint in bff.endpoints),
        models=models.views,
        endpoints=tuple(
            _endpoint_view(endpoint, functions[endpoint.route], models, index)
            for endpoint in bff.endpoints
        ),
        imports=contract_imports(index, ()),
    )


def _calls(endpoint: Endpoint, index: Index) -> Iterator[tuple[tuple[Field, ...], Arguments]]:
    """Yield the fields of what an endpoint reads or sends, and what is given of them."""
    yield from ((index.fields(part.target), part.arguments) for part in endpoint.parts)
    if endpoint.sends:
        yield index.command(endpoint.sends.command).fields, endpoint.sends.arguments


def endpoint_functions(bff: Bff) -> dict[str, str]:
    """Return the function of each endpoint by its route: of its path, or of its command."""
    named = {e.route: endpoint_function(e.path) for e in bff.endpoints if not e.sends}
    for endpoint in bff.endpoints:
        if endpoint.sends:
            name = identifier(endpoint.sends.command.name)
            if name in (*named.values(), "public_router"):
                name = f"{endpoint.method.lower()}_{endpoint_function(endpoint.path)}"
            named[endpoint.route] = name
    return named


def _endpoint_view(endpoint: Endpoint, function: str, models: Models, index: Index) -> EndpointView:
    variables = part_variables(endpoint)
    parts = tuple(
        part_view(part, endpoint, variables, models, index) for part in in_order(endpoint.parts)
    )
    return EndpointView(
        method=endpoint.method,
        path=endpoint.path,
        function=function,
        summary=endpoint_summary(endpoint, index),
        parameters=tuple(
            Attribute(
                name=name,
                annotation=annotation(parameter_type(name, endpoint, index)),
                default=None,
            )
            for name in endpoint.parameters
        ),
        needs_caller=any(
            value == Name("caller") for _, given in _calls(endpoint, index) for _, value in given
        ),
        public=endpoint.public,
        answer=models.responses[endpoint.route],
        parts=parts,
        fields=tuple(
            Argument(name=part.name, value=f"{variables[part.name]}.result()")
            for part in endpoint.parts
        ),
        sends=_sending_view(endpoint.sends, endpoint, models, index) if endpoint.sends else None,
        has_pages=paged_part(endpoint, index) is not None,
    )


def endpoint_summary(endpoint: Endpoint, index: Index) -> str:
    """Return a sentence on an endpoint."""
    if endpoint.sends:
        command = index.command(endpoint.sends.command).command
        return (command.summary or words(command.name).capitalize()).rstrip(".") + "."
    names = [words(part.name) for part in endpoint.parts]
    if len(names) == 1:
        return f"Return {names[0]}."
    return f"Return {', '.join(names[:-1])} and {names[-1]} in one response."


def parameter_type(name: str, endpoint: Endpoint, index: Index) -> Type:
    """Return the type of a path parameter: that of the field that it is compared with."""
    type_: Type = UUID
    for fields, given in _calls(endpoint, index):
        types = {field.name: field.type for field in fields}
        type_ = next((types[asked] for asked, value in given if value == Name(name)), type_)
    return bare(type_)


def _sending_view(sends: Sending, endpoint: Endpoint, models: Models, index: Index) -> SendingView:
    of = index.command(sends.command)
    path = of.command.path
    body = models.bodies.get(endpoint.route)
    given = values_of(of.fields, sends.arguments, {}, index)
    arguments = [
        models.responses[endpoint.route],
        f'"{sends.command.unit}"',
        filled_path(path, given),
        *(["body"] if body else ["None"] if of.command.method != "POST" else []),
        *([f'"{of.command.method}"'] if of.command.method != "POST" else []),
        *(f"{name}={value}" for name, value in outside_path(path, given).items()),
    ]
    return SendingView(
        call=f"commands.send({', '.join(arguments)})",
        body=body.name if body else None,
        is_optional=body is not None and body.may_be_empty,
        rules=tuple(dict.fromkeys(guard.name for guard in of.command.requires)),
        creates=of.command.mode == "creates",
        upserts=of.command.mode == "upserts",
    )
