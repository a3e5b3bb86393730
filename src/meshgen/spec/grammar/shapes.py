"""The elements of the grammar: constructs, their keys, and the shapes of values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

from meshgen.spec.grammar.names import NameRule

Group: TypeAlias = Literal["unit", "member", "type", "port"]
Plain: TypeAlias = str | int | bool


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of named elements.

    Attributes:
        name: The word for one element, such as "event".
        rule: The rule for names.
        group: How it is referred to: a unit by its name, a member as `unit.Name` or, in the same
            unit, as `Name`; None if nothing refers to it by name.
    """

    name: str
    rule: NameRule
    group: Group | None = None

    @property
    def one(self) -> str:
        """The name with its article, for messages."""
        return f"{'an' if self.name[0] in 'aeio' else 'a'} {self.name}"


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression may refer to; `names` describes it in Markdown, for the reference."""

    name: str
    names: str


# scalars


@dataclass(frozen=True, slots=True)
class Text:
    """A string in a special format; editors check that it matches `pattern` as a whole."""

    form: str
    pattern: str | None = None
    most: int | None = None
    format: str | None = None


@dataclass(frozen=True, slots=True)
class RequestName(Text):
    """A request at the gateway, `unit.Name` or `bff GET /path`; or a scenario, which has one."""


class ProcessName(Text):
    """A process: one of `processes`, or a unit that is in none of them."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Constant:
    """A constant."""

    value: int


@dataclass(frozen=True, slots=True)
class Flag:
    """`true` or `false`."""


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number."""

    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Limit:
    """A constraint of a field; `of` are the types that support it, `most` its largest value."""

    of: Literal["numbers", "strings", "lists and maps"]
    value: Literal["number", "count", "pattern"]
    most: int | None = None


@dataclass(frozen=True, slots=True)
class AnyValue:
    """Any value of the field's type."""


@dataclass(frozen=True, slots=True)
class Duration:
    """`500ms`, `10s`, `15m`, `2h`, `30d`."""

    pattern: ClassVar[str] = "([1-9][0-9]{0,8})(ms|s|m|h|d)"


@dataclass(frozen=True, slots=True)
class NewName:
    """A new name."""

    rule: NameRule


@dataclass(frozen=True, slots=True)
class FormerName:
    """The former name of an element."""

    rule: NameRule


@dataclass(frozen=True, slots=True)
class FieldName:
    """The name of a field that is declared elsewhere; `sorted`: `desc` may follow."""

    sorted: bool = False


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference: `Name` in the same service, or `unit.Name`.

    Attributes:
        kinds: The kinds it may refer to.
        places: "near" (only what is in the same service), "far" (only `unit.Name`), or "any".
    """

    kinds: tuple[Kind, ...]
    places: Literal["near", "far", "any"] = "any"


@dataclass(frozen=True, slots=True)
class UnitName:
    """The name of a service, a projection, a stream or a BFF."""


@dataclass(frozen=True, slots=True)
class TypeNotation:
    """`string`, `OrderLine`, `list[T]`, `map[K, T]`, `T?`."""


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression, or a plain value."""

    scope: Scope


@dataclass(frozen=True, slots=True)
class ItemOf:
    """`line in lines`: a name, and the expression of a list."""

    scope: Scope


@dataclass(frozen=True, slots=True)
class PortCall:
    """`Port.operation(argument=expression)`."""

    scope: Scope


@dataclass(frozen=True, slots=True)
class QueryCall:
    """`unit.Query(field=value)? only [field]`."""


# collections


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list; if `single`, one item needs no brackets."""

    item: Shape
    least: int = 0
    most: int | None = None
    single: bool = False
    unique: bool = False


@dataclass(frozen=True, slots=True)
class MapOf:
    """A mapping whose keys are names: of a `Kind`, new ones, or references."""

    key: Kind | NewName | FieldName | Reference | Text
    value: Shape
    least: int = 0
    most: int | None = None
    or_empty: bool = False


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of several forms, distinguished by being a scalar, a mapping or a list."""

    forms: tuple[Shape, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """A part of a spec, shown in the reference.

    Attributes:
        text: YAML that is merged into the spec of all examples.
        at: Where it is merged: keys joined by dots; a number is an index.
    """

    text: str
    at: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key of a construct.

    Attributes:
        meaning: One sentence, in Markdown.
        default: The value if the key is missing.
        otherwise: What applies if the key is missing and there is no default value.
        hint: What to write if a required key is missing.
    """

    name: str
    shape: Shape
    meaning: str
    required: bool = False
    default: Plain | None = None
    otherwise: str = ""
    hint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Construct:
    """A mapping with known keys.

    Attributes:
        name: The name of its section in the reference and of its definition in the JSON Schema.
        one: Its name in messages, such as "a service".
        keys: Its keys, in the order of a spec.
        alternatives: Keys of which exactly one is required.
        beside: The shape of names next to the keys.
        later: Reserved keys for later versions of the language.
        or_empty: Whether it may be empty.
    """

    name: str
    one: str
    meaning: str
    keys: tuple[Key, ...]
    alternatives: tuple[str, ...] = ()
    beside: MapOf | None = None
    later: tuple[str, ...] = ()
    or_empty: bool = False
    examples: tuple[Example, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All keys, in the order of a spec."""
        return tuple(key.name for key in self.keys)

    @property
    def required(self) -> tuple[Key, ...]:
        """The required keys."""
        return tuple(key for key in self.keys if key.required)

    @property
    def form(self) -> str:
        """The notation of a mapping with these keys."""
        shown = self.required or self.keys
        return "`{" + ", ".join(f"{key.name}: ..." for key in shown) + "}`"

    def key(self, name: str) -> Key:
        """Return the key `name`."""
        return next(key for key in self.keys if key.name == name)


Value: TypeAlias = (
    Text
    | Choice
    | Constant
    | Flag
    | Integer
    | Limit
    | AnyValue
    | Duration
    | NewName
    | FormerName
    | FieldName
    | Reference
    | UnitName
    | TypeNotation
    | Expression
    | ItemOf
    | PortCall
    | QueryCall
)
Shape: TypeAlias = Value | ListOf | MapOf | OneOf | Construct


def assignments(scope: Scope, *, rule: NameRule | None = None, or_empty: bool = False) -> MapOf:
    """`{field: expression}`; with a `rule` the names are new."""
    key = NewName(rule) if rule else FieldName()
    return MapOf(key, Expression(scope), or_empty=or_empty)
