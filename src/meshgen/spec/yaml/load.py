"""Parse YAML text to a tree with positions, using PyYAML's C parser.

The spec language uses the plain core of YAML 1.2: mappings, lists and scalars. Anchors, aliases,
merge keys, tags and multiple documents are refused: they obscure a spec, and some of them allow a
small file to expand to an enormous one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from meshgen.errors import MeshgenError
from meshgen.spec.diagnostics import MOST_FINDINGS, NOWHERE, Finding, Position
from meshgen.spec.yaml.tree import Broken, Entry, Mapping, Node, Plain, Scalar, Sequence, Span
from meshgen.unicode import printable

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 64
MAX_DIGITS = 40

_LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_UNREADABLE = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_DECIMAL = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+)\Z")
_FLOAT = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)[eE][-+]?[0-9]{1,3}\Z")
_KEEP = re.compile(r"[|>][0-9]?\+")
_STARTS_NUMBER = frozenset("+-.0123456789")
_WORDS: dict[str, Plain] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
}


@lru_cache(maxsize=1)  # each finding needs the lines
def lines_of(text: str) -> tuple[str, ...]:
    """Split `text` into lines as YAML does."""
    return tuple(_LINE_BREAK.split(text))


def read_text(path: Path) -> str:
    """Return the text of a spec file.

    Raises:
        MeshgenError: The file cannot be read, is too large or is not UTF-8 text.
    """
    return decoded(str(path), read_bytes(path))


def read_bytes(path: Path) -> bytes:
    """Return the bytes of a spec file, at most one more than allowed.

    Raises:
        MeshgenError: The file cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise MeshgenError(f"there is no file {path}") from None
    except IsADirectoryError:
        raise MeshgenError(f"{path} is a folder", "pass the spec file itself") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it cannot be opened"
        raise MeshgenError(f"{path} cannot be read: {reason}") from None


def decoded(path: str, data: bytes) -> str:
    """Decode the content of the spec file `path`.

    Raises:
        MeshgenError: It is too large or not UTF-8 text.
    """
    if len(data) > MAX_BYTES:
        raise MeshgenError(f"{path} is larger than {MAX_BYTES // 1024 // 1024} MB")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise MeshgenError(f"{path} is UTF-16 text", "save it as UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise MeshgenError(f"{path} is not UTF-8 text (line {line})", "save it as UTF-8") from None


def load(text: str) -> tuple[Mapping | None, list[Finding]]:
    """Parse `text`.

    Returns:
        The tree, None if there is none, and the findings.
    """
    early = _unreadable(text)
    if early:
        return None, [early]
    builder = _Builder(text)
    try:
        root = builder.document()
    except _StopError as stop:
        return None, [*builder.findings, stop.finding]
    except yaml.MarkedYAMLError as error:
        earlier = _earlier_finding(text, error)
        return None, [*builder.findings, earlier or _yaml_finding(text, error)]
    except (yaml.YAMLError, ValueError):  # a reader error without a position
        return None, [*builder.findings, Finding(NOWHERE, "this is not YAML text")]
    if isinstance(root, Mapping):
        return root, builder.findings
    if root is None:
        return None, [
            Finding(NOWHERE, "the file is empty", "start with `meshgen: 1` and `name: ...`")
        ]
    message = "a spec must be a mapping"
    return None, [*builder.findings, Finding(root.at, message, "start with `meshgen: 1`")]


class _StopError(Exception):
    """Parsing cannot continue."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


class _Builder:
    """Builds the tree from parser events; recursion is limited by `MAX_DEPTH`."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.findings: list[Finding] = []
        self.events: Iterator[yaml.Event] = yaml.parse(text, Loader=yaml.CSafeLoader)

    def document(self) -> Node | None:
        """Return the only document, None if the text is empty."""
        root: Node | None = None
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                if root is not None:
                    at = _position(event.start_mark)
                    raise _StopError(
                        Finding(
                            at, "a second document starts here", "a spec must be a single document"
                        )
                    )
                root = self.node(next(self.events), 1)
        if isinstance(root, Scalar) and root.text == "":
            return None
        return root

    def node(self, event: Any, depth: int) -> Node:
        at = _position(event.start_mark)
        if depth > MAX_DEPTH:
            raise _StopError(Finding(at, f"nested deeper than {MAX_DEPTH} levels"))
        if isinstance(event, yaml.AliasEvent):
            self.error(
                at,
                f"`*{event.anchor}` is an alias; the spec language does not support them",
                "write the value out, or share a name under `types`",
            )
            return Broken(at)
        self.refuse_extras(event, at)
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event, at)
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(event, at, depth)
        return self.mapping(event, at, depth)

    def refuse_extras(self, event: Any, at: Position) -> None:
        if event.anchor is not None:
            self.error(
                at,
                f"`&{event.anchor}` is an anchor; the spec language does not support them",
                "share a name under `types` instead",
            )
        if event.tag is not None:
            tag = printable(event.tag.replace("tag:yaml.org,2002:", "!!"))
            self.error(
                at,
                f"`{tag}` is a YAML tag; the spec language does not support them",
                "leave it out: the type of a value follows from its position",
            )

    def scalar(self, event: Any, at: Position) -> Scalar | Broken:
        text: str = event.value
        start, end = event.start_mark.index, event.end_mark.index
        written = self.text[start:end]
        if event.style:
            if event.style in "|>" and not _KEEP.match(written):
                end = start + len(written.rstrip())  # without trailing blank lines
            return Scalar(text, text, at, 1 if written[1:-1] == text else None, (start, end))
        if fault := _number_fault(text):
            self.error(at, fault)
            return Broken(at)
        return Scalar(text, _plain(text), at, 0 if written == text else None, (start, end))

    def sequence(self, start: Any, at: Position, depth: int) -> Sequence:
        items: list[Node] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self.node(event, depth + 1))
        span = _span(start, event, items[-1] if items else None)
        return Sequence(tuple(items), at, start.flow_style, span)

    def mapping(self, start: Any, at: Position, depth: int) -> Mapping:
        entries: dict[str, Entry] = {}
        partial = False
        value: Node | None = None
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self.node(event, depth + 1)
            value = self.node(next(self.events), depth + 1)
            if not isinstance(key, Scalar):
                partial = True
                if not isinstance(key, Broken):
                    self.error(
                        key.at,
                        "a key must be a scalar",
                        "quote a string that starts with `{` or `[`",
                    )
            elif key.text == "<<":
                partial = True
                self.error(
                    key.at,
                    "`<<` is a merge key; the spec language does not support them",
                    "write the keys out",
                )
            elif key.text in entries:
                first = entries[key.text].key.at.line
                self.error(key.at, f"`{key.text}` is a duplicate; the first one is in line {first}")
            else:
                entries[key.text] = Entry(key, value)
        span = _span(start, event, value)
        return Mapping(tuple(entries.values()), at, partial, start.flow_style, span)

    def error(self, at: Position, message: str, hint: str | None = None) -> None:
        if len(self.findings) >= MOST_FINDINGS:
            raise _StopError(Finding(at, message, hint))
        self.findings.append(Finding(at, message, hint))


def _span(start: Any, end: Any, last: Node | None) -> Span:
    """Return the span of a collection; in block style it ends with its last value."""
    if start.flow_style or last is None:
        return start.start_mark.index, end.end_mark.index
    return start.start_mark.index, last.span[1]


def _plain(text: str) -> Plain:
    """Resolve an unquoted scalar (YAML 1.2 core schema): `yes` and dates are strings."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _STARTS_NUMBER:
        return text
    if _INT.match(text):
        return int(text)
    if _DECIMAL.match(text):
        return Decimal(text)
    return float(text) if _FLOAT.match(text) else text


def _number_fault(text: str) -> str | None:
    """Return the error of an unsupported number, if any."""
    if len(text) > MAX_DIGITS and (_INT.match(text) or _DECIMAL.match(text)):
        return f"a number has at most {MAX_DIGITS} characters"
    if _FLOAT.match(text) and math.isinf(float(text)):
        return "number out of range"
    return None


def _position(mark: Any) -> Position:
    """Convert a parser mark; the C parser's class of marks has no public name."""
    return Position(mark.line + 1, mark.column + 1)


def _unreadable(text: str) -> Finding | None:
    """Return a finding for the first character that YAML does not allow."""
    found = _UNREADABLE.search(text)
    if found is None:
        return None
    before = lines_of(text[: found.start()])
    at = Position(len(before), len(before[-1]) + 1)
    code = f"U+{ord(found[0]):04X}"
    return Finding(
        at,
        f"the character {code} is not allowed in a spec",
        "make sure that this is a UTF-8 text file",
    )


_BRACKETS = "inside brackets, quote values that contain `,`, `[`, `]`, `{` or `}`"
_HINTS = {
    "mapping values are not allowed": "quote strings that contain `: `",
    "did not find expected ',' or '}'": _BRACKETS,
    "did not find expected ',' or ']'": _BRACKETS,
    "did not find expected key": "check that the indentation matches the lines around it",
    "did not find expected '-' indicator": "check that the indentation matches the lines around it",
    "could not find expected ':'": "write a key followed by `: ` and its value",
    "found unexpected end of stream": "close the open quote or bracket",
}


def _earlier_finding(text: str, error: yaml.MarkedYAMLError) -> Finding | None:
    """Return an earlier finding of the spec language, if there is one before the parser's error.

    The parser reads ahead and has limits of its own, so it may fail before it reports events that
    are refused here, such as deep nesting.
    """
    if error.problem_mark is None:
        return None
    try:
        _Builder(text[: error.problem_mark.index]).document()
    except _StopError as stop:
        return stop.finding
    except (yaml.YAMLError, ValueError):
        return None
    return None


def _yaml_finding(text: str, error: yaml.MarkedYAMLError) -> Finding:
    mark = error.problem_mark or error.context_mark
    at = _position(mark) if mark else NOWHERE
    lines = lines_of(text)
    line = lines[at.line - 1] if at.line <= len(lines) else ""
    indent = line[: len(line) - len(line.lstrip())]
    if "\t" in indent or line[at.column - 1 : at.column] == "\t":
        column = indent.index("\t") + 1 if "\t" in indent else at.column
        return Finding(Position(at.line, column), "a tab", "indent with spaces")
    problem = error.problem or "the text cannot be parsed"
    hint = next((hint for start, hint in _HINTS.items() if problem.startswith(start)), None)
    if hint != _BRACKETS and (opened := _open_quote(lines[: at.line])):
        hint = f"check that the quote in line {opened} is closed"
    context = f", {error.context}" if error.context else ""
    if error.context and error.context_mark and error.context_mark.line != at.line - 1:
        context += f" that starts in line {error.context_mark.line + 1}"
    return Finding(at, f"not YAML: {problem}{context}", hint)


def _open_quote(lines: tuple[str, ...]) -> int | None:
    """Return the first line with an odd number of double quotes: a likely unclosed string."""
    for number, line in enumerate(lines, 1):
        bare = re.sub(r"'[^']*'|\\\\.|(^|\s)#.*", "", line)
        if bare.count('"') % 2:
            return number
    return None
