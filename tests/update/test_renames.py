"""Which path was which before a rename, and a whole system under another name."""

from __future__ import annotations

from pathlib import Path

from meshgen.operations.new import create
from meshgen.operations.update import update
from meshgen.output.moved_paths import Renames, former_paths
from meshgen.spec.check import read_spec
from meshgen.system.lower import resolve
from tests.update.variants import changed, variant

SPECS = Path(__file__).parents[2] / "specs"
SHOP = resolve(read_spec(SPECS / "shop.yaml"))
PATHS = list(variant("as it is").files)


def test_a_unit_moves_with_its_messages() -> None:
    moved = former_paths(PATHS, SHOP, Renames(system="shop", units={"order": "purchase"}))
    assert moved["services/order/src/shop_order/domain/order.py"] == (
        "services/purchase/src/shop_purchase/domain/order.py"
    )
    assert moved["libs/contracts/src/shop_contracts/order.py"] == (
        "libs/contracts/src/shop_contracts/purchase.py"
    )
    assert moved["contracts/schemas/order.json"] == "contracts/schemas/purchase.json"
    assert moved["contracts/openapi/order.json"] == "contracts/openapi/purchase.json"
    assert all("order" in path for path in moved)
    assert not any("cart" in path for path in moved)


def test_projections_and_bffs_move() -> None:
    moved = former_paths(
        PATHS, SHOP, Renames(system="shop", units={"order_history": "past", "web": "site"})
    )
    assert moved["projections/order_history/src/shop_order_history/rows.py"] == (
        "projections/past/src/shop_past/rows.py"
    )
    assert moved["bffs/web/src/shop_web/endpoints.py"] == "bffs/site/src/shop_site/endpoints.py"


def test_an_aggregate_moves_within_its_service() -> None:
    moved = former_paths(
        PATHS, SHOP, Renames(system="shop", inside={("order", "aggregate", "Order"): "BigDeal"})
    )
    assert moved == {
        "services/order/src/shop_order/domain/order.py": (
            "services/order/src/shop_order/domain/big_deal.py"
        ),
        "services/order/tests/test_order.py": "services/order/tests/test_big_deal.py",
    }


def test_a_saga_moves_within_its_service() -> None:
    inside = {("order", "saga", "Checkout"): "Buying"}
    assert former_paths(PATHS, SHOP, Renames(system="shop", inside=inside)) == {
        "services/order/src/shop_order/sagas/checkout.py": (
            "services/order/src/shop_order/sagas/buying.py"
        ),
        "services/order/tests/test_checkout.py": "services/order/tests/test_buying.py",
    }


def test_a_service_renamed_in_its_spec_takes_edits_along(tmp_path: Path) -> None:
    root = create(tmp_path / "shop", SPECS / "shop.yaml").target
    old = root / "services/shipping/src/shop_shipping/policies.py"
    old.write_text(old.read_text() + "\n\n# by hand\n")
    (old.parent / "helper.py").write_text("mine = 1\n")
    spec = changed(
        (root / "shop.yaml").read_text(),
        ("  shipping:\n", "  delivery:\n    renamed_from: shipping\n"),
        ("shipping.Parcel", "delivery.Parcel"),
        ("shipping,", "delivery,"),
    )
    (root / "shop.yaml").write_text(spec)
    done = update(root)
    assert not done.undecided
    assert done.left == ("services/shipping/src/shop_shipping/helper.py",)
    new = root / "services/delivery/src/shop_delivery/policies.py"
    assert new.read_text().endswith("\n\n# by hand\n")
    assert not old.exists()
    assert update(root).nothing
    (root / "shop.yaml").write_text(changed(spec, ("page: 50", "page: 25")))
    assert not [change for change in update(root).changes if change.moved_from]


def test_without_renames_nothing_moves() -> None:
    assert former_paths(PATHS, SHOP, Renames(system="shop")) == {}


def test_a_system_under_another_name_keeps_its_edits(tmp_path: Path) -> None:
    root = create(tmp_path / "notes", SPECS / "minimal.yaml").target
    old = root / "services/note/src/notes_note/domain/note.py"
    old.write_text(old.read_text() + "\n\n# by hand\n")
    spec = (root / "notes.yaml").read_text()
    (root / "notes.yaml").write_text(spec.replace("name: notes", "name: memos"))
    done = update(root)
    assert not done.undecided
    assert not (root / "notes.yaml").exists()
    assert not (root / "services/note/src/notes_note").exists()
    new = root / "services/note/src/memos_note/domain/note.py"
    assert new.read_text().endswith("\n\n# by hand\n")
    assert "notes_contracts" not in new.read_text()
    assert update(root).nothing
    fresh = create(tmp_path / "memos", root / "memos.yaml").target
    expected = {p.relative_to(fresh).as_posix() for p in fresh.rglob("*") if p.is_file()}
    assert {p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file()} == expected
