"""Years of a project in a minute: examples/shop through a dozen changes of its spec and of meshgen.

The lines that were written by hand survive every step, and after every step the project's own
checks and tests pass.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.trees import tracked_files

ROOT = Path(__file__).parents[2]
RULE = 'require(command.price <= product.price * MOST_RISE, "price_rise_is_moderate")'
TEST = "def test_a_price_that_rises_more_is_taken_for_a_slip"
MINE = "scripts/close_the_books.py"


@dataclass(frozen=True)
class Shop:
    """The shop, whose spec changes over the years, and a meshgen that does, too."""

    root: Path
    engine: Path

    def meshgen(self, *arguments: str, code: int = 0) -> str:
        """Run meshgen in the project; it has to end with that exit code."""
        done = subprocess.run(
            [sys.executable, "-m", "meshgen", *arguments],
            cwd=self.root,
            env={**os.environ, "PYTHONPATH": str(self.engine / "src")},
            capture_output=True,
            text=True,
            check=False,
        )
        said = f"meshgen {' '.join(arguments)}\n{done.stdout}\n{done.stderr}"
        assert done.returncode == code, said
        assert "Traceback" not in done.stderr
        return done.stdout

    def edit_spec(self, *changes: tuple[str, str]) -> None:
        """Replace texts in the spec, as a person would with an editor."""
        path = self.root / "shop.yaml"
        text = path.read_text()
        for before, after in changes:
            assert text.count(before) == 1, f"{before!r} is there {text.count(before)} times"
            text = text.replace(before, after)
        path.write_text(text)

    def grep(self, text: str) -> list[str]:
        """The files that have `text` in them."""
        files = tracked_files(self.root)
        return [f for f in files if text in (self.root / f).read_text("utf-8", "ignore")]

    def git(self, *arguments: str) -> str:
        command = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", *arguments]
        return subprocess.run(
            command, cwd=self.root, capture_output=True, text=True, check=True
        ).stdout

    def passes_its_own_checks(self) -> None:
        """Style, format, types, and the tests of every unit."""
        env = {k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "PYTHONPATH")}
        folders = [f for f in ("services", "projections", "bffs") if (self.root / f).is_dir()]
        for command in (
            ["make", "--silent", "lint"],
            [".venv/bin/pytest", "-q", *folders, "tests/test_architecture.py"],
        ):
            done = subprocess.run(
                command, cwd=self.root, env=env, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    folder = tmp_path_factory.mktemp("history")
    shop = Shop(folder / "shop", folder / "meshgen")
    for path in tracked_files(ROOT / "examples" / "shop"):
        (shop.root / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / "examples" / "shop" / path, shop.root / path)
    for part in ("src", "templates"):
        shutil.copytree(ROOT / part, shop.engine / part)
    (shop.root / MINE).parent.mkdir()
    (shop.root / MINE).write_text('"""Nobody but us knows this file."""\n')
    shop.git("init", "-q", "-b", "main")
    shop.git("add", "-A")
    shop.git("commit", "-q", "-m", "as it was")
    return shop


def add_a_field_to_an_event(shop: Shop) -> None:
    shop.edit_spec(
        ("PriceChanged: {price: decimal}", 'PriceChanged: {price: decimal, note: "string?"}'),
        (
            "input: {price: {type: decimal, min: 0}}\n            requires",
            'input: {price: {type: decimal, min: 0}, note: "string?"}\n            requires',
        ),
    )
    shop.meshgen("update")


def rename_an_event(shop: Shop) -> None:
    shop.meshgen("rename", "product.PriceChanged", "PriceSet")


def add_a_command(shop: Shop) -> None:
    shop.edit_spec(
        (
            "          DelistProduct: {roles",
            "          RelistProduct:\n            roles: [merchant]\n"
            "            requires: {product_is_not_listed: not listed}\n"
            "            emits: ProductRelisted\n          DelistProduct: {roles",
        ),
        (
            "          ProductDelisted: {sets: {listed: false}}",
            "          ProductRelisted: {sets: {listed: true}}\n"
            "          ProductDelisted: {sets: {listed: false}}",
        ),
    )
    shop.meshgen("update")


def add_a_service(shop: Shop) -> None:
    shop.meshgen(
        "add-service", "review", "--store", "sqlite", "--aggregate", "Review",
        "--emits", "ReviewWritten",
    )  # fmt: skip


def add_another_aggregate_to_it(shop: Shop) -> None:
    shop.meshgen("add-aggregate", "review", "Reviewer", "--emits", "ReviewerJoined")


def split_it_in_two(shop: Shop) -> None:
    text = (shop.root / "shop.yaml").read_text()
    block = re.search(r"^      Reviewer:\n(?:^        .*\n|\n)+", text, re.M)
    assert block, text
    shop.edit_spec((block[0], ""))
    at = re.search(r"^  review:\n", (shop.root / "shop.yaml").read_text(), re.M)
    assert at
    service = "  reviewer:\n    store: sqlite\n    aggregates:\n" + block[0] + "\n"
    shop.edit_spec((at[0], service + at[0]))
    shop.meshgen("update", code=2)
    shop.meshgen("update", "--accept-data-loss")


def remove_a_service(shop: Shop) -> None:
    shop.meshgen("remove", "reviewer", code=2)
    shop.meshgen("remove", "reviewer", "--accept-data-loss")


def change_an_engine(shop: Shop) -> None:
    shop.edit_spec(("    store: mongodb\n    aggregates", "    store: postgresql\n    aggregates"))
    shop.meshgen("update", code=2)
    shop.meshgen("update", "--accept-data-loss")


def add_a_projection(shop: Shop) -> None:
    shop.meshgen(
        "add-projection", "price_list", "--on", "product.ProductListed", "--on", "product.PriceSet",
        "--store", "sqlite",
    )  # fmt: skip


def add_an_endpoint_to_a_bff(shop: Shop) -> None:
    shop.edit_spec(
        (
            "      GET /account: {orders",
            "      GET /products/{product_id}: "
            '{product: "catalog.ProductDetails(product_id=product_id)"}\n'
            "      GET /account: {orders",
        )
    )
    shop.meshgen("update")


def rename_a_service(shop: Shop) -> None:
    shop.meshgen("rename", "product", "goods")
    assert not (shop.root / "services" / "product").exists()


SERVICE = "templates/service/template/src/{{ service.package }}"


def change_the_templates(shop: Shop) -> None:
    (path,) = (shop.engine / SERVICE / "domain").glob("*aggregate*.jinja")
    text = path.read_text()
    sentence = "Yield the events that `command` causes, or refuse it."
    assert sentence in text
    path.write_text(text.replace(sentence, "Yield the events of `command`, or refuse it."))
    path = shop.engine / "templates" / "chassis" / "src" / "chassis" / "domain.py"
    path.write_text(path.read_text() + "\n\n# a newer chassis\n")
    shop.meshgen("update")


def change_everything_at_once(shop: Shop) -> None:
    (path,) = (shop.engine / SERVICE).glob("*http.py*.jinja")
    text = path.read_text()
    assert "The HTTP routes of" in text
    path.write_text(text.replace("The HTTP routes of", "The routes of"))
    shop.edit_spec(
        (
            "category: string, price: decimal, listed: bool}",
            'category: string, price: decimal, listed: bool, brand: "string?"}',
        ),
        (
            "ProductListed: {name: string, category: string, price: decimal",
            'ProductListed: {name: string, category: string, price: decimal, brand: "string?"',
        ),
        (
            "              category: {type: string, min_length: 1, max_length: 60}\n",
            "              category: {type: string, min_length: 1, max_length: 60}\n"
            '              brand: "string?"\n',
        ),
        ("burst: 100}", "burst: 200}"),
        ("  mobile:\n", "  phone:\n    renamed_from: mobile\n"),
        ("fraud_watch, web, mobile", "fraud_watch, web, phone"),
        ("    mobile GET /home:", "    phone GET /home:"),
    )
    shop.meshgen("update")


STEPS: tuple[Callable[[Shop], None], ...] = (
    add_a_field_to_an_event,
    rename_an_event,
    add_a_command,
    add_a_service,
    add_another_aggregate_to_it,
    split_it_in_two,
    remove_a_service,
    change_an_engine,
    add_a_projection,
    add_an_endpoint_to_a_bff,
    rename_a_service,
    change_the_templates,
    change_everything_at_once,
)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
def test_the_hand_written_lines_survive(shop: Shop, step: Callable[[Shop], None]) -> None:
    step(shop)
    assert len(shop.grep(RULE)) == 1
    assert len(shop.grep(TEST)) == 1
    assert shop.grep("Nobody but us knows") == [MINE]
    shop.passes_its_own_checks()
    shop.git("add", "-A")
    shop.git("commit", "-q", "--allow-empty", "-m", step.__name__)
    # Nothing is left to do, and doing it again does nothing.
    shop.meshgen("diff", "--exit-code")
    shop.meshgen("update")
    assert shop.git("status", "--porcelain") == ""
    assert json.loads(shop.meshgen("diff", "--json")) is not None
