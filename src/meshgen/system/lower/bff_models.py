"""The models of a backend for frontends: of its responses, of their parts, and of bodies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from meshgen.naming import article, endpoint_function, pascal, words
from meshgen.spec.grammar.names import TYPE
from meshgen.spec.model import Bff, Endpoint, Field, Missing, Part, Sending
from meshgen.spec.types import OptionalType
from meshgen.system.index import Index, row_name
from meshgen.system.jsonschema import matching_text
from meshgen.system.model import Attribute, ModelView
from meshgen.system.pysource.annotations import constant, json_annotation
from meshgen.system.pysource.literals import literal

_BOUNDS = {
    "min": "ge",
    "max": "le",
    "min_length": "min_length",
    "max_length": "max_length",
    "pattern": "pattern",
    "min_items": "min_length",
    "max_items": "max_length",
}


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a part reads of a row or an aggregate: `fields` of a unit's `name`."""

    unit: str
    name: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Models:
    """The models of a backend for frontends.

    Attributes:
        views: The models, those of parts first.
        responses: The name of the model of each response, by the route of its endpoint.
        parts: The annotation of each part, by the route of its endpoint and its name.
        bodies: The model of each body, by the route of its endpoint, if it has one.
        named: The name of the model of each part, like `parts`: without its page.
        read: The fields of the models of parts, by the names of these.
        sent: The fields of each body, like `bodies`.
    """

    views: tuple[ModelView, ...]
    responses: Mapping[str, str]
    parts: Mapping[tuple[str, str], str]
    bodies: Mapping[str, ModelView]
    named: Mapping[tuple[str, str], str]
    read: Mapping[str, tuple[Field, ...]]
    sent: Mapping[str, tuple[Field, ...]]


def models_of(bff: Bff, index: Index) -> Models:
    """Return the models of `bff`: one for each endpoint, and one for all parts that are alike."""
    names = _Names({type_.name for type_ in index.spec.types})
    reads = [endpoint for endpoint in bff.endpoints if not endpoint.sends]
    shapes = {(e.route, part.name): _shape(part, index) for e in reads for part in e.parts}
    models = {
        shape: names.new(_of_unit(shape.unit, shape.name))
        for shape in dict.fromkeys(shapes.values())
        if shape.fields == _known(shape, index)
    }
    responses = {endpoint.route: names.new(_of_endpoint(endpoint)) for endpoint in reads}
    for (route, part), shape in shapes.items():
        if shape not in models:
            models[shape] = names.new(_reduced(responses[route], part, shape))
    parts = {
        (e.route, part.name): _paged(models[shapes[e.route, part.name]], part, index)
        for e in reads
        for part in e.parts
    }
    read = {name: _fields(shape, index) for shape, name in models.items()}
    bodies: dict[str, ModelView] = {}
    sent: dict[str, tuple[Field, ...]] = {}
    outcomes: dict[str, ModelView] = {}
    for endpoint in bff.endpoints:
        if endpoint.sends:
            name = names.new(_of_command(endpoint.sends))
            outcomes[endpoint.route] = _outcome_view(f"{name}Outcome", endpoint.sends, index)
            if fields := _left(endpoint.sends, index):
                sent[endpoint.route] = fields
                bodies[endpoint.route] = _body_view(name, endpoint, endpoint.sends, fields, index)
    views = (
        *(_part_view(name, shape, read[name], index) for shape, name in models.items()),
        *(_response_view(e, responses[e.route], parts) for e in reads),
        *bodies.values(),
        *outcomes.values(),
    )
    return Models(
        views,
        responses | {route: view.name for route, view in outcomes.items()},
        parts,
        bodies,
        named={place: models[shape] for place, shape in shapes.items()},
        read=read,
        sent=sent,
    )


class _Names:
    """Names of classes, each given once."""

    def __init__(self, taken: set[str]) -> None:
        self._taken = taken

    def new(self, candidates: Iterable[str]) -> str:
        """Return the first of `candidates` that is free, as are those that begin with it."""
        name = next(
            c
            for c in candidates
            if self._taken.isdisjoint((c, f"{c}Page")) and not TYPE.fault(c, "a model")
        )
        self._taken |= {name, f"{name}Outcome", f"{name}Page"}
        return name


def _of_unit(unit: str, name: str) -> Iterator[str]:
    """`Order`, `SalesOrder`: of two units with an `Order`, the second one is named."""
    yield name
    yield from _numbered(f"{pascal(unit)}{name}")


def _of_endpoint(endpoint: Endpoint) -> Iterator[str]:
    """`Home`, and `CartAnswer` if a part is a `Cart`, or if it is no name for a class."""
    name = pascal(endpoint_function(endpoint.path))
    yield name
    yield from _numbered(f"{name}Answer")


def _of_command(sends: Sending) -> Iterator[str]:
    """`PutItem`; `CartPutItem` if there is something else with this name."""
    yield from _of_unit(sends.command.unit, sends.command.name)


def _reduced(endpoint: str, part: str, shape: _Shape) -> Iterator[str]:
    """`HomeCatalogRow`: the row of the catalog, with only the fields that `Home` has of it."""
    yield f"{endpoint}{shape.name}"
    yield from _numbered(f"{endpoint}{pascal(part)}{shape.name}")


def _numbered(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}{number}" for number in range(2, 10_000))


def _shape(part: Part, index: Index) -> _Shape:
    unit = part.target.unit
    query = index.query(part.target)
    row = next((row_name(view) for view in index.spec.views if view.name == unit), None)
    name = row or (str(query.of) if query else part.target.name)
    shown = part.only or (() if query else _shown(part, index))
    return _Shape(unit, name, shown or tuple(f.name for f in index.fields(part.target)))


def _shown(part: Part, index: Index) -> tuple[str, ...]:
    reading = index.aggregate(part.target).reading
    return reading.fields if reading else ()


def _known(shape: _Shape, index: Index) -> tuple[str, ...]:
    return tuple(field.name for field in index.fields_of(shape.unit, shape.name))


def has_pages(part: Part, index: Index) -> bool:
    """Tell whether a part is a page of rows, and not a single one."""
    query = index.query(part.target)
    return query is not None and query.page is not None


def _paged(model: str, part: Part, index: Index) -> str:
    return f"Page[{model}]" if has_pages(part, index) else model


def _fields(shape: _Shape, index: Index) -> tuple[Field, ...]:
    fields = {field.name: field for field in index.fields_of(shape.unit, shape.name)}
    return tuple(fields[each] for each in shape.fields)


def _part_view(name: str, shape: _Shape, fields: tuple[Field, ...], index: Index) -> ModelView:
    is_row = any(view.name == shape.unit for view in index.spec.views)
    described = article(words(shape.name)).capitalize()
    return ModelView(
        name=name,
        base="Answer",
        summary=f"A row of {shape.unit}." if is_row else f"{described}.",
        fields=tuple(map(_read, fields)),
    )


def _read(field: Field) -> Attribute:
    """Return a field of a part; one that may be null may be missing, too."""
    default = "None" if isinstance(field.type, OptionalType) else None
    return Attribute(name=field.name, annotation=json_annotation(field.type), default=default)


def _response_view(
    endpoint: Endpoint, name: str, parts: Mapping[tuple[str, str], str]
) -> ModelView:
    return ModelView(
        name=name,
        base="Answer",
        summary=f"What `{endpoint.route}` answers.",
        fields=tuple(
            Attribute(
                name=part.name,
                annotation=parts[endpoint.route, part.name] + (" | None" if part.optional else ""),
                default=None,
            )
            for part in endpoint.parts
        ),
    )


def _left(sends: Sending, index: Index) -> tuple[Field, ...]:
    """Return what is left of the fields of a command: what the client says."""
    of = index.command(sends.command)
    given = {name for name, _ in sends.arguments} | set(of.command.from_caller)
    return tuple(field for field in of.fields if field.name not in given)


def _sent(field: Field, *, generated: bool) -> Attribute:
    """Return a field of a body; the service may generate an id."""
    annotation, default = json_annotation(field.type), None
    if generated:
        annotation, default = f"{annotation} | None", "None"
    bounds = [
        f"{keyword}={literal(getattr(field, name))}"
        for name, keyword in _BOUNDS.items()
        if getattr(field, name) is not None
    ]
    if text := matching_text(field):
        bounds.append(f"examples=[{literal(text)}]")
    if bounds:
        annotation = f"Annotated[{annotation}, Field({', '.join(bounds)})]"
    if not isinstance(field.default, Missing):
        default = constant(field.default, field.type)
    elif isinstance(field.type, OptionalType):
        default = "None"
    return Attribute(name=field.name, annotation=annotation, default=default)


def _body_view(
    name: str, endpoint: Endpoint, sends: Sending, fields: tuple[Field, ...], index: Index
) -> ModelView:
    id = index.command(sends.command).aggregate.id
    return ModelView(
        name=name,
        base="Body",
        summary=f"The body of `{endpoint.route}`.",
        fields=tuple(_sent(field, generated=field.name == id) for field in fields),
    )


def _outcome_view(name: str, sends: Sending, index: Index) -> ModelView:
    of = index.command(sends.command)
    outcome = {of.aggregate.id: "UUID", "version": "int", "events": "list[str]"}
    return ModelView(
        name=name,
        base="Answer",
        summary=f"The outcome of `{sends.command.name}`.",
        fields=tuple(Attribute(name=n, annotation=a, default=None) for n, a in outcome.items()),
    )
