"""Reading a tree with nothing taken for granted: a wrong shape is a finding, not an exception."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from meshgen.spec.diagnostics import Finding, Position
from meshgen.spec.grammar.names import NameRule
from meshgen.spec.grammar.shapes import Construct, Duration, Integer, Kind
from meshgen.spec.hints import closest, meant_or_one_of, one_of
from meshgen.spec.parser.prose import prose_fault
from meshgen.spec.syntax import Assignments, AssignmentSyntax, Word
from meshgen.spec.yaml.tree import Broken, Entry, Mapping, Node, Scalar, Sequence, shape
from meshgen.unicode import printable

MAX_SECONDS = 3650 * 24 * 3600

_DURATION = re.compile(Duration.pattern)
_FRAGMENT = re.compile(r"[()\[\]]")
_CUT = "an expression with a comma needs quotes around it"
_MILLISECONDS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


class Reading:
    """Collects the findings of one spec.

    `lost` holds keys and names whose content could not be read, so that nobody goes on to say
    that what stood there does not exist.
    """

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.lost: set[str] = set()

    def error(self, at: Position, message: str, hint: str | None = None) -> None:
        """Add a finding."""
        self.findings.append(Finding(at, message, hint))

    # shapes

    def entries(self, node: Node, what: str, form: str = "`{key: value}`") -> tuple[Entry, ...]:
        """The entries of a mapping."""
        if isinstance(node, Mapping):
            if node.partial:
                self.lose(what)
            return node.entries
        self.lose(what)
        if not isinstance(node, Broken):
            self.error(node.at, f"{what} is {shape(node)}", f"it is written {form}")
        return ()

    def lose(self, what: str) -> None:
        """Note that not all under a key or a name could be read."""
        self.lost.add(what.strip("`"))

    def keyed(
        self, node: Node, construct: Construct, at: Position | None = None
    ) -> dict[str, Node]:
        """The values of a mapping with the language's own keys, and their defaults.

        `at` is where a lack is shown.
        """
        found: dict[str, Node] = {}
        if not isinstance(node, Mapping):
            self.entries(node, construct.one, construct.form)
            self.lost.update(construct.names)
            return found
        written = {entry.key.text for entry in node.entries}
        for entry in node.entries:
            if entry.key.text in construct.names:
                found[entry.key.text] = entry.value
            elif guess := self._unknown_key(entry.key, construct, written):
                self.lost.add(guess)
                written.add(guess)
        for key in construct.required:
            if key.name not in written and not node.partial:
                self.error(at or node.at, f"{construct.one} needs `{key.name}`", key.hint)
                self.lost.add(key.name)
        for key in construct.keys:
            if key.default is not None and key.name not in written:
                found[key.name] = _plain(key.default, node.at)
        return found

    def _unknown_key(self, key: Scalar, construct: Construct, written: set[str]) -> str | None:
        """Say that there is no such key; return the one that was probably meant."""
        name = key.text
        if name in construct.later:
            self.not_yet(key)
            return None
        shown = f"{construct.one} has no key `{printable(name)}`"
        if _FRAGMENT.search(name):
            self.error(key.at, shown, _CUT)
            return None
        left = [known for known in construct.names if known not in written]
        guess = closest(name, left)
        self.error(key.at, shown, f"did you mean `{guess}`?" if guess else one_of(left))
        return guess

    def not_yet(self, key: Scalar) -> None:
        """Refuse a word that the language is to have one day."""
        hint = "leave it out; a later version of meshgen brings it"
        self.error(key.at, f"`{key.text}` is not supported yet", hint)

    def named(self, node: Node | None, what: str, kind: Kind) -> Iterator[tuple[Word, Node]]:
        """The entries of a mapping whose keys are the user's names for things of a kind."""
        if node is None:
            return
        for entry in self.entries(node, f"`{what}`", "`{name: ...}`"):
            yield self.name(entry.key, kind.rule, kind.one, among=what), entry.value

    def name(self, key: Scalar, rule: NameRule, one: str, among: str | None = None) -> Word:
        """A name of the user's, checked; with a fault, what is named so under `among` is lost."""
        if fault := rule.fault(key.text, one):
            self.error(key.at, *fault)
            if among:
                self.lose(among)
        return Word(key.text, key.at)

    def checked(self, word: Word, rule: NameRule, one: str) -> Word:
        """A word that is a name of the user's."""
        return self.name(Scalar(word.text, word.text, word.at), rule, one)

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

    def former(self, node: Node | None, rule: NameRule) -> Word | None:
        """`renamed_from: order`: the name that something had before."""
        found = self.word(node, "`renamed_from`")
        return self.checked(found, rule, "what was renamed") if found else None

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

    def integer(self, node: Node | None, what: str, bounds: Integer) -> int | None:
        """A whole number in its bounds."""
        if (
            isinstance(node, Scalar)
            and isinstance(node.value, int)
            and not isinstance(node.value, bool)
        ):
            if bounds.least <= node.value <= bounds.most:
                return node.value
            hint = f"it is between {bounds.least} and {bounds.most}"
            self.error(node.at, f"{what} is {node.value}", hint)
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
        if isinstance(node, Scalar) and node.text == "":  # `with:` and nothing behind it
            self.error(node.at, f"{what} is empty")
            return ()
        found: list[AssignmentSyntax] = []
        for entry in self.entries(node, what, "`{field: expression}`"):
            target = Word(entry.key.text, entry.key.at)
            if found and _is_fragment(entry):
                self.error(target.at, f"`{printable(target.text)}` is not a field", _CUT)
                found[-1] = AssignmentSyntax(found[-1].target, None)  # the other half
            else:
                value = self.formula(entry.value, f"`{printable(target.text)}`")
                found.append(AssignmentSyntax(target, value))
        return tuple(found)


def _plain(value: str | int | bool, at: Position) -> Scalar:
    """A default as if it were written."""
    return Scalar(str(value).lower() if isinstance(value, bool) else str(value), value, at)


def _is_fragment(entry: Entry) -> bool:
    """Whether a comma made a key out of the rest of an expression: `{total: max(a, b)}`."""
    empty = isinstance(entry.value, Scalar) and entry.value.text == ""
    return empty and bool(_FRAGMENT.search(entry.key.text))
