"""Read a tree of any shape: a wrong shape is a finding, not an exception."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from meshgen.spec.diagnostics import MOST_FINDINGS, Finding, Position, TooManyFindings
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
_CUT = "quote an expression that contains a comma"
_MILLISECONDS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


class Reading:
    """Collects the findings of one spec.

    `lost` holds keys and names whose content could not be read. Nothing is reported as missing
    because of them.
    """

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.lost: set[str] = set()

    def error(self, at: Position, message: str, hint: str | None = None) -> None:
        """Add a finding.

        Raises:
            TooManyFindings: There are enough.
        """
        if len(self.findings) >= MOST_FINDINGS:
            raise TooManyFindings
        self.findings.append(Finding(at, message, hint))

    # shapes

    def entries(self, node: Node, what: str, form: str = "`{key: value}`") -> tuple[Entry, ...]:
        """Return the entries of a mapping."""
        if isinstance(node, Mapping):
            if node.partial:
                self.lose(what)
            return node.entries
        self.lose(what)
        if not isinstance(node, Broken):
            self.error(node.at, f"{what} cannot be {shape(node)}", f"write {form}")
        return ()

    def lose(self, what: str) -> None:
        """Note that the content of a key or a name is incomplete."""
        self.lost.add(what.strip("`"))

    def keyed(
        self, node: Node, construct: Construct, at: Position | None = None
    ) -> dict[str, Node]:
        """Return the values of a mapping with known keys, and their defaults.

        Missing keys are reported at `at`.
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
        """Report an unknown key; return the one that was probably meant."""
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
        """Refuse a key that is planned for the language."""
        hint = "leave it out; a later version of meshgen will support it"
        self.error(key.at, f"`{key.text}` is not supported yet", hint)

    def named(self, node: Node | None, what: str, kind: Kind) -> Iterator[tuple[Word, Node]]:
        """Return the entries of a mapping whose keys are names of the user's."""
        if node is None:
            return
        for entry in self.entries(node, f"`{what}`", "`{name: ...}`"):
            yield self.name(entry.key, kind.rule, kind.one, among=what), entry.value

    def name(self, key: Scalar, rule: NameRule, one: str, among: str | None = None) -> Word:
        """Check a name of the user's; if it is invalid, note its content under `among` as lost."""
        if fault := rule.fault(key.text, one):
            self.error(key.at, *fault)
            if among:
                self.lose(among)
        return Word(key.text, key.at)

    def checked(self, word: Word, rule: NameRule, one: str) -> Word:
        """Check a word that is a name of the user's."""
        return self.name(Scalar(word.text, word.text, word.at), rule, one)

    def items(self, node: Node | None, what: str) -> tuple[Node, ...]:
        """Return the items of a list."""
        if isinstance(node, Sequence):
            return node.items
        if node is not None and not isinstance(node, Broken):
            self.error(
                node.at,
                f"{what} cannot be {shape(node)}",
                "write a list: `[...]`, or lines that start with `- `",
            )
        return ()

    # values

    def text(self, node: Node | None, what: str) -> Scalar | None:
        """Return a string."""
        if isinstance(node, Scalar) and isinstance(node.value, str) and node.value.strip():
            return node
        if node is not None and not isinstance(node, Broken):
            self.error(node.at, f"{what} cannot be {shape(node)}", "write a string")
        return None

    def summary(self, node: Node | None) -> str | None:
        """Return one line of prose."""
        found = self.text(node, "a summary")
        if found is None:
            return None
        if fault := prose_fault(found.text):
            self.error(found.at, f"a summary {fault}")
        return found.text

    def word(self, node: Node | None, what: str) -> Word | None:
        """Return a reference by name, which is checked when it is resolved."""
        if isinstance(node, Scalar) and node.text and not any(c.isspace() for c in node.text):
            return Word(node.text, node.at)
        if node is not None and not isinstance(node, Broken):
            self.error(node.at, f"{what} cannot be {shape(node)}", "write a single name")
        return None

    def former(self, node: Node | None, rule: NameRule) -> Word | None:
        """Return the former name in `renamed_from: order`."""
        found = self.word(node, "`renamed_from`")
        return self.checked(found, rule, "what was renamed") if found else None

    def words(self, node: Node | None, what: str) -> tuple[Word, ...]:
        """Return a list of references; a single one needs no brackets."""
        nodes = node.items if isinstance(node, Sequence) else () if node is None else (node,)
        words = tuple(word for item in nodes if (word := self.word(item, what)))
        self._refuse_repeats(words)
        return words

    def _refuse_repeats(self, words: tuple[Word, ...]) -> None:
        seen: set[str] = set()
        for word in words:
            if word.text in seen:
                self.error(word.at, f"`{word}` is a duplicate")
            seen.add(word.text)

    def choice(self, node: Node | None, what: str, known: Collection[str]) -> Word | None:
        """Return one of a set of words."""
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
        """Return a boolean."""
        if isinstance(node, Scalar) and isinstance(node.value, bool):
            return node.value
        if node is not None and not isinstance(node, Broken):
            yes = isinstance(node, Scalar) and node.text.lower() in ("yes", "on", "y")
            no = isinstance(node, Scalar) and node.text.lower() in ("no", "off", "n")
            hint = "write `true`" if yes else "write `false`" if no else "write `true` or `false`"
            self.error(node.at, f"{what} cannot be {shape(node)}", hint)
        return None

    def integer(self, node: Node | None, what: str, bounds: Integer) -> int | None:
        """Return an integer within bounds."""
        if (
            isinstance(node, Scalar)
            and isinstance(node.value, int)
            and not isinstance(node.value, bool)
        ):
            if bounds.least <= node.value <= bounds.most:
                return node.value
            hint = f"use a value between {bounds.least} and {bounds.most}"
            self.error(node.at, f"{what} is {node.value}", hint)
        elif node is not None and not isinstance(node, Broken):
            self.error(node.at, f"{what} cannot be {shape(node)}", "write a whole number")
        return None

    def milliseconds(self, node: Node | None, what: str) -> int | None:
        """Return a duration such as `500ms`, `10s`, `15m`, `2h` or `30d`."""
        found = _DURATION.fullmatch(node.text) if isinstance(node, Scalar) else None
        if found is None:
            if node is not None and not isinstance(node, Broken):
                self.error(
                    node.at,
                    f"{what} cannot be {shape(node)}",
                    "write a duration such as `500ms`, `10s`, `15m`, `2h` or `30d`",
                )
            return None
        milliseconds = int(found[1]) * _MILLISECONDS[found[2]]
        if node is not None and milliseconds > MAX_SECONDS * 1000:
            self.error(node.at, f"{what} is longer than ten years")
            return None
        return milliseconds

    def seconds(self, node: Node | None, what: str) -> int | None:
        """Return a duration in whole seconds."""
        found = self.milliseconds(node, what)
        if found is not None and node is not None and found % 1000:
            self.error(node.at, f"{what} is not a number of whole seconds")
            return None
        return None if found is None else found // 1000

    # expressions

    def formula(self, node: Node | None, what: str) -> Scalar | None:
        """Return an expression or a plain value."""
        if isinstance(node, Scalar):
            return node
        if node is not None and not isinstance(node, Broken):
            self.error(
                node.at,
                f"{what} cannot be {shape(node)}",
                "quote an expression that starts with `{` or `[`",
            )
        return None

    def assignments(self, node: Node | None, what: str) -> Assignments:
        """Return `{target: expression}`; the targets are checked when they are resolved."""
        if node is None:
            return ()
        if isinstance(node, Scalar) and node.text == "":  # `with:` without a value
            self.error(node.at, f"{what} is empty")
            return ()
        found: list[AssignmentSyntax] = []
        for entry in self.entries(node, what, "`{field: expression}`"):
            target = Word(entry.key.text, entry.key.at)
            if found and _is_fragment(entry):
                self.error(target.at, f"`{printable(target.text)}` is not a field", _CUT)
                found[-1] = AssignmentSyntax(found[-1].target, None)  # the rest of an expression
            else:
                value = self.formula(entry.value, f"`{printable(target.text)}`")
                found.append(AssignmentSyntax(target, value))
        return tuple(found)


def _plain(value: str | int | bool, at: Position) -> Scalar:
    """Return a default as if it were written."""
    return Scalar(str(value).lower() if isinstance(value, bool) else str(value), value, at)


def _is_fragment(entry: Entry) -> bool:
    """Tell whether a comma split an expression: `{total: max(a, b)}`."""
    empty = isinstance(entry.value, Scalar) and entry.value.text == ""
    return empty and bool(_FRAGMENT.search(entry.key.text))
