"""Descriptions of shapes, for the column "value" of the reference."""

from __future__ import annotations

from meshgen.spec.grammar.shapes import (
    AnyValue,
    Choice,
    Constant,
    Construct,
    Duration,
    Expression,
    FieldName,
    Flag,
    FormerName,
    Integer,
    ItemOf,
    Kind,
    Limit,
    ListOf,
    MapOf,
    NewName,
    OneOf,
    PortCall,
    QueryCall,
    Reference,
    Shape,
    Text,
    TypeNotation,
    UnitName,
)

_LIMITS = {"number": "a number", "count": "a whole number", "pattern": "a regular expression"}
_KEYS = {"`GET /path/{parameter}`": "GET /path", "plain words; they name a test": "sentence"}
_PLACES = {
    "near": "of the same {place}",
    "far": "as `unit.Name`",
    "any": "`Name` in the same service, `unit.Name` elsewhere",
}


def anchor(title: str) -> str:
    """Return GitHub's anchor of a heading."""
    return "#" + "".join(c for c in title.lower().replace(" ", "-") if c.isalnum() or c in "-_")


def link(title: str) -> str:
    """Return a link to a section of the page."""
    return f"[{title}]({anchor(title)})"


def described(shape: Shape) -> str:
    """Describe a shape, with links to sections."""
    match shape:
        case Construct():
            return link(shape.name)
        case ListOf(item=item, single=single):
            return f"list of {plural(item)}" + (", or a single one" if single else "")
        case MapOf(key=key, value=value):
            return f"`{{{_key(key)}: ...}}`, each {described(value)}"
        case OneOf(forms=(TypeNotation(), Construct() as long)):
            return f"{link('type')}, or {link(long.name)}"
        case OneOf(forms=forms):
            return "; or ".join(described(form) for form in forms)
        case _:
            return _scalar(shape)


def plural(shape: Shape) -> str:
    """Describe the items of a list."""
    match shape:
        case Construct(name=name):
            many = f"{name[:-1]}ies" if name.endswith("y") else f"{name}s"
            return f"[{many}]({anchor(name)})"
        case OneOf(forms=forms) if all(isinstance(form, Construct) for form in forms):
            return " and ".join(plural(form) for form in forms)
        case FieldName():
            return "fields"
        case NewName():
            return "names"
        case UnitName():
            return "units"
        case Reference(kinds=kinds):
            return f"names of {kinds[0].name}s"
        case Text(form=form):
            return form
        case _:
            return described(shape)


def _key(key: Kind | NewName | FieldName | Reference | Text) -> str:
    match key:
        case Kind(name=name):
            return name
        case Reference(kinds=kinds, places=places):
            return f"unit.{kinds[0].name}" if places == "far" else kinds[0].name
        case FieldName():
            return "field"
        case Text(form=form):
            return _KEYS.get(form, form)
        case NewName():
            return "name"


def _scalar(shape: Shape) -> str:
    match shape:
        case Text(form=form):
            return form
        case Choice(words=words):
            return ", ".join(f"`{word}`" for word in words)
        case Constant(value=value):
            return f"`{value}`"
        case Flag():
            return "`true`, `false`"
        case Integer(least=least, most=most):
            return f"whole number, {least} to {most}"
        case Limit(of=of, value="count", most=most):
            return f"{_LIMITS['count']}, at most {most}; for {of}"
        case Limit(of=of, value=value):
            return f"{_LIMITS[value]}; for {of}"
        case AnyValue():
            return "a value of the type"
        case Duration():
            return f"[duration]({anchor('Durations')})"
        case NewName():
            return "name"
        case FormerName():
            return "the former name"
        case FieldName(sorted=ordered):
            return "field, or `field desc`" if ordered else "field"
        case Reference(kinds=(kind,), places=places):
            return f"name of {kind.one}" + ("" if places == "any" else f", {_place(kind, places)}")
        case UnitName():
            return "unit"
        case TypeNotation():
            return link("type")
        case Expression():
            return "[expression](#expressions)"
        case ItemOf():
            return "`name in list`"
        case PortCall():
            return "`Port.operation(argument=expression)`"
        case QueryCall():
            return "`unit.Query(field=value)? only [field]`"
    raise AssertionError(shape)


def _place(kind: Kind, places: str) -> str:
    place = "aggregate" if kind.name == "event" else "service"
    return _PLACES[places].format(place=place)
