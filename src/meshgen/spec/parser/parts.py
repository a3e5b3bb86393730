"""The parts of endpoints, `unit.Query(field=value)? only [field]`, and the commands they send."""

from __future__ import annotations

import re

from meshgen.spec.parser.reading import Reading
from meshgen.spec.syntax import ArgumentSyntax, PartSyntax, Word
from meshgen.spec.yaml.tree import Scalar
from meshgen.unicode import printable

DO = "do"
PART_FORM = "write `unit.Query(field=value)? only [field]`; `?` and `only` are optional"
DO_FORM = "write `do: unit.Command(field=value)`"

_TOKEN = re.compile(
    r"""\s*(?:(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<number>-?[0-9]{1,9}(?![0-9A-Za-z_.]))"""
    r"""|(?P<string>"[^"\\]*"|'[^'\\]*')|(?P<mark>[.()=,?\[\]]))"""
)


class _PartError(Exception):
    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


def read_part(reading: Reading, name: Word, source: Scalar) -> PartSyntax | None:
    """Return a part, or what `do` sends; None, with a finding, if it cannot be read."""
    try:
        parts = _Parts(source)
        return parts.command(name) if name.text == DO else parts.part(name)
    except _PartError as error:
        form = DO_FORM if name.text == DO else PART_FORM
        reading.error(source.inside(error.offset), error.message, form)
        return None


class _Parts:
    """A recursive-descent parser over the tokens of one part."""

    def __init__(self, source: Scalar) -> None:
        self.source = source
        self.text = source.text
        self.kind, self.token, self.at, self.next = "", "", 0, 0
        self.advance()

    def advance(self) -> tuple[str, int]:
        """Step to the next token; return the one before and its offset."""
        before = self.token, self.at
        found = _TOKEN.match(self.text, self.next)
        if found is None:
            rest = self.text[self.next :]
            self.at = self.next + len(rest) - len(rest.lstrip())
            if rest.strip():
                raise _PartError(f"`{printable(rest.strip()[:1])}` is not expected here", self.at)
            self.kind, self.token = "end", ""
        else:
            self.kind, self.token = found.lastgroup or "", found[found.lastgroup or 0]
            self.at, self.next = found.start(found.lastgroup or 0), found.end()
        return before

    def expect(self, token: str) -> None:
        if self.token != token or self.kind == "string":
            found = f"not `{self.token}`" if self.token else "but the text ends"
            raise _PartError(f"`{token}` is expected here, {found}", self.at)
        self.advance()

    def word(self, what: str) -> Word:
        if self.kind != "name":
            found = f"not `{self.token}`" if self.token else "but the text ends"
            raise _PartError(f"{what} is expected here, {found}", self.at)
        text, at = self.advance()
        return Word(text, self.source.inside(at), at)

    def command(self, name: Word) -> PartSyntax:
        target, arguments = self.call("a command")
        self.end()
        return PartSyntax(name=name, target=target, arguments=arguments, optional=False, only=())

    def part(self, name: Word) -> PartSyntax:
        target, arguments = self.call("a query or an aggregate")
        optional = self.token == "?"
        if optional:
            self.advance()
        only = self.only() if self.token == "only" else ()
        self.end()
        return PartSyntax(
            name=name, target=target, arguments=arguments, optional=optional, only=only
        )

    def call(self, what: str) -> tuple[Word, tuple[ArgumentSyntax, ...]]:
        unit = self.word("a unit")
        self.expect(".")
        target = self.word(what)
        self.expect("(")
        return Word(f"{unit}.{target}", unit.at), self.arguments()

    def end(self) -> None:
        if self.kind != "end":
            raise _PartError(f"`{self.token}` is not expected here", self.at)

    def arguments(self) -> tuple[ArgumentSyntax, ...]:
        found: list[ArgumentSyntax] = []
        while self.token != ")" or self.kind == "string":
            if found:
                self.expect(",")
            at = self.at
            name = self.word("a field")
            if self.token != "=":
                raise _PartError(f"name the field: `field={name}`", at)
            if any(other.name.text == name.text for other in found):
                raise _PartError(f"`{name}` is given twice", at)
            self.advance()
            found.append(self.argument(name))
        self.advance()
        return tuple(found)

    def argument(self, name: Word) -> ArgumentSyntax:
        kind, at, lead = self.kind, self.source.inside(self.at), self.at
        if kind not in ("name", "number", "string"):
            raise _PartError("a value is expected here", self.at)
        text, _ = self.advance()
        if kind == "name" and self.token == ".":
            of = Word(text, at, lead)
            self.advance()
            field = self.word(f"a field of the part `{of}`")
            return ArgumentSyntax(
                name=name, value=field.text, is_name=True, at=field.at, lead=field.lead, of=of
            )
        if kind == "name" and text not in ("true", "false"):
            return ArgumentSyntax(name=name, value=text, is_name=True, at=at, lead=lead)
        value = (
            int(text) if kind == "number" else text[1:-1] if kind == "string" else text == "true"
        )
        if kind == "string":
            lead += 1
        return ArgumentSyntax(name=name, value=value, is_name=False, at=at, lead=lead)

    def only(self) -> tuple[Word, ...]:
        self.advance()
        self.expect("[")
        found: list[Word] = []
        while self.token != "]":
            if found:
                self.expect(",")
            at = self.at
            word = self.word("a field")
            if any(other.text == word.text for other in found):
                raise _PartError(f"`{word}` is listed twice", at)
            found.append(word)
        if not found:
            raise _PartError("a field is expected here", self.at)
        self.advance()
        return tuple(found)
