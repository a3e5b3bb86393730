"""Backends-for-frontends: `GET /home: {cart: "cart.Cart(customer_id=caller)? only [items]"}`."""

from __future__ import annotations

import re

from meshgen.spec import grammar
from meshgen.spec.grammar import kinds
from meshgen.spec.grammar.names import FIELD, PARAMETER, SEGMENT, UNIT
from meshgen.spec.parser.objectives import read_objectives
from meshgen.spec.parser.reading import Reading
from meshgen.spec.syntax import ArgumentSyntax, BffSyntax, EndpointSyntax, PartSyntax, Word
from meshgen.spec.yaml.tree import Entry, Mapping, Node, Scalar
from meshgen.unicode import printable

PART_FORM = "write `unit.Query(field=value)? only [field]`; `?` and `only` are optional"

_PARAMETER = re.compile(r"\{([a-z][a-z0-9]*(_[a-z0-9]+)*)\}")
_TOKEN = re.compile(
    r"""\s*(?:(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<number>-?[0-9]{1,9}(?![0-9A-Za-z_.]))"""
    r"""|(?P<string>"[^"\\]*"|'[^'\\]*')|(?P<mark>[.()=,?\[\]]))"""
)


def read_bffs(reading: Reading, node: Node | None) -> tuple[BffSyntax, ...]:
    """The section `bffs`."""
    return tuple(_bff(reading, name, body) for name, body in reading.named(node, "bffs", kinds.BFF))


def _bff(reading: Reading, name: Word, node: Node) -> BffSyntax:
    values = reading.keyed(node, grammar.BFF, name.at)
    entries = (
        reading.entries(values["endpoints"], "`endpoints`", "`{GET /path: {part: ...}}`")
        if "endpoints" in values
        else ()
    )
    if isinstance(endpoints := values.get("endpoints"), Mapping) and not entries:
        reading.error(endpoints.at, f"the BFF `{printable(name.text)}` has no endpoints")
    return BffSyntax(
        name=name,
        summary=reading.summary(values.get("summary")),
        endpoints=tuple(e for entry in entries if (e := _endpoint(reading, entry))),
        slo=read_objectives(reading, values.get("slo")),
        renamed_from=reading.former(values.get("renamed_from"), UNIT),
    )


def _endpoint(reading: Reading, entry: Entry) -> EndpointSyntax | None:
    path = _path(reading, entry.key)
    if path is None:
        return None
    parts = []
    for part in reading.entries(
        entry.value, f"`{printable(entry.key.text)}`", "`{part: unit.Query(...)}`"
    ):
        name = reading.name(part.key, FIELD, "a part")
        source = reading.formula(part.value, f"`{printable(name.text)}`")
        if source is not None and (found := _part(reading, name, source)):
            parts.append(found)
    if isinstance(entry.value, Mapping) and not entry.value.entries:
        reading.error(entry.key.at, "this endpoint has no parts", "`{part: unit.Query(...)}`")
    parameters = tuple(
        Word(m[1], entry.key.inside(entry.key.text.index(m[0]) + 1))
        for m in _PARAMETER.finditer(path.text)
    )
    return EndpointSyntax(path=path, parameters=parameters, parts=tuple(parts))


def _path(reading: Reading, key: Scalar) -> Word | None:
    method, _, path = key.text.partition(" ")
    if method != "GET" or not path.startswith("/"):
        hint = "write `GET /path`; commands go to the services through the gateway"
        reading.error(key.at, f"`{printable(key.text)}` is not an endpoint", hint)
        return None
    offset = key.text.index("/") + 1
    seen: set[str] = set()
    for segment in path[1:].split("/") if path != "/" else ():
        parameter = _PARAMETER.fullmatch(segment)
        if not parameter and not SEGMENT.fullmatch(segment):
            hint = "use `lower-case` words and `{parameter}`s"
            reading.error(
                key.inside(offset), f"`{printable(segment)}` is not a valid path segment", hint
            )
            return None
        fault = PARAMETER.fault(parameter[1], "a parameter") if parameter else None
        if fault or (parameter and parameter[1] in seen):
            why = fault[1] if fault else "use each parameter once"
            reading.error(
                key.inside(offset), f"`{segment}` is already a parameter of this path", why
            )
            return None
        seen.add(parameter[1] if parameter else "")
        offset += len(segment) + 1
    if len(path) > 200:
        reading.error(key.at, "a path has at most 200 characters")
        return None
    return Word(path, key.inside(len("GET ")))


class _PartError(Exception):
    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


def _part(reading: Reading, name: Word, source: Scalar) -> PartSyntax | None:
    try:
        return _Parts(source).part(name)
    except _PartError as error:
        reading.error(source.inside(error.offset), error.message, PART_FORM)
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

    def part(self, name: Word) -> PartSyntax:
        unit = self.word("a unit")
        self.expect(".")
        target = self.word("a query or an aggregate")
        self.expect("(")
        arguments = self.arguments()
        optional = self.token == "?"
        if optional:
            self.advance()
        only = self.only() if self.token == "only" else ()
        if self.kind != "end":
            raise _PartError(f"`{self.token}` is not expected here", self.at)
        return PartSyntax(
            name=name,
            target=Word(f"{unit}.{target}", unit.at),
            arguments=arguments,
            optional=optional,
            only=only,
        )

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
