"""An update renders only the parts that changed, and touches only the files that must change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.synthetic import spec_of
from meshgen.filesystem.files import Files
from meshgen.operations.new import create
from meshgen.operations.update import update
from meshgen.output.parts import Part, parts_of
from meshgen.render import Worker, render, worker
from meshgen.render.worker import Job
from meshgen.spec.check import check_text, read_spec
from meshgen.system.lower import resolve
from meshgen.system.model import ContractModule
from tests.trees import digest
from tests.update.variants import SHOP, changed, variant

ROOT = Path(__file__).parents[2]


def rendered(parts: list[Part]) -> dict[str, Files]:
    with worker() as renderer:
        return {**render(SHOP_MESH, parts, renderer)}


SHOP_MESH = resolve(read_spec(ROOT / "specs" / "shop.yaml"))
PARTS = {part.name: part for part in parts_of(SHOP_MESH)}


def fingerprints(text: str) -> dict[str, str]:
    spec, findings = check_text("shop.yaml", text)
    assert spec is not None, findings
    return {part.name: part.fingerprint for part in parts_of(resolve(spec))}


@pytest.mark.parametrize(
    "names",
    [
        ["services/cart"],
        ["services/order", "bffs/web"],
        ["projections/catalog"],
        ["project"],
        ["chassis"],
        ["services/payment", "services/inventory", "project"],
    ],
    ids=" ".join,
)
def test_a_part_renders_the_same_alone_as_with_all_others(names: list[str]) -> None:
    whole = variant("as it is").rendering.files
    assert rendered([PARTS[name] for name in names]) == {name: whole[name] for name in names}


def test_nothing_is_rendered_for_no_parts() -> None:
    assert rendered([]) == {}


def test_the_parts_hold_every_file_once() -> None:
    paths = [path for files in variant("as it is").rendering.files.values() for path in files]
    assert len(paths) == len(set(paths))


@pytest.mark.parametrize(
    ("change", "must", "may"),
    [
        (("An online shop, from", "A shop, from"), "project", ""),
        (("page: 50", "page: 25"), "services/product", ""),
        (("max_length: 200", "max_length: 99"), "services/order", ""),
        (("# The reference shop", "# Our shop"), "", ""),
        (
            (
                "{product_id: uuid, quantity: {type: int, min: 1}",
                "{product_id: uuid, quantity: int",
            ),
            "project services/cart services/order",
            "services/inventory services/shipping projections/order_history bffs/web",
        ),
    ],
    ids=["summary", "query", "limit", "comment", "shared type"],
)
def test_only_what_changes_has_another_fingerprint(
    change: tuple[str, str], must: str, may: str
) -> None:
    before, after = fingerprints(SHOP), fingerprints(changed(SHOP, change))
    found = {name for name in before if before[name] != after[name]}
    assert {*must.split()} <= found <= {*must.split(), *may.split()}


@pytest.mark.parametrize(
    "field", ["title", "summary", "routes", "policies", "replicas", "questions", "imports"]
)
def test_a_fingerprint_says_all_that_a_template_sees(field: str) -> None:
    order: Any = next(service for service in SHOP_MESH.services if service.name == "order")
    other = replace(order, **{field: ("something else",)})
    found = {part.name: part for part in parts_of(replace(SHOP_MESH, services=(other,)))}
    fingerprint = found["services/order"].fingerprint
    assert fingerprint != PARTS["services/order"].fingerprint


def test_one_service_more_among_a_hundred(tmp_path: Path) -> None:
    (tmp_path / "big.yaml").write_text(spec_of(100))
    root = create(tmp_path / "big", tmp_path / "big.yaml").target
    before = digest(root)
    (root / "big.yaml").write_text(spec_of(101))
    done = update(root)
    after = digest(root)
    assert sorted(done.rendered) == ["project", "services/part101"]
    touched = {path for path in before | after if before.get(path) != after.get(path)}
    new = {path for path in touched if "part101" in path}
    assert touched - new == {
        ".meshgen/base/project.tar.gz",
        ".meshgen/cache.json",
        ".meshgen/identities.yaml",
        ".meshgen/spec.yaml",
        ".meshgen/state.json",
        "README.md",
        "big.yaml",
        "contracts/asyncapi.yaml",
        "deploy/compose.yaml",
        "deploy/images/big.Dockerfile",
        "deploy/images/gateway.Dockerfile",
        "deploy/k8s/base/big-migrate.yaml",
        "deploy/k8s/base/big.yaml",
        "deploy/k8s/base/network-policies.yaml",
        "deploy/k8s/overlays/production/monitoring.yaml",
        "deploy/observability/prometheus.yaml",
        "gateway/envoy.yaml",
        "libs/contracts/src/big_contracts/__init__.py",
        "pyproject.toml",
        "tests/e2e/test_gateway.py",
        "topology.toml",
    }
    assert ".meshgen/base/services/part101.tar.gz" in new
    fresh = digest(create(tmp_path / "fresh", root / "big.yaml").target)
    # Its policy was added later than the event, and says so.
    assert {path for path in fresh | after if fresh.get(path) != after.get(path)} == {
        ".meshgen/base/services/part101.tar.gz",
        ".meshgen/cache.json",
        ".meshgen/identities.yaml",
        ".meshgen/state.json",
        "services/part101/src/big_part101/service.py",
    }


@pytest.mark.parametrize(
    ("change", "typed"),
    [
        (("page: 50", "page: 25"), []),
        (("PriceChanged: {price", 'PriceChanged: {reason: "string?", price'), ["types", "product"]),
    ],
    ids=["a query", "an event"],
)
def test_messages_are_typed_only_if_their_schema_changed(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: tuple[str, str],
    typed: list[str],
) -> None:
    asked: list[str] = []
    start = Worker.start

    def recorded(self: Worker, jobs: Sequence[Job], schemas: Sequence[ContractModule]) -> None:
        asked.extend(module.name for module in schemas)
        start(self, jobs, schemas)

    root = create(tmp_path / "shop", ROOT / "specs" / "shop.yaml").target
    (root / "shop.yaml").write_text(changed(SHOP, change))
    monkeypatch.setattr(Worker, "start", recorded)
    assert "services/product" in update(root).rendered
    assert asked == typed
    fresh = create(tmp_path / "fresh", root / "shop.yaml").target
    assert digest(fresh) == digest(root)


def test_a_copy_without_the_render_cache_has_nothing_to_do_either(tmp_path: Path) -> None:
    """As after `git clone`: everything is rendered, and nothing is found to be different."""
    root = create(tmp_path / "notes", ROOT / "specs" / "minimal.yaml").target
    before = digest(root)
    (root / ".meshgen/cache.json").unlink()
    done = update(root)
    assert done.nothing
    assert len(done.rendered) > 1
    assert digest(root) == before
    assert update(root).rendered == ()


def test_a_damaged_render_cache_is_ignored(tmp_path: Path) -> None:
    root = create(tmp_path / "notes", ROOT / "specs" / "minimal.yaml").target
    for junk in ("", "[]", '{"parts": {"project": 1}}'):
        (root / ".meshgen/cache.json").write_text(junk)
        assert update(root).nothing
