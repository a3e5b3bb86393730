"""The models of a backend for frontends: what its endpoints answer, and what their parts are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from meshgen.naming import article, endpoint_function, pascal, words
from meshgen.spec.grammar.names import TYPE
from meshgen.spec.model import Bff, Endpoint, Field, Part
from meshgen.spec.types import EnumType, ListType, MapType, ObjectType, OptionalType, Scalar, Type
from meshgen.system.index import Index, row_name
from meshgen.system.model import AnswerView, Attribute
from meshgen.system.pysource.annotations import SCALARS


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a part reads of a row or an aggregate: `fields` of a unit's `name`."""

    unit: str
    name: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answers:
    """The models of a backend for frontends.

    Attributes:
        views: The models, those of parts first.
        of_endpoints: The name of the model of each endpoint, by its path.
        of_parts: The annotation of each part, by the path of its endpoint and its name.
    """

    views: tuple[AnswerView, ...]
    of_endpoints: Mapping[str, str]
    of_parts: Mapping[tuple[str, str], str]


def answers_of(bff: Bff, index: Index) -> Answers:
    """Return the models of `bff`: one for each endpoint, and one for all parts that are alike."""
    shapes = {
        (endpoint.path, part.name): _shape(part, index)
        for endpoint in bff.endpoints
        for part in endpoint.parts
    }
    names = _Names({type_.name for type_ in index.spec.types})
    models = {
        shape: names.new(_of_unit(shape))
        for shape in dict.fromkeys(shapes.values())
        if shape.fields == _known(shape, index)
    }
    endpoints = {e.path: names.new(_of_endpoint(e)) for e in bff.endpoints}
    for (path, part), shape in shapes.items():
        if shape not in models:
            models[shape] = names.new(_reduced(endpoints[path], part, shape))
    of_parts = {
        (e.path, part.name): _paged(models[shapes[e.path, part.name]], part, index)
        for e in bff.endpoints
        for part in e.parts
    }
    parts = tuple(_part_view(name, shape, index) for shape, name in models.items())
    whole = tuple(_endpoint_view(e, endpoints[e.path], of_parts) for e in bff.endpoints)
    return Answers((*parts, *whole), endpoints, of_parts)


class _Names:
    """Names of classes, each given once."""

    def __init__(self, taken: set[str]) -> None:
        self._taken = taken

    def new(self, candidates: Iterator[str]) -> str:
        name = next(c for c in candidates if c not in self._taken and not TYPE.fault(c, "a model"))
        self._taken.add(name)
        return name


def _of_unit(shape: _Shape) -> Iterator[str]:
    """`Order`, `SalesOrder`: of two units with an `Order`, the second one is named."""
    yield shape.name
    yield from _numbered(f"{pascal(shape.unit)}{shape.name}")


def _of_endpoint(endpoint: Endpoint) -> Iterator[str]:
    """`Home`, and `CartAnswer` if a part is a `Cart`, or if it is no name for a class."""
    name = pascal(endpoint_function(endpoint.path))
    yield name
    yield from _numbered(f"{name}Answer")


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
    shown = part.only or () if query else part.only or _shown(part, index)
    known = tuple(field.name for field in index.fields(part.target))
    return _Shape(unit, name, shown or known)


def _shown(part: Part, index: Index) -> tuple[str, ...]:
    reading = index.aggregate(part.target).reading
    return reading.fields if reading else ()


def _fields(shape: _Shape, index: Index) -> tuple[Field, ...]:
    return index.fields_of(shape.unit, shape.name)


def _known(shape: _Shape, index: Index) -> tuple[str, ...]:
    return tuple(field.name for field in _fields(shape, index))


def _paged(model: str, part: Part, index: Index) -> str:
    query = index.query(part.target)
    return f"Page[{model}]" if query and query.page else model


def _part_view(name: str, shape: _Shape, index: Index) -> AnswerView:
    fields = {field.name: field for field in _fields(shape, index)}
    described = words(shape.name.removesuffix("Row"))
    is_row = any(view.name == shape.unit for view in index.spec.views)
    return AnswerView(
        name=name,
        summary=f"A row of {shape.unit}." if is_row else f"{article(described).capitalize()}.",
        fields=tuple(_attribute(fields[each]) for each in shape.fields),
    )


def _endpoint_view(
    endpoint: Endpoint, name: str, of_parts: Mapping[tuple[str, str], str]
) -> AnswerView:
    return AnswerView(
        name=name,
        summary=f"What `GET {endpoint.path}` answers.",
        fields=tuple(
            Attribute(
                name=part.name,
                annotation=of_parts[endpoint.path, part.name]
                + (" | None" if part.optional else ""),
                default=None,
            )
            for part in endpoint.parts
        ),
    )


def _attribute(field: Field) -> Attribute:
    """Return a field; one that may be null may be missing, too."""
    default = "None" if isinstance(field.type, OptionalType) else None
    return Attribute(name=field.name, annotation=_annotation(field.type), default=default)


def _annotation(type_: Type) -> str:
    """Return a type as JSON has it: `list[OrderLine]`."""
    match type_:
        case Scalar(name):
            return SCALARS[name]
        case EnumType(name) | ObjectType(name):
            return name
        case ListType(item):
            return f"list[{_annotation(item)}]"
        case MapType(key, value):
            return f"dict[{_annotation(key)}, {_annotation(value)}]"
        case OptionalType(item):
            return f"{_annotation(item)} | None"
