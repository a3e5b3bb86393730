"""The shop, with its hand-written lines, over the years: each step keeps them and works."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from examples.regenerate import PATCH
from meshgen.edit import add_event, add_projection, add_service, remove, rename
from meshgen.merge import Side
from meshgen.new import create
from meshgen.render import rendering
from meshgen.resolving import resolve_conflicts
from meshgen.update import update
from tests.update.variants import SHOP, changed

HAND_WRITTEN = [
    line[1:].rstrip()
    for line in PATCH.read_text(encoding="utf-8").splitlines()
    if line.startswith("+") and not line.startswith("+++") and line[1:].strip()
]

USERS = ("customer",)


@dataclass(frozen=True)
class Step:
    """A change of the spec, with something that is in the project afterwards, or is not."""

    what: str
    change: Callable[[str], str]
    there: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    appended: tuple[str, ...] = ()


def replacing(*changes: tuple[str, str]) -> Callable[[str], str]:
    return lambda text: changed(text, *changes)


STEPS = (
    Step(
        "a field is added to an event",
        replacing((" StockReceived: {q", ' StockReceived: {note: "string?", q')),
    ),
    Step("an event is renamed", lambda t: rename(t, "inventory.StockReceived", "StockArrived")),
    Step(
        "an event and its command are added",
        lambda text: add_event(text, "product.Product", "ProductPraised", roles=USERS),
        appended=("services/product/tests/test_product.py",),
    ),
    Step(
        "a service is added",
        lambda text: add_service(
            text, "review", aggregates=("Review", "Answer"), roles=("customer",)
        ),
        there=("services/review/src/shop_review/domain/answer.py",),
    ),
    Step(
        "it is split in two",
        lambda text: add_service(
            remove(text, "review.Answer"), "answer", aggregates=("Answer",), roles=USERS
        ),
        there=("services/answer/src/shop_answer/domain/answer.py",),
        gone=("services/review/src/shop_review/domain/answer.py",),
    ),
    Step("one of them is removed", lambda text: remove(text, "answer"), gone=("services/answer",)),
    Step("an engine is changed", replacing(("store: redis", "store: sqlite"))),
    Step(
        "a projection is added",
        lambda text: add_projection(text, "shelf", on=("inventory.StockArrived",)),
        there=("projections/shelf/src/shop_shelf/rows.py",),
    ),
    Step(
        "an endpoint is added to a front end",
        replacing(
            (
                "      GET /account:",
                '      GET /window: {products: "catalog.Browse(listed=true, page=3)"}\n'
                "      GET /account:",
            )
        ),
    ),
    Step(
        "a service is renamed, the one with hand-written lines",
        lambda text: rename(text, "product", "goods"),
        there=("services/goods/src/shop_goods/domain/product.py",),
        gone=("services/product",),
    ),
    Step("meshgen's templates are changed", lambda text: text),
    Step("a limit is changed", replacing(("max_length: 120", "max_length: 90"))),
    Step(
        "a projection is renamed",
        lambda text: rename(text, "order_history", "past_orders"),
        there=("projections/past_orders/src/shop_past_orders/rows.py",),
        gone=("projections/order_history",),
    ),
    Step(
        "all at once",
        lambda text: remove(
            rename(
                changed(
                    text,
                    ("name: shop\n", "name: bazaar\n"),
                    ("page: 24", "page: 12"),
                    ("store: sqlite", "store: redis"),
                ),
                "shipping",
                "delivery",
            ),
            "mobile",
            "review",
        ),
        there=(
            "services/goods/src/bazaar_goods/domain/product.py",
            "services/delivery/src/bazaar_delivery/service.py",
            "bazaar.yaml",
        ),
        gone=("services/shipping", "services/review", "bffs/mobile", "shop.yaml"),
    ),
)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("history")
    (folder / "shop.yaml").write_text(SHOP, encoding="utf-8")
    root = create("shop", folder / "shop.yaml", folder).target
    subprocess.run(["git", "apply", "--whitespace=nowarn", str(PATCH)], cwd=root, check=True)
    (root / "services/product/notes.md").write_text("Notes of ours.\n")
    assert_works(root)
    return root


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.what)
def test_a_step(project: Path, step: Step, monkeypatch: pytest.MonkeyPatch) -> None:
    if "templates" in step.what:
        (project / ".meshgen/cache.json").unlink()  # what another meshgen made is not known
    if STEPS.index(step) >= [s.what for s in STEPS].index("meshgen's templates are changed"):
        other = {owner: f"{says}, with care" for owner, says in rendering._SAYS.items()}
        monkeypatch.setattr(rendering, "_SAYS", other)
    spec = next(project.glob("*.yaml"))
    before = spec.read_text(encoding="utf-8")
    done = update(project, spec=step.change(before).encode())
    assert not done.nothing
    if done.undecided:  # tests were appended to the same file by hand and by meshgen
        assert [change.path for change in done.undecided] == list(step.appended)
        resolve_conflicts(project, [project / path for path in step.appended], Side.BOTH)
    for path in step.there:
        assert (project / path).exists(), path
    for path in step.gone:
        left = [p for p in (project / path).rglob("*") if p.is_file()]
        assert left == [p for p in left if p.name == "notes.md"], path
    texts = [p.read_text() for p in project.rglob("*.py") if ".meshgen" not in p.parts]
    lines = {line.rstrip() for text in texts for line in text.splitlines()}
    assert not [line for line in HAND_WRITTEN if line not in lines]
    assert (project / "services/product/notes.md").read_text() == "Notes of ours.\n"
    assert_works(project)
    assert update(project).nothing


def assert_works(root: Path) -> None:
    """The project's own tests of its units pass."""
    sources = [str(path) for path in root.glob("*/*/src")]
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "services",
            "projections",
            "tests/test_architecture.py",
        ],
        cwd=root,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sources), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
