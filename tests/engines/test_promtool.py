"""Prometheus' own tool accepts what is generated, and alerts fire when they should."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.promql import filled_in, queries
from tests.servers.prometheus import promtool

EXAMPLE = Path(__file__).parents[2] / "examples" / "shop"
FOLDER = EXAMPLE / "deploy" / "observability"
BURNS = (("1h", "2%", "14.4", "page"), ("6h", "5%", "6", "page"), ("3d", "10%", "1", "ticket"))


def test_the_configuration_and_the_rules_are_valid() -> None:
    assert "SUCCESS" in promtool("check", "config", "prometheus.yaml", cwd=FOLDER)
    assert "SUCCESS" in promtool("check", "rules", "--lint=all", "rules.yaml", cwd=FOLDER)


def test_what_is_wrong_is_found(tmp_path: Path) -> None:
    wrong = {"groups": [{"name": "a", "rules": [{"record": "b", "expr": "sum by (rate(c[5m]))"}]}]}
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(wrong))
    with pytest.raises(AssertionError, match="parse error"):
        promtool("check", "rules", "rules.yaml", cwd=tmp_path)


def test_the_queries_of_the_dashboard_are_valid(tmp_path: Path) -> None:
    asked = [filled_in(each) for each in queries(EXAMPLE)]
    rules = [{"record": f"query:{n}", "expr": each} for n, each in enumerate(asked)]
    (tmp_path / "rules.yaml").write_text(
        yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]})
    )
    printed = promtool("check", "rules", "rules.yaml", cwd=tmp_path)
    assert f"{len(asked)} rules found" in printed


@pytest.mark.parametrize(
    ("alert", "series", "labels", "summary"),
    [
        (
            "ConsumerLag",
            'chassis_consumer_lag_seconds{service="order", group="order.commands", topic="t"}',
            {"service": "order", "group": "order.commands", "topic": "t", "severity": "page"},
            "order has not handled messages of t for 2m 0s (group order.commands)",
        ),
        (
            "OutboxAge",
            'chassis_outbox_age_seconds{service="order"}',
            {"service": "order", "severity": "page"},
            "order has not published a message for 2m 0s: is the event hub away?",
        ),
        (
            "DeadLetters",
            'chassis_dead_letters{service="order"}',
            {"service": "order", "severity": "ticket"},
            "order has 120 dead letters: `ops dlq list`",
        ),
        (
            "StuckSagas",
            'chassis_sagas{service="order", saga="checkout", status="stuck"}',
            {"service": "order", "saga": "checkout", "severity": "ticket"},
            "120 instances of the saga checkout in order are stuck: `ops saga list --state stuck`",
        ),
    ],
)
def test_what_piles_up_fires_its_alert_and_stops(
    tmp_path: Path, alert: str, series: str, labels: dict[str, str], summary: str
) -> None:
    """Nothing for ten minutes, too much for ten minutes, nothing again; two copies say the same."""
    copies = [series.replace("}", f', instance="{number}"}}') for number in (1, 2)]
    fired = {"exp_labels": labels, "exp_annotations": {"summary": summary}}
    _hold(
        tmp_path,
        dict.fromkeys(copies, "0x9 120x9 0x9"),
        {alert: {"9m": [], "19m": [fired], "25m": []}},
    )


def test_running_sagas_are_no_stuck_ones(tmp_path: Path) -> None:
    series = 'chassis_sagas{service="order", saga="checkout", status="running"}'
    _hold(tmp_path, {series: "120x20"}, {"StuckSagas": {"19m": []}})


def test_failed_requests_fire_the_alerts_on_the_error_budget_until_they_stop(
    tmp_path: Path,
) -> None:
    """A tenth fails for 20 minutes; the short windows are clean 8 hours later."""
    alerts = {}
    for window, budget, rate, severity in BURNS:
        spent = f"{budget} of its error budget of 30 days in {window}: burn rate {rate}"
        fired = {
            "exp_labels": {"service": "order", "severity": severity},
            "exp_annotations": {"summary": f"order spends {spent}"},
        }
        alerts[f"OrderErrorBudget{window}"] = {"19m": [fired], "500m": []}
    _hold(tmp_path, {_orders("503"): "0+10x20 200x480", _orders("200"): "0+100x500"}, alerts)


def test_few_failed_requests_and_probes_fire_no_alert(tmp_path: Path) -> None:
    probes = {_orders("503", "/readyz"): "0+10x20", _orders("200"): "0+100x20"}
    few = {_orders("503"): "0+1x20", _orders("200"): "0+2000x20"}
    for series in (probes, few):
        _hold(tmp_path, series, {f"OrderErrorBudget{window}": {"19m": []} for window, *_ in BURNS})


def _orders(status: str, route: str = "/orders/place-order") -> str:
    labels = {"service": "order", "http_route": route, "http_response_status_code": status}
    matchers = ", ".join(f'{name}="{value}"' for name, value in labels.items())
    return f"http_server_request_duration_seconds_count{{{matchers}}}"


def _hold(
    folder: Path, series: dict[str, str], alerts: dict[str, dict[str, list[dict[str, Any]]]]
) -> None:
    """Check which alerts fire, by their names and by the time after the start."""
    test = {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "alert_rule_test": [
            {"alertname": name, "eval_time": time, "exp_alerts": fired}
            for name, expected in alerts.items()
            for time, fired in expected.items()
        ],
    }
    (folder / "test.yaml").write_text(
        yaml.safe_dump({"rule_files": [str(FOLDER / "rules.yaml")], "tests": [test]})
    )
    promtool("test", "rules", "test.yaml", cwd=folder)
