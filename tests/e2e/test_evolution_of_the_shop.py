"""One project goes through the stages of docs/evolution-of-the-shop.md, as its owner would.

Each stage keeps what was written by hand, and passes its own checks, its scenarios through the
gateway included. The last stage is the shop of specs/, which other tests run.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
from chassis.testing.system import System

from tests.e2e.conftest import ROOT, Project

STAGES = ROOT / "specs" / "evolution"
WHOLE = ROOT / "specs" / "shop.yaml"
BY_HAND = "# Prices include taxes.\n"
WRITTEN = Path("services/product/src/shop_product/domain/product.py")
LOSSES = {
    "5-mixed-persistence": [
        "the store of `product` was postgresql and is mongodb",
        "the store of `cart` was postgresql and is redis",
    ],
    "6-cqrs": ["`Order` was stored as its state and is stored as its events"],
    "shop": ["the event hub was nats and is kafka"],
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The shop at its first stage, with a line of its owner's."""
    root = tmp_path_factory.mktemp("evolution") / "shop"
    done = meshgen(ROOT, "new", str(root), "--spec", str(STAGES / "1-monolith.yaml"))
    assert done.returncode == 0, done.stderr
    (root / WRITTEN).write_text(BY_HAND + (root / WRITTEN).read_text(encoding="utf-8"))
    return Project(root)


def meshgen(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "meshgen", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@dataclass(frozen=True)
class Customer:
    """A customer, and an order of theirs."""

    id: UUID
    order: str

    def sees(self, project: Project, status: str) -> None:
        system = System.running(project.root)
        found = system.caller("customer", sub=self.id).eventually(
            "/orders", {"customer_id": self.id}, 60.0, status=status
        )
        assert found["order_id"] == self.order

    def confirms(self, project: Project) -> None:
        caller = System.running(project.root).caller("customer", sub=self.id)
        caller.post(f"/orders/{self.order}/confirm")


def places_an_order(project: Project) -> Customer:
    caller = System.running(project.root).caller("customer")
    line = {"product_id": str(UUID(int=1)), "quantity": 2, "unit_price": "19.90"}
    body = {"customer_id": str(caller.id), "lines": [line]}
    return Customer(caller.id, str(caller.post("/orders", **body)["order_id"]))


def move_to(project: Project, spec: Path) -> None:
    """Give the project another spec; what stored data would not survive has to be accepted."""
    shutil.copy(spec, project.root / "shop.yaml")
    losses = LOSSES.get(spec.stem, [])
    done = meshgen(project.root, "update")
    assert (done.returncode != 0) == bool(losses), done.stdout + done.stderr
    assert all(loss in done.stderr for loss in losses)
    assert done.stderr.count("hint:") == len(losses)
    if losses:
        done = meshgen(project.root, "update", "--accept-data-loss")
        assert done.returncode == 0, done.stderr
    assert meshgen(project.root, "diff", "--exit-code").returncode == 0
    assert (project.root / WRITTEN).read_text(encoding="utf-8").startswith(BY_HAND)


def files(project: Project) -> dict[str, bytes]:
    """What of the project is code."""
    return {
        path.relative_to(project.root).as_posix(): path.read_bytes()
        for folder in ("services", "libs", "gateway")
        for path in (project.root / folder).rglob("*")
        if path.suffix in (".py", ".yaml", ".toml") and ".venv" not in path.parts
    }


def test_data_and_code_stay_where_only_processes_change(project: Project) -> None:
    project.make("up")
    first = places_an_order(project)
    project.make("down")
    before = files(project)

    move_to(project, STAGES / "2-services.yaml")
    assert files(project) == before
    project.make("up")
    assert {"product", "cart", "order"} <= project.state.started.keys()
    first.sees(project, "placed")
    first.confirms(project)
    second = places_an_order(project)
    project.make("down")

    move_to(project, STAGES / "1-monolith.yaml")
    assert files(project) == before
    project.make("up")
    first.sees(project, "confirmed")
    second.sees(project, "placed")
    project.make("down")


@pytest.mark.parametrize("stage", sorted(path.stem for path in STAGES.glob("*.yaml")))
def test_each_stage_passes_its_own_checks(project: Project, stage: str) -> None:
    move_to(project, STAGES / f"{stage}.yaml")
    project.make("lint")
    assert " passed" in project.make("test")


def test_the_last_stage_is_the_shop(project: Project) -> None:
    move_to(project, WHOLE)


def test_neighbours_differ_in_what_the_tour_says() -> None:
    assert changed(
        "1-monolith", "2-services", lambda line: line.startswith(("processes", "  shop:"))
    )
    assert changed("4-events", "5-mixed-persistence", lambda line: "store: " in line)


def changed(before: str, after: str, expected: Callable[[str], bool]) -> bool:
    texts = [(STAGES / f"{name}.yaml").read_text(encoding="utf-8") for name in (before, after)]
    first, second = (set(text.splitlines()[1:]) for text in texts)
    return all(expected(line) for line in first ^ second)
