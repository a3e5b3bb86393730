"""Backends-for-frontends: `GET /home: {cart: "cart.Cart(customer_id=caller)? only [items]"}`.

`POST /cart/items: {do: cart.PutItem(customer_id=caller)}` sends a command.
"""

from __future__ import annotations

import re

from meshgen.spec import grammar
from meshgen.spec.grammar import kinds
from meshgen.spec.grammar.names import PARAMETER, PART, SEGMENT, UNIT
from meshgen.spec.grammar.reads import METHODS
from meshgen.spec.parser.objectives import read_objectives
from meshgen.spec.parser.parts import DO, DO_FORM, read_part
from meshgen.spec.parser.reading import Reading
from meshgen.spec.syntax import BffSyntax, EndpointSyntax, Word
from meshgen.spec.yaml.tree import Entry, Mapping, Node, Scalar
from meshgen.unicode import printable

_PARAMETER = re.compile(r"\{([a-z][a-z0-9]*(_[a-z0-9]+)*)\}")


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
    method = entry.key.text.partition(" ")[0]
    parts = []
    for part in reading.entries(
        entry.value, f"`{printable(entry.key.text)}`", "`{part: unit.Query(...)}`"
    ):
        name = reading.name(part.key, PART, "a part")
        source = reading.formula(part.value, f"`{printable(name.text)}`")
        if not _belongs(reading, method, name):
            continue
        if source is not None and (found := read_part(reading, name, source)):
            parts.append(found)
    if isinstance(entry.value, Mapping) and not entry.value.entries:
        reading.error(entry.key.at, "this endpoint has no parts", "`{part: unit.Query(...)}`")
    sends = next((part for part in parts if part.name.text == DO), None)
    parameters = tuple(
        Word(m[1], entry.key.inside(entry.key.text.index(m[0]) + 1))
        for m in _PARAMETER.finditer(path.text)
    )
    return EndpointSyntax(
        method=method,
        path=path,
        parameters=parameters,
        parts=() if sends else tuple(parts),
        sends=sends,
    )


def _belongs(reading: Reading, method: str, name: Word) -> bool:
    """Check that a `GET` has parts only, and that other endpoints have `do` only."""
    if method == "GET" and name.text == DO:
        reading.error(name.at, "a `GET` sends no command", "write `POST /path: {do: ...}`")
        return False
    if method != "GET" and name.text != DO:
        shown = f"a `{method}` sends a command, and has no part `{printable(name.text)}`"
        reading.error(name.at, shown, DO_FORM)
        return False
    return True


def _path(reading: Reading, key: Scalar) -> Word | None:
    method, _, path = key.text.partition(" ")
    if method not in METHODS or not path.startswith("/"):
        hint = "write `GET /path`, or `POST`, `PUT` or `DELETE` to send a command"
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
    return Word(path, key.inside(len(method) + 1))
