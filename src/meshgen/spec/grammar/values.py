"""Types, fields, and keys shared by several constructs."""

from __future__ import annotations

from meshgen.spec.grammar import kinds, names
from meshgen.spec.grammar.limits import (
    MAX_COUNT,
    MAX_FIELDS,
    MAX_LEAST_ITEMS,
    MAX_LEAST_LENGTH,
    MAX_MEMBERS,
    MAX_NUMBER,
    MAX_TYPES,
)
from meshgen.spec.grammar.shapes import (
    AnyValue,
    Choice,
    Construct,
    Example,
    FormerName,
    Key,
    Limit,
    ListOf,
    MapOf,
    NewName,
    OneOf,
    Text,
    TypeNotation,
)

MAX_SUMMARY = 200

SUMMARY = Key(
    name="summary",
    shape=Text("one line of text", most=MAX_SUMMARY),
    meaning="One line of documentation for the generated code and its API.",
)
REACH = Choice(("own", "any"))
PATH = Text("a path such as `/orders/{order_id}/cancel`", pattern="/.*")
DEPRECATED = Key(
    name="deprecated",
    shape=MapOf(
        Text("/segment/{parameter}", pattern="/.*"),
        Text("a date such as `2026-11-01`", format="date"),
    ),
    meaning=(
        "Former paths that are answered, too, and since when they are deprecated. Responses say so "
        "(RFC 9745), and which path is their successor."
    ),
)
ROLES = Key(
    name="roles",
    shape=OneOf(
        (
            ListOf(NewName(names.ROLE), least=1, single=True),
            MapOf(NewName(names.ROLE), REACH, least=1),
        )
    ),
    meaning=(
        "The allowed roles; the roles of a caller are in its token. With an `owner`, `{customer: "
        "own, officer: any}`: customers read what belongs to them, officers everything; in a list, "
        "all read only what belongs to them."
    ),
)


def renamed_from(rule: names.NameRule) -> Key:
    """Return the key for the former name of an element."""
    return Key(
        name="renamed_from",
        shape=FormerName(rule),
        meaning=(
            "The former name, so that an update keeps stored data, and moves files with their "
            "edits. It may be removed after the update."
        ),
    )


FIELD = Construct(
    name="field",
    one="a field",
    meaning=(
        "A field is `name: type`. The long form, `name: {type: ..., min: ...}`, adds a default, "
        "and constraints that are checked whenever a message or request is read."
    ),
    keys=(
        Key(name="type", shape=TypeNotation(), meaning="The type.", required=True),
        Key(
            name="min",
            shape=Limit("numbers", "number", MAX_NUMBER),
            meaning="The minimum of a number.",
        ),
        Key(
            name="max",
            shape=Limit("numbers", "number", MAX_NUMBER),
            meaning="The maximum of a number.",
        ),
        Key(
            name="min_length",
            shape=Limit("strings", "count", MAX_LEAST_LENGTH),
            meaning="The minimum length of a string.",
        ),
        Key(
            name="max_length",
            shape=Limit("strings", "count", MAX_COUNT),
            meaning="The maximum length of a string.",
        ),
        Key(
            name="pattern",
            shape=Limit("strings", "pattern"),
            meaning=(
                "A regular expression that the string must contain; anchor it with `^` and `$`."
            ),
        ),
        Key(
            name="min_items",
            shape=Limit("lists and maps", "count", MAX_LEAST_ITEMS),
            meaning="The minimum number of items of a list or a map.",
        ),
        Key(
            name="max_items",
            shape=Limit("lists and maps", "count", MAX_COUNT),
            meaning="The maximum number of items of a list or a map.",
        ),
        Key(
            name="default",
            shape=AnyValue(),
            meaning="The value if none is given.",
            otherwise="required, or empty if optional",
        ),
        renamed_from(names.FIELD),
    ),
    examples=(
        Example(
            """\
Review:
  book_id: uuid
  stars: {type: int, min: 1, max: 5}
  title: {type: string, min_length: 1, max_length: 80, default: "no title"}
  language: {type: string, pattern: "[a-z]{2}", default: en}
  tags: {type: "list[string]", min_items: 1, max_items: 10}
  text: {type: string?, renamed_from: body}
""",
            at="types",
        ),
    ),
)
LIMITS = {key.name: key.shape for key in FIELD.keys if isinstance(key.shape, Limit)}
FIELDS = MapOf(NewName(names.FIELD), OneOf((TypeNotation(), FIELD)), most=MAX_FIELDS)
MEMBER = Construct(
    name="member",
    one="a member",
    meaning="A member of an enum is a word; the long form adds its former name.",
    keys=(
        Key(name="name", shape=NewName(names.MEMBER), meaning="The name.", required=True),
        renamed_from(names.MEMBER),
    ),
    examples=(
        Example("Binding: [hardcover, {name: softcover, renamed_from: paperback}]\n", at="types"),
    ),
)
_MEMBERS = ListOf(OneOf((NewName(names.MEMBER), MEMBER)), least=1, most=MAX_MEMBERS, unique=True)
ENUM = Construct(
    name="enum",
    one="an enum",
    meaning="An enum is a list of words; the long form adds its former name.",
    keys=(
        Key(name="enum", shape=_MEMBERS, meaning="The members.", required=True),
        renamed_from(names.CLASS),
    ),
    examples=(Example("Shelf: {enum: [new, used], renamed_from: Rack}\n", at="types"),),
)
VALUE_OBJECT = Construct(
    name="value object",
    one="a value object",
    meaning="A small immutable record; its fields are written next to the key.",
    keys=(renamed_from(names.CLASS),),
    beside=MapOf(NewName(names.FIELD), OneOf((TypeNotation(), FIELD)), least=1),
    examples=(Example("Size: {renamed_from: Format, height: int, width: int}\n", at="types"),),
)
TYPES = MapOf(kinds.TYPE, OneOf((_MEMBERS, ENUM, VALUE_OBJECT)), most=MAX_TYPES)
