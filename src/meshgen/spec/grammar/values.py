"""Types, fields, and keys that several constructs have."""

from __future__ import annotations

from meshgen.spec.grammar import kinds, names
from meshgen.spec.grammar.shapes import (
    AnyValue,
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
    meaning="One line of documentation; it is printed in the generated code and in its API.",
)
ROLES = Key(
    name="roles",
    shape=ListOf(NewName(names.ROLE), least=1, single=True),
    meaning="The roles whose callers may do this; a caller's roles are in its token.",
)


def renamed_from(rule: names.NameRule) -> Key:
    """The key that says what a thing was called before."""
    return Key(
        name="renamed_from",
        shape=FormerName(rule),
        meaning=(
            "The name before, so that an update moves the files with their edits; it may stay, or "
            "be removed after the update."
        ),
    )


FIELD = Construct(
    name="field",
    one="a field",
    meaning=(
        "A field is `name: type`. The long form, `name: {type: ..., min: ...}`, adds limits, which "
        "are checked wherever a message or a request is read, and a default."
    ),
    keys=(
        Key(name="type", shape=TypeNotation(), meaning="The type.", required=True),
        Key(name="min", shape=Limit("numbers", "number"), meaning="The least value of a number."),
        Key(
            name="max", shape=Limit("numbers", "number"), meaning="The greatest value of a number."
        ),
        Key(
            name="min_length",
            shape=Limit("strings", "count"),
            meaning="The least number of characters of a string.",
        ),
        Key(
            name="max_length",
            shape=Limit("strings", "count"),
            meaning="The greatest number of characters of a string.",
        ),
        Key(
            name="pattern",
            shape=Limit("strings", "pattern"),
            meaning="A regular expression that is found in the string; `^` and `$` are its ends.",
        ),
        Key(
            name="min_items",
            shape=Limit("lists and maps", "count"),
            meaning="The least number of items of a list or a map.",
        ),
        Key(
            name="max_items",
            shape=Limit("lists and maps", "count"),
            meaning="The greatest number of items of a list or a map.",
        ),
        Key(
            name="default",
            shape=AnyValue(),
            meaning="The value of the field when none is given.",
            otherwise="a value is needed; an optional field is empty",
        ),
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
  text: string?
""",
            at="types",
        ),
    ),
)
LIMITS = {key.name: key.shape for key in FIELD.keys if isinstance(key.shape, Limit)}
FIELDS = MapOf(NewName(names.FIELD), OneOf((TypeNotation(), FIELD)))
TYPES = MapOf(
    kinds.TYPE,
    OneOf(
        (
            ListOf(NewName(names.MEMBER), least=1, unique=True),
            MapOf(NewName(names.FIELD), OneOf((TypeNotation(), FIELD)), least=1),
        )
    ),
)
