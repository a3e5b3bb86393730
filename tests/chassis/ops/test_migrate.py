"""Stores are prepared by a command, before the units that use them run."""

from __future__ import annotations

import os
from decimal import Decimal
from uuid import uuid4

from tests.chassis.core import market
from tests.chassis.core.running import Running, do, eventually
from tests.chassis.core.test_rebuild import read_models

from .conftest import Operator


async def test_a_dry_run_says_what_is_pending_and_leaves_nothing(ops: Operator) -> None:
    rows = await ops("migrate", "--dry-run", code=1)
    pending = {row["unit"]: row["changes"] for row in rows}
    assert any("CREATE TABLE product (" in change for change in pending["product"])
    assert any("CREATE TABLE checkout_saga (" in change for change in pending["order"])
    assert any("CREATE TABLE order_history (" in change for change in pending["order_history"])
    assert not [row for row in rows if row["done"]]
    assert not list(ops.root.glob("*.db"))


async def test_named_units_are_prepared_once(ops: Operator) -> None:
    (row,) = await ops("migrate", "product")
    assert row["changes"]
    assert row["done"]
    assert [file.name for file in ops.root.glob("*.db")] == ["product.db"]
    assert await ops("migrate", "product") == [{"unit": "product", "changes": [], "done": True}]
    assert await ops("migrate", "product", "--dry-run") == [
        {"unit": "product", "changes": [], "done": False}
    ]
    done = await ops.run("migrate", "--dry-run", "product", "stock")
    assert done.code == 1
    assert "product: nothing to do" in done.out
    assert "stock: CREATE TABLE" in done.out
    assert "there is no unit 'nothing'" in await ops.refused("migrate", "nothing")


async def test_a_store_that_is_away_is_told_apart(ops: Operator) -> None:
    """A job tries that again, and nothing else."""
    ops.env["PRODUCT_STORE_URL"] = "redis://127.0.0.1:1/0"
    assert "127.0.0.1:1" in await ops.refused("migrate", "product", code=3)


async def test_an_image_has_no_project(ops: Operator) -> None:
    """It has the units of one process, and nothing of the embedded mode."""
    (ops.root / "topology.toml").unlink()
    ops.env |= {"OPS_UNITS": "units:product,\n  units:stock", "PYTHONPATH": _without(ops, "psutil")}
    rows = await ops("migrate")
    assert [row["unit"] for row in rows] == ["product", "stock"]
    assert {file.name for file in ops.root.glob("*.db")} == {"product.db", "stock.db"}
    assert "there is no unit 'order' with a store: product, stock" in await ops.refused(
        "migrate", "order"
    )
    assert await ops("dlq", "list") == []
    del ops.env["HUB_URL"]
    assert "HUB_URL is not set" in await ops.refused("projection", "status")
    ops.env["OPS_UNITS"] = "nowhere:product"
    assert "nowhere:product: cannot be imported" in await ops.refused("migrate")


def _without(ops: Operator, package: str) -> str:
    """A PYTHONPATH on which a package cannot be imported."""
    folder = ops.root / "without"
    folder.mkdir()
    (folder / f"{package}.py").write_text("raise ModuleNotFoundError(__name__)")
    return f"{folder}{os.pathsep}{ops.env['PYTHONPATH']}"


async def test_nothing_is_pending_when_the_units_have_run(running: Running, ops: Operator) -> None:
    """Neither for a read model in a later generation."""
    products = await running.service(market.product_service(running.messages))
    prices = await running.projection(market.prices(running.messages))
    await do(products, market.ListProduct(product_id=uuid4(), name="x", price=Decimal(1)))
    await ops("projection", "rebuild", "prices")
    model = await (await read_models(running)).load()
    assert model.live == 2
    await eventually(lambda: prices.readiness(), bool)
    rows = await ops("migrate", "product", "prices", "--dry-run")
    assert [row["changes"] for row in rows] == [[], []]
