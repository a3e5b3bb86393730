"""Reading a tree with nothing taken for granted: a wrong shape is a finding, not an exception."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from meshgen.errors import Finding, Position
from meshgen.spec.draft import AssignmentDraft, Assignments, Word
from meshgen.spec.parse.names import NameRule
from meshgen.spec.suggest import meant, meant_or_one_of, one_of
from meshgen.spec.tree import Broken, Entry, Mapping, Node, Scalar, Sequence

MAX_SUMMARY = 200
MAX_SECONDS = 3650 * 24 * 3600

_DURATION = re.compile(r"([1-9][0-9]{0,8})(ms|s|m|h|d)")
_MILLISECONDS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys a mapping may have; `later` are words that the language will have."""

    what: str
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    later: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        return (*self.required, *self.optional)


class Reading:
    """Collects the findings of one spec.

    `lost` holds keys and names whose content could not be read, so that nobody goes on to say
    that what stood there does not exist.
    """

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.lost: set[str] = set()

    def error(self, at: Position, message: str, hint: str | None = None) -> None:
        self.findings.append(Finding(at, message, hint))

    # shapes

    def entries(self, node: Node, what: str, form: str = "`{key: value}`") -> tuple[Entry, ...]:
        """The entries of a mapping."""
        if isinstance(node, Mapping):
            return node.entries
        if not isinstance(node, Broken):
            self.error(node.at, f"{what} is {shape(node)}", f"it is written {form}")
        return ()

    def keyed(self, node: Node, keys: Keys, at: Position | None = None) -> dict[str, Node]:
        """The values of a mapping with the language's own keys; `at` is where a lack is shown."""
        found: dict[str, Node] = {}
        meant_keys: set[str] = set()
        if not isinstance(node, Mapping):
            self.entries(node, keys.what, one_of(keys.all) or "`{key: value}`")
            self.lost.update(keys.all)
            return found
        for entry in node.entries:
            name = entry.key.text
            if name in keys.required or name in keys.optional:
                found[name] = entry.value
            else:
                meant_keys.update(self._unknown_key(entry.key, keys, node))
        for name in keys.required:
            if name not in found and name not in meant_keys:
                self.error(at or node.at, f"{keys.what} needs `{name}`")
                self.lost.add(name)
        return found

    def _unknown_key(self, key: Scalar, keys: Keys, mapping: Mapping) -> list[str]:
        name = key.text
        if name in keys.later:
            self.error(
                key.at,
                f"`{name}` is not supported yet",
                "leave it out; a later version of meshgen brings it",
            )
            return []
        if re.search(r"[()\[\]]", name):  # a comma cut an expression in two: {total: max(a, b)}
            self.error(
                key.at,
                f"{keys.what} has no key `{name}`",
                "an expression with a comma needs quotes around it",
            )
            return []
        left = [
            known for known in keys.all if all(entry.key.text != known for entry in mapping.entries)
        ]
        hint = meant(name, left) or meant_or_one_of(name, keys.all)
        self.error(key.at, f"{keys.what} has no key `{printable(name)}`", hint)
        guesses = [known for known in left if hint == f"did you mean `{known}`?"]
        self.lost.update(guesses)
        return guesses

    def named(self, node: Node | None, what: str, rule: NameRule) -> Iterator[tuple[Word, Node]]:
        """The entries of a mapping whose keys are the user's names."""
        if node is None:
            return
        if not isinstance(node, Mapping):
            self.entries(node, what, "`{name: ...}`")
            self.lost.add(what.strip("`"))
            return
        for entry in node.entries:
            yield self.name(entry.key, rule), entry.value

    def name(self, key: Scalar, rule: NameRule) -> Word:
        """A name of the user's, checked."""
        fault = rule.fault(key.text)
        if fault:
            self.error(key.at, *fault)
        return Word(key.text, key.at)

    def items(self, node: Node | None, what: str) -> tuple[Node, ...]:
        """The items of a list."""
        if isinstance(node, Sequence):
            return node.items
        if node is not None and not isinstance(node, Broken):
            self.error(
                node.at,
                f"{what} is {shape(node)}",
                "it is a list: `[...]`, or lines that start with `- `",
            )
        return ()

    # values

    def text(self, node: Node | None, what: str) -> Scalar | None:
        """A text."""
        if isinstance(node, Scalar) and isinstance(node.value, str) and node.value.strip():
            return node
        if node is not None and not isinstance(node, Broken):
            self.error(node.at, f"{what} is {shape(node)}", "it is a text")
        return None

    def summary(self, node: Node | None) -> str | None:
        """One line of prose."""
        found = self.text(node, "a summary")
        if found is None:
            return None
        if fault := prose_fault(found.text):
            self.error(found.at, f"a summary {fault}")
        return found.text

    def word(self, node: Node | None, what: str) -> Word | None:
        """A reference to something by its name (checked where it is looked up)."""
        if isinstance(node, Scalar) and node.text and not any(c.isspace() for c in node.text):
            return Word(node.text, node.at)
        if node is not None and not isinstance(node, Broken):
            self.error(node.at, f"{what} is {shape(node)}", "it is a single name")
        return None

    def words(self, node: Node | None, what: str) -> tuple[Word, ...]:
        """A list of references; a single one may stand without brackets."""
        nodes = node.items if isinstance(node, Sequence) else () if node is None else (node,)
        words = tuple(word for item in nodes if (word := self.word(item, what)))
        self._refuse_repeats(words)
        return words

    def _refuse_repeats(self, words: tuple[Word, ...]) -> None:
        seen: set[str] = set()
        for word in words:
            if word.text in seen:
                self.error(word.at, f"`{word}` is here a second time")
            seen.add(word.text)

    def choice(self, node: Node | None, what: str, known: Collection[str]) -> Word | None:
        """One of a few words."""
        found = self.word(node, what)
        if found and found.text not in known:
            self.error(
                found.at,
                f"{what} cannot be `{printable(found.text)}`",
                meant_or_one_of(found.text, known),
            )
            return None
        return found

    def flag(self, node: Node | None, what: str) -> bool | None:
        """`true` or `false`."""
        if isinstance(node, Scalar) and isinstance(node.value, bool):
            return node.value
        if node is not None and not isinstance(node, Broken):
            yes = isinstance(node, Scalar) and node.text.lower() in ("yes", "on", "y")
            no = isinstance(node, Scalar) and node.text.lower() in ("no", "off", "n")
            hint = "write `true`" if yes else "write `false`" if no else "it is `true` or `false`"
            self.error(node.at, f"{what} is {shape(node)}", hint)
        return None

    def integer(self, node: Node | None, what: str, least: int, most: int) -> int | None:
        """A whole number between `least` and `most`."""
        if (
            isinstance(node, Scalar)
            and isinstance(node.value, int)
            and not isinstance(node.value, bool)
        ):
            if least <= node.value <= most:
                return node.value
            self.error(node.at, f"{what} is {node.value}", f"it is between {least} and {most}")
        elif node is not None and not isinstance(node, Broken):
            self.error(node.at, f"{what} is {shape(node)}", "it is a whole number")
        return None

    def milliseconds(self, node: Node | None, what: str) -> int | None:
        """A duration: `500ms`, `10s`, `15m`, `2h`, `30d`."""
        found = _DURATION.fullmatch(node.text) if isinstance(node, Scalar) else None
        if found is None:
            if node is not None and not isinstance(node, Broken):
                self.error(
                    node.at,
                    f"{what} is {shape(node)}",
                    "a time is written like `500ms`, `10s`, `15m`, `2h` or `30d`",
                )
            return None
        milliseconds = int(found[1]) * _MILLISECONDS[found[2]]
        if node is not None and milliseconds > MAX_SECONDS * 1000:
            self.error(node.at, f"{what} is longer than ten years")
            return None
        return milliseconds

    def seconds(self, node: Node | None, what: str) -> int | None:
        """A duration in whole seconds."""
        found = self.milliseconds(node, what)
        if found is not None and node is not None and found % 1000:
            self.error(node.at, f"{what} is not a number of whole seconds")
            return None
        return None if found is None else found // 1000

    # expressions

    def formula(self, node: Node | None, what: str) -> Scalar | None:
        """An expression or a plain value."""
        if isinstance(node, Scalar):
            return node
        if node is not None and not isinstance(node, Broken):
            self.error(
                node.at,
                f"{what} is {shape(node)}",
                "an expression that starts with `{` or `[` needs quotes around it",
            )
        return None

    def assignments(self, node: Node | None, what: str) -> Assignments:
        """`{target: expression}`; whether the targets exist is checked where they are known."""
        if node is None:
            return ()
        found = []
        if isinstance(node, Scalar) and node.text == "":  # `with:` and nothing behind it
            self.error(node.at, f"{what} is empty")
            return ()
        for entry in self.entries(node, what, "`{field: expression}`"):
            if entry.value == Scalar("", None, entry.value.at, 0) and re.search(
                r"[()\[\]]", entry.key.text
            ):
                self.error(
                    entry.key.at,
                    f"`{entry.key.text}` is not a field",
                    "an expression with a comma needs quotes around it",
                )
            elif value := self.formula(entry.value, f"`{printable(entry.key.text)}`"):
                found.append(AssignmentDraft(Word(entry.key.text, entry.key.at), value))
            else:
                self.lost.add(entry.key.text)
        return tuple(found)


def shape(node: Node) -> str:
    """What a node is, in words."""
    if isinstance(node, Mapping):
        return "a mapping"
    if isinstance(node, Sequence):
        return "a list"
    if isinstance(node, Broken):
        return "unreadable"
    if node.value is None:
        return "empty"
    if isinstance(node.value, bool):
        return f"`{node.text}`"
    if isinstance(node.value, str):
        return f"the text `{printable(node.text)}`"
    return f"the number {node.text}"


def printable(text: str) -> str:
    """`text` as it can stand in one line of a message."""
    shown = "".join(
        c if c.isprintable() and c not in _BIDI else "\N{REPLACEMENT CHARACTER}" for c in text[:60]
    )
    return shown + "..." if len(text) > 60 else shown


def prose_fault(text: str) -> str | None:
    """What makes `text` unfit for a line of documentation, as the end of a sentence."""
    if len(text) > MAX_SUMMARY:
        return f"has at most {MAX_SUMMARY} characters, this one has {len(text)}"
    for c in text:
        if c in _BIDI or unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp"):
            return "is one line" if c == "\n" else f"cannot hold the character U+{ord(c):04X}"
    return None
