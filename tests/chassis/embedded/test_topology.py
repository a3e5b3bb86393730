"""Reading `topology.toml`."""

from __future__ import annotations

from pathlib import Path

import pytest
from chassis.embedded.errors import EmbeddedError
from chassis.embedded.options import Options
from chassis.embedded.topology import load

GOOD = """\
system = "shop"
gateway = { port = 8080, config = "gateway/envoy.yaml" }
auth = { issuer = "https://id.shop.example", audience = "shop", roles = ["customer"] }
[units]
order = "shop_order.service:service"
cart = "shop_cart.service:service"
web = "shop_web.bff:bff"
"""


def _load(folder: Path, text: str) -> object:
    path = folder / "topology.toml"
    path.write_text(text)
    return load(path)


def test_units_nobody_lists_run_alone(tmp_path: Path) -> None:
    (tmp_path / "topology.toml").write_text(GOOD + '[processes]\nshop = ["order", "cart"]\n')
    topology = load(tmp_path / "topology.toml")
    assert topology.grouped(Options()) == {"shop": ("order", "cart"), "web": ("web",)}
    assert topology.grouped(Options(each=True)) == {
        "order": ("order",),
        "cart": ("cart",),
        "web": ("web",),
    }
    assert topology.gateway.port == 8080
    assert topology.copies("web", Options()) == ("web",)


def test_copies_of_processes(tmp_path: Path) -> None:
    (tmp_path / "topology.toml").write_text(GOOD + "[replicas]\nweb = 3\n")
    topology = load(tmp_path / "topology.toml")
    assert topology.copies("web", Options(replicas=2)) == ("web", "web-2", "web-3")
    assert topology.copies("order", Options(replicas=2)) == ("order", "order-2")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("system = ", "cannot be read"),
        ("", "'gateway' is missing"),
        (GOOD.replace("port = 8080, ", ""), "'port' is missing"),
        (GOOD.replace("8080", '"http"'), "invalid literal"),
        (GOOD.replace("[units]", "[other]"), "'units' is missing"),
        (GOOD.split("order =")[0], "[units] is empty"),
        (GOOD.replace(":bff", ""), "[units] web: 'shop_web.bff' is not module:attribute"),
        (GOOD + '[processes]\nshop = ["ordr"]\n', "there is no unit 'ordr'"),
        (GOOD + '[processes]\na = ["web"]\nb = ["web"]\n', "'web' is in two processes, a, b"),
        (GOOD + '[processes]\nnats = ["web"]\n', "'nats' is a reserved name"),
        ("processes = 3\n" + GOOD, "is not valid"),
        (GOOD + "[replicas]\nwob = 2\n", "[replicas] wob: there is no such process"),
        (GOOD + "[replicas]\nweb = 0\n", "[replicas] web: 0 is not from 1 to 16"),
        (GOOD + '[replicas]\nweb = "many"\n', "invalid literal"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(EmbeddedError, match="topology") as told:
        _load(tmp_path, text)
    assert says in str(told.value)


def test_a_folder_without_one(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedError, match="run this in the project's root folder"):
        load(tmp_path / "topology.toml")
