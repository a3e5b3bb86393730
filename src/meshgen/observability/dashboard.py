"""The dashboard in Grafana's own JSON, schema 39 (Grafana 11)."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from meshgen.observability.alerts import Watched
from meshgen.observability.panels import Panel, Query, Row, rows

_COLUMNS, _HEIGHT = 24, 8
_A_LINE = 3  # panels
_UID = 40  # characters, at most
_SOURCE = {"type": "prometheus", "uid": "${source}"}
# All units have this metric, also backends for frontends.
_UNITS = "label_values(chassis_requests_admitted_total, service)"


def dashboard(system: str, watched: Watched) -> dict[str, object]:
    """Return the dashboard of the system called `system`."""
    return {
        "uid": _uid(system),
        "title": system,
        "tags": ["meshgen"],
        "schemaVersion": 39,
        "graphTooltip": 1,  # the cross hair is in all panels
        "refresh": "30s",
        "time": {"from": "now-1h", "to": "now"},
        "templating": {"list": [_source(), _service()]},
        "panels": list(_panels(rows(watched))),
    }


def _uid(system: str) -> str:
    """Return an id that other systems do not have."""
    if len(system) <= _UID:
        return system
    digest = sha256(system.encode()).hexdigest()[:8]
    return f"{system[: _UID - 9]}-{digest}"


def _source() -> dict[str, object]:
    return {"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus"}


def _service() -> dict[str, object]:
    return {
        "name": "service",
        "label": "Unit",
        "type": "query",
        "datasource": _SOURCE,
        "query": {"query": _UNITS, "refId": "units"},
        "definition": _UNITS,
        "refresh": 2,  # with the range of time
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".+",
        "current": {"text": ["All"], "value": ["$__all"]},
    }


def _panels(every: Iterator[Row]) -> Iterator[dict[str, object]]:
    top = 0
    for row in every:
        yield {
            "id": row.id,
            "type": "row",
            "title": row.title,
            "collapsed": False,
            "gridPos": {"x": 0, "y": top, "w": _COLUMNS, "h": 1},
            "panels": [],
        }
        top += 1
        columns = min(_A_LINE, len(row.panels)) if len(row.panels) != 4 else 2
        width = _COLUMNS // columns
        for number, panel in enumerate(row.panels):
            line, column = divmod(number, columns)
            place = {
                "x": column * width,
                "y": top + line * _HEIGHT,
                "w": width,
                "h": _HEIGHT,
            }
            yield _panel(row.id + 1 + number, panel, place)
        top += -(-len(row.panels) // columns) * _HEIGHT


def _panel(id: int, panel: Panel, place: dict[str, int]) -> dict[str, object]:
    about = {"description": panel.about} if panel.about else {}
    return {
        "id": id,
        "type": "timeseries",
        "title": panel.title,
        **about,
        "datasource": _SOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": _defaults(panel), "overrides": []},
        "options": {
            "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
            "tooltip": {"mode": "multi", "sort": "desc"},
        },
        "targets": [_target(query, n) for n, query in enumerate(panel.queries)],
    }


def _defaults(panel: Panel) -> dict[str, object]:
    steps: list[dict[str, object]] = [{"color": "green", "value": None}]
    custom: dict[str, object] = {"fillOpacity": 10, "showPoints": "never"}
    if panel.limit is not None:
        steps.append({"color": "red", "value": panel.limit})
        custom["thresholdsStyle"] = {"mode": "dashed"}
    return {
        "unit": panel.unit,
        "min": 0,
        "custom": custom,
        "thresholds": {"mode": "absolute", "steps": steps},
    }


def _target(query: Query, number: int) -> dict[str, object]:
    exemplars = {"exemplar": True} if query.exemplars else {}
    return {
        "refId": chr(ord("A") + number),
        "expr": query.expression,
        "legendFormat": query.legend,
        "range": True,
        **exemplars,
    }
