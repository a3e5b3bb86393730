"""A generated backend-for-frontend whose parts feed each other."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

from tests.e2e.conftest import Project

TEST = """
from uuid import uuid4

from chassis.testing.unit import TestUnit
from trips_web.bff import bff


def test_the_whole_trip():
    id, who = uuid4(), uuid4()
    row = {"trip_id": id, "traveller": who, "legs": [], "done": False}
    trip = {**row, "tickets": [], "days": [], "extras": {}}
    page = {"items": [row], "next": None}
    backends = {"trip": {f"/trip/trips/{id}": trip}, "trips": {f"/trips/{id}": row, "/trips": page}}
    with TestUnit(bff, backends=backends) as web:
        answer = web.caller("traveller", sub=who).get(f"/whole/{id}")
        assert answer.status == 200
        assert answer.body["row"]["trip_id"] == str(id)
        assert len(answer.body["later"]["items"]) == len(answer.body["others"]["items"]) == 1
        of = f"trips /trips?traveller={who}&done=false"
        assert sorted(web.requests) == sorted(
            [f"trip /trip/trips/{id}", f"trips /trips/{id}", of, of]
        )
    backends["trips"][f"/trips/{id}"] = 503
    with TestUnit(bff, backends=backends) as web:
        answer = web.caller("traveller", sub=who).get(f"/whole/{id}")
        assert answer.status == 200
        assert answer.body["row"] is answer.body["later"] is None


def test_the_next_page():
    who = uuid4()
    with TestUnit(bff, backends={"trips": {"/trips": {"items": [], "next": None}}}) as web:
        assert web.caller("traveller", sub=who).get("/", cursor="more").status == 200
        assert web.requests == (f"trips /trips?traveller={who}&done=false&cursor=more",)
"""


def test_parts_feed_each_other(generated: Callable[[str], Project]) -> None:
    project = generated("trips")
    project.make(".venv/.ready")
    path = project.root / "bffs" / "web" / "tests" / "test_whole.py"
    path.write_text(TEST, encoding="utf-8")
    try:
        done = subprocess.run(
            [project.root / ".venv/bin/pytest", "-q", str(path)],
            cwd=project.root,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "2 passed" in done.stdout, done.stdout + done.stderr
    finally:
        path.unlink()
