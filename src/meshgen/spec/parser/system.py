"""Event hub, gateway and processes."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from meshgen.spec import grammar
from meshgen.spec.diagnostics import NOWHERE
from meshgen.spec.grammar import kinds
from meshgen.spec.grammar.system import (
    BURST,
    CLAIM_PATTERN,
    HUB_ENGINES,
    PARTITIONS,
    PER,
    RATE_PATTERN,
    TOKEN_TYPES,
)
from meshgen.spec.model import EventHub, Gateway, RateLimit
from meshgen.spec.parser.reading import Reading
from meshgen.spec.syntax import ProcessSyntax, Word
from meshgen.spec.yaml.tree import Broken, Mapping, Node, Scalar, Sequence, shape
from meshgen.unicode import printable

_RATE = re.compile(RATE_PATTERN)
_AUDIENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,199}")


def read_event_hub(reading: Reading, node: Node | None) -> EventHub:
    """The section `event_hub`, with its defaults."""
    values = reading.keyed(node or Mapping((), NOWHERE), grammar.EVENT_HUB)
    engine = reading.choice(values.get("engine"), "the event hub's engine", HUB_ENGINES.words)
    partitions = reading.integer(values.get("partitions"), "`partitions`", PARTITIONS)
    retention = reading.seconds(values.get("retention"), "`retention`")
    return EventHub(
        engine=engine.text if engine else "",
        partitions=partitions,
        retention=retention or 0,
        at=node.at if node is not None else NOWHERE,
    )


def read_gateway(reading: Reading, node: Node | None) -> Gateway | None:
    """The section `gateway`, with its defaults."""
    if node is None:
        return None
    values = reading.keyed(node, grammar.GATEWAY)
    auth = reading.keyed(values["auth"], grammar.AUTH) if "auth" in values else {}
    return Gateway(
        issuer=_url(reading, auth.get("issuer"), "the issuer"),
        audience=_audience(reading, auth.get("audience")),
        roles_claim=_claim(reading, auth.get("roles_claim")),
        token_type=_token_type(reading, auth.get("token_type")),
        rate_limit=_rate_limit(reading, values.get("rate_limit")),
        timeout=reading.milliseconds(values.get("timeout"), "`timeout`") or 0,
        cors=_origins(reading, values.get("cors")),
    )


def _url(reading: Reading, node: Node | None, what: str) -> str:
    found = reading.text(node, what)
    if found is None:
        return ""
    if not _is_url(found.text):
        reading.error(
            found.at,
            f"{what} is not a URL: `{printable(found.text)}`",
            "write a URL such as `https://id.example.com`",
        )
    return found.text


def _is_url(text: str) -> bool:
    if not re.fullmatch(r"https?://[A-Za-z0-9._~:/?#@!&*+,;=%\[\]-]{1,200}", text):
        return False
    try:
        parts = urlsplit(text)
        return bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:  # an invalid port or IPv6 address
        return False


def _audience(reading: Reading, node: Node | None) -> str:
    found = reading.text(node, "the audience")
    if found is None:
        return ""
    if not _AUDIENCE.fullmatch(found.text):
        reading.error(
            found.at,
            "the audience has invalid characters",
            "use a name or a URL",
        )
    return found.text


def _claim(reading: Reading, node: Node | None) -> str:
    found = reading.text(node, "`roles_claim`")
    if found is None:
        return ""
    if not re.fullmatch(CLAIM_PATTERN, found.text) or ".." in found.text or found.text[-1] == ".":
        reading.error(
            found.at,
            f"`roles_claim` cannot be `{printable(found.text)}`",
            "write the name of a claim, such as `roles` or `realm_access.roles`",
        )
    return found.text


def _token_type(reading: Reading, node: Node | None) -> str:
    found = reading.choice(node, "the type of tokens", TOKEN_TYPES.words)
    return found.text if found else ""


def _rate_limit(reading: Reading, node: Node | None) -> RateLimit | None:
    if node is None:
        return None
    values = reading.keyed(node, grammar.RATE_LIMIT)
    reading.choice(values.get("per"), "a rate limit's `per`", PER.words)
    rate = _rate(reading, values.get("rate"))
    address = values.get("per_address")
    per_address = None if address is None else _rate(reading, address)
    burst = reading.integer(values.get("burst"), "`burst`", BURST)
    return RateLimit(rate=rate, burst=burst or rate, per_address=per_address)


def _rate(reading: Reading, node: Node | None) -> int:
    """Return the number of requests per second."""
    if node is None or isinstance(node, Broken):
        return 1
    found = _RATE.fullmatch(node.text) if isinstance(node, Scalar) else None
    if found is None:
        reading.error(node.at, f"a rate cannot be {shape(node)}", "write e.g. `50/s` or `600/m`")
        return 1
    number, seconds = int(found[1]), 1 if found[2] == "s" else 60
    if number % seconds:
        reading.error(
            node.at,
            f"`{found[0]}` is not a whole number of requests per second",
            f"write e.g. `{max(number // 60, 1) * 60}/m`",
        )
        return 1
    if number // seconds > BURST.most:
        reading.error(node.at, f"the rate is more than {BURST.most}/s")
    return number // seconds


def _origins(reading: Reading, node: Node | None) -> tuple[str, ...]:
    origins = []
    for word in reading.words(node, "an origin of `cors`"):
        origin = re.fullmatch(r"https?://[^/?#]+", word.text)
        if word.text == "*":
            reading.error(
                word.at,
                "`*` would let any website send requests with tokens",
                "list the origins, such as `https://www.example.com`",
            )
        elif not (origin and _is_url(word.text)):
            reading.error(
                word.at,
                f"`{printable(word.text)}` is not an origin",
                "write `https://www.example.com`, without a path",
            )
        origins.append(word.text)
    return tuple(origins)


def read_processes(reading: Reading, node: Node | None) -> tuple[ProcessSyntax, ...]:
    """The section `processes`."""
    return tuple(
        _process(reading, name, body)
        for name, body in reading.named(node, "processes", kinds.PROCESS)
    )


def _process(reading: Reading, name: Word, node: Node) -> ProcessSyntax:
    if isinstance(node, Sequence) and not node.items:
        reading.error(node.at, f"the process `{name}` is empty", "list the units that run in it")
    nodes = reading.items(node, f"the process `{printable(name.text)}`")
    units = tuple(word for item in nodes if (word := reading.word(item, "a unit")))
    return ProcessSyntax(name=name, units=units)
