"""Service level objectives, and the assumptions and fixed values of the capacity."""

from __future__ import annotations

import re
from collections.abc import Mapping as Values

from meshgen.spec import grammar
from meshgen.spec.diagnostics import NOWHERE
from meshgen.spec.grammar.names import ROLE
from meshgen.spec.grammar.objectives import (
    AVAILABILITY_PATTERN,
    CPU_PATTERN,
    ITEMS,
    MEMORY_PATTERN,
    RATE_PATTERN,
    RATIO,
    REPLICAS,
    USERS,
    UTILIZATION_PATTERN,
)
from meshgen.spec.model import Capacity, Fixed, Objectives
from meshgen.spec.parser.reading import Reading
from meshgen.spec.syntax import CapacitySyntax, LoadSyntax, SloSyntax, Word
from meshgen.spec.yaml.tree import Broken, Entry, Mapping, Node, Scalar, shape

_SECONDS = {"s": 1, "m": 60, "h": 3600}


def read_slo(reading: Reading, node: Node | None) -> SloSyntax | None:
    """The section `slo`."""
    if node is None:
        return None
    values = reading.keyed(node, grammar.SLO)
    peak = values.get("peak")
    entries = reading.entries(peak, "`peak`", "`{service.Command: 20/s}`") if peak else ()
    if isinstance(peak, Mapping) and not entries:
        reading.error(peak.at, "`peak` is empty", "add what happens: `service.Command: 20/s`")
    return SloSyntax(
        users=reading.integer(values.get("users"), "`users`", USERS),
        objectives=_objectives(reading, values),
        peak=tuple(load for entry in entries if (load := _load(reading, entry))),
        at=node.at,
    )


def read_objectives(reading: Reading, node: Node | None) -> Objectives | None:
    """The key `slo` of a part of the system."""
    if node is None:
        return None
    return _objectives(reading, reading.keyed(node, grammar.UNIT_SLO))


def _objectives(reading: Reading, values: Values[str, Node]) -> Objectives:
    form = "a percentage from `90%` to `99.999%`"
    found = _matched(
        reading, values.get("availability"), "`availability`", AVAILABILITY_PATTERN, form
    )
    latency = reading.keyed(values["latency"], grammar.LATENCY) if "latency" in values else {}
    p95 = reading.milliseconds(latency.get("p95"), "`p95`")
    p99 = reading.milliseconds(latency.get("p99"), "`p99`")
    if p95 and p99 and p99 < p95:
        hint = "fewer requests may be slower than `p99`"
        reading.error(latency["p99"].at, "`p99` is shorter than `p95`", hint)
    return Objectives(availability=float(found[1]) if found else None, p95=p95, p99=p99)


def _load(reading: Reading, entry: Entry) -> LoadSyntax | None:
    name = Word(entry.key.text, entry.key.at)
    role: Word | None = None
    value: Node | None = entry.value
    if isinstance(value, Mapping):
        values = reading.keyed(value, grammar.LOAD, name.at)
        role = reading.word(values.get("as"), "`as`")
        role = reading.checked(role, ROLE, "a role") if role else None
        value = values.get("rate")
    found = _matched(reading, value, "a rate", RATE_PATTERN, "e.g. `50/s`, `600/m` or `30/h`")
    if found is None:
        return None
    return LoadSyntax(name=name, rate=int(found[1]) / _SECONDS[found[2]], role=role)


def read_capacity(reading: Reading, node: Node | None) -> CapacitySyntax:
    """The section `capacity`, with its defaults."""
    values = reading.keyed(node or Mapping((), NOWHERE), grammar.CAPACITY)
    form = "a percentage from `10%` to `99%`"
    found = _matched(reading, values.get("utilization"), "`utilization`", UTILIZATION_PATTERN, form)
    fixed: dict[str, Fixed] = {}
    names: list[Word] = []
    if "processes" in values:
        for entry in reading.entries(values["processes"], "`processes`", "`{process: {...}}`"):
            names.append(Word(entry.key.text, entry.key.at))
            fixed[entry.key.text] = _fixed(reading, entry.value)
    defaults = Capacity()
    ratio = reading.integer(values.get("peak_to_average"), "`peak_to_average`", RATIO)
    return CapacitySyntax(
        capacity=Capacity(
            utilization=int(found[1]) / 100 if found else defaults.utilization,
            peak_to_average=ratio or defaults.peak_to_average,
            items=reading.integer(values.get("items"), "`items`", ITEMS) or defaults.items,
            processes=fixed,
        ),
        processes=tuple(names),
        at=node.at if node is not None else None,
    )


def _fixed(reading: Reading, node: Node) -> Fixed:
    values = reading.keyed(node, grammar.PROCESS_CAPACITY)
    bounds = values.get("replicas")
    copies = reading.keyed(bounds, grammar.REPLICA_BOUNDS) if bounds else {}
    least = reading.integer(copies.get("min"), "`min`", REPLICAS)
    most = reading.integer(copies.get("max"), "`max`", REPLICAS)
    if least and most and most < least:
        reading.error(copies["max"].at, "`max` is less than `min`")
    cpu = _matched(reading, values.get("cpu"), "`cpu`", CPU_PATTERN, "e.g. `500m`")
    memory = _matched(reading, values.get("memory"), "`memory`", MEMORY_PATTERN, "e.g. `512Mi`")
    return Fixed(
        replicas_min=least,
        replicas_max=most,
        cpu=int(cpu[1]) if cpu else None,
        memory=int(memory[1]) if memory else None,
    )


def _matched(
    reading: Reading, node: Node | None, what: str, pattern: str, form: str
) -> re.Match[str] | None:
    """Return the match of a value with a pattern; else there is a finding."""
    if node is None or isinstance(node, Broken):
        return None
    found = re.fullmatch(pattern, node.text) if isinstance(node, Scalar) else None
    if found is None:
        reading.error(node.at, f"{what} cannot be {shape(node)}", f"write {form}")
    return found
