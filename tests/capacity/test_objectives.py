"""Objectives that are narrowed, and the rules on error budgets."""

from __future__ import annotations

from meshgen.capacity.objectives import thresholds
from meshgen.spec.model import Objectives
from meshgen.system.lower import resolve
from tests.capacity.shops import NOTES, checked


def test_a_part_narrows_the_objectives_of_the_whole() -> None:
    text = NOTES.replace(
        "    store: postgresql\n    aggregates",
        "    slo: {availability: 99.95%}\n    store: postgresql\n    aggregates",
    ).replace("creates: NoteWritten}", "creates: NoteWritten, slo: {latency: {p99: 50ms}}}")
    spec = checked(f"{text}slo: {{latency: {{p95: 100ms}}, peak: {{note.WriteNote: 1/s}}}}\n")
    found = {(each.unit, each.command): each.objectives for each in thresholds(spec)}
    assert found["note", None] == Objectives(availability=99.95, p95=100)
    assert found["note", "WriteNote"] == Objectives(availability=99.95, p95=100, p99=50)
    assert found["board", None] == Objectives(availability=99.9, p95=100)
    rules = resolve(spec).deploy.rules
    assert rules is not None
    limits = {(rule.unit, _window(rule.long)): rule.threshold for rule in rules.alerts}
    assert limits["note", "1h"] == "0.0072"
    assert limits["board", "1h"] == "0.0144"
    used = {_window(name) for rule in rules.alerts for name in (rule.long, rule.short)}
    assert used == set(rules.windows)


def _window(name: str) -> str:
    """The window of a recording rule: `service:request_errors:ratio_rate1h`."""
    return name.rpartition("rate")[2]
