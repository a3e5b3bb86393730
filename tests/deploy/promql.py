"""What the dashboard and the rules of a project ask Prometheus."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

_LITERALS = re.compile(r'"(?:[^"\\]|\\.)*"')
_MATCHERS = re.compile(r"\{[^{}]*\}|\[[^\]]*\]")
_LABELS = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^()]*\)")
_NAMES = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*(?!\s*\()\b")
_FUNCTIONS = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*\s*\(")
_OPERATORS = {"and", "or", "unless", "bool", "offset"}


def metrics(expression: str) -> set[str]:
    """The names of the metrics that an expression reads."""
    for noise in (_LITERALS, _MATCHERS, _LABELS, re.compile(r"\b\d[\w.]*")):
        expression = noise.sub(" ", expression)
    # An aggregation with its labels in front has lost them: `sum  (...)`.
    expression = _FUNCTIONS.sub(" ", expression)
    return set(_NAMES.findall(expression)) - _OPERATORS


def dashboard(project: Path) -> dict[str, Any]:
    """The dashboard of a project."""
    found = json.loads((project / "deploy/observability/dashboard.json").read_text("utf-8"))
    assert isinstance(found, dict)
    return found


def panels(project: Path) -> list[dict[str, Any]]:
    """The panels that show something."""
    return [each for each in dashboard(project)["panels"] if each["type"] != "row"]


def queries(project: Path) -> list[str]:
    """What the panels ask."""
    return [target["expr"] for panel in panels(project) for target in panel["targets"]]


def rules(project: Path) -> Iterator[dict[str, Any]]:
    """Yield the rules of Prometheus."""
    path = project / "deploy" / "observability" / "rules.yaml"
    for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]:
        yield from group["rules"]


def filled_in(query: str) -> str:
    """A query as Grafana sends it, for all units."""
    return query.replace("$service", ".+").replace("$__rate_interval", "1m")
