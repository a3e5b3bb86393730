"""Which path was which before a rename, and a whole system under another name."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from meshgen.base import State
from meshgen.mesh.resolve import resolve
from meshgen.new import create
from meshgen.renames import Renames, former_paths, renames_of
from meshgen.spec import read_spec
from meshgen.update import update

SPECS = Path(__file__).parents[2] / "specs"
SHOP = resolve(read_spec(SPECS / "shop.yaml"))


def unit(name: str, former: str | None = None, **aggregates: str) -> SimpleNamespace:
    return SimpleNamespace(
        name=name,
        renamed_from=former,
        aggregates=[SimpleNamespace(name=n, renamed_from=f) for n, f in aggregates.items()],
    )


def renamed(*services: SimpleNamespace, there: str) -> Renames:
    spec: Any = SimpleNamespace(services=services, projections=[], bffs=[])
    parts = {"project": "", **{f"services/{name}": "" for name in there.split()}}
    state = State(version="1", system="shop", spec_file="shop.yaml", spec="", parts=parts)
    return renames_of(spec, state)


@pytest.mark.parametrize(
    ("services", "there", "expected"),
    [
        ([unit("b", "a")], "a", {"b": "a"}),
        ([unit("b", "a")], "b", {}),  # carried out before
        ([unit("b", "a"), unit("a")], "a b", {}),  # and the old name is in use again
        ([unit("b", "a"), unit("a")], "a", {"b": "a"}),  # at once
        ([unit("c", "b"), unit("b", "a")], "a b", {"c": "b", "b": "a"}),
        ([unit("c", "b"), unit("b", "a")], "b c", {}),
        ([unit("a", "b"), unit("b", "a")], "a b", {}),  # a swap cannot be told from a stale one
        ([unit("b", "z")], "a", {}),
    ],
)
def test_a_rename_has_an_effect_once(
    services: list[SimpleNamespace], there: str, expected: dict[str, str]
) -> None:
    assert renamed(*services, there=there).units == expected


def test_a_unit_moves_with_its_messages() -> None:
    moved = former_paths(SHOP, Renames(system="shop", units={"order": "purchase"}))
    assert moved["services/order/src/shop_order/domain/order.py"] == (
        "services/purchase/src/shop_purchase/domain/order.py"
    )
    assert moved["libs/contracts/src/shop_contracts/order.py"] == (
        "libs/contracts/src/shop_contracts/purchase.py"
    )
    assert moved["contracts/schemas/order.json"] == "contracts/schemas/purchase.json"
    assert all("order" in path for path in moved)
    assert not any("cart" in path for path in moved)


def test_projections_and_bffs_move() -> None:
    moved = former_paths(
        SHOP, Renames(system="shop", units={"order_history": "past", "web": "site"})
    )
    assert moved["projections/order_history/src/shop_order_history/rows.py"] == (
        "projections/past/src/shop_past/rows.py"
    )
    assert moved["bffs/web/src/shop_web/endpoints.py"] == "bffs/site/src/shop_site/endpoints.py"


def test_an_aggregate_moves_within_its_service() -> None:
    moved = former_paths(SHOP, Renames(system="shop", aggregates={("order", "Order"): "BigDeal"}))
    assert moved == {
        "services/order/src/shop_order/domain/order.py": (
            "services/order/src/shop_order/domain/big_deal.py"
        ),
        "services/order/tests/test_order.py": "services/order/tests/test_big_deal.py",
    }


def test_without_renames_nothing_moves() -> None:
    assert former_paths(SHOP, Renames(system="shop")) == {}


def test_a_system_under_another_name_keeps_its_edits(tmp_path: Path) -> None:
    root = create("notes", SPECS / "minimal.yaml", tmp_path).target
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
    fresh = create("memos", root / "memos.yaml", tmp_path).target
    expected = {p.relative_to(fresh).as_posix() for p in fresh.rglob("*") if p.is_file()}
    assert {p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file()} == expected
