"""Reading a tree with nothing taken for granted: a wrong shape is a finding, not an exception."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from meshgen.spec.diagnostics import Finding, Position
from meshgen.spec.parser.names import NameRule
from meshgen.spec.syntax import Assignments, AssignmentSyntax, Word
from meshgen.spec.wording import closest, meant_or_one_of, one_of, printable, prose_fault, shape
from meshgen.spec.yaml.tree import Broken, Entry, Mapping, Node, Scalar, Sequence

MAX_SECONDS = 3650 * 24 * 3600

_DURATION = re.compile(r"([1-9][0-9]{0,8})(ms|s|m|h|d)")
_FRAGMENT = re.compile(r"[()\[\]]")
_CUT = "an expression with a comma needs quotes around it"
NEEDED = {
    "meshgen": "`meshgen: 1` is the version of the language",
    "id": "`id: order_id`: the name of the uuid by which it is known",
    "store": "`store: postgresql`, or another engine",
    "gateway": '`gateway: {auth: {issuer: "https://id.example.com", audience: shop}}`',
}
_MILLISECONDS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


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

    @property
    def form(self) -> str:
        """How a mapping with these keys is written."""
        shown = self.required or self.optional
        return "`{" + ", ".join(f"{key}: ..." for key in shown) + "}`"


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

    def keyed(self, node: Node, keys: Keys, at: Position | None = None) -> dict[str, Node]:
        """The values of a mapping with the language's own keys; `at` is where a lack is shown."""
        found: dict[str, Node] = {}
        if not isinstance(node, Mapping):
            self.entries(node, keys.what, keys.form)
            self.lost.update(keys.all)
            return found
        written = {entry.key.text for entry in node.entries}
        for entry in node.entries:
            if entry.key.text in keys.all:
                found[entry.key.text] = entry.value
            elif guess := self._unknown_key(entry.key, keys, written):
                self.lost.add(guess)
                written.add(guess)
        for name in keys.required:
            if name not in written and not node.partial:
                self.error(at or node.at, f"{keys.what} needs `{name}`", NEEDED.get(name))
                self.lost.add(name)
        return found

    def _unknown_key(self, key: Scalar, keys: Keys, written: set[str]) -> str | None:
        """Say that there is no such key; return the one that was probably meant."""
        name = key.text
        if name in keys.later:
            self.not_yet(key)
            return None
        shown = f"{keys.what} has no key `{printable(name)}`"
        if _FRAGMENT.search(name):
            self.error(key.at, shown, _CUT)
            return None
        left = [known for known in keys.all if known not in written]
        guess = closest(name, left)
        self.error(key.at, shown, f"did you mean `{guess}`?" if guess else one_of(left))
        return guess

    def not_yet(self, key: Scalar) -> None:
        """Refuse a word that the language is to have one day."""
        hint = "leave it out; a later version of meshgen brings it"
        self.error(key.at, f"`{key.text}` is not supported yet", hint)

    def named(
        self, node: Node | None, what: str, one: str, rule: NameRule
    ) -> Iterator[tuple[Word, Node]]:
        """The entries of a mapping whose keys are the user's names; `one` of them is called so."""
        if node is None:
            return
        for entry in self.entries(node, f"`{what}`", "`{name: ...}`"):
            yield self.name(entry.key, rule, one, among=what), entry.value

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


def _is_fragment(entry: Entry) -> bool:
    """Whether a comma made a key out of the rest of an expression: `{total: max(a, b)}`."""
    empty = isinstance(entry.value, Scalar) and entry.value.text == ""
    return empty and bool(_FRAGMENT.search(entry.key.text))
