"""What is installed by name is ours or pinned; what a project consists of is never looked up."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from meshgen.spec.grammar.names import PROJECT as PROJECT_NAMES
from tests.trees import tracked_files

ROOT = Path(__file__).parents[2]
OURS = "meshgen-cli"
_TEXT = {"", ".cfg", ".jinja", ".md", ".py", ".sh", ".toml", ".yaml", ".yml"}
ON_PURPOSE: set[str] = set()
"""Other people's distributions that an install line may name; pinned files need no entry."""

_INSTALL = re.compile(
    r"(?:\b(?:pipx|pip3?|uv pip|uv tool) +(?:install|run|inject|upgrade)|\buv add|\buvx)\b"
    r"(?P<arguments>[^\n`#|&;)]*)"
)
_TAKES_A_VALUE = {
    "-r",
    "--requirement",
    "-e",
    "--editable",
    "-c",
    "--constraint",
    "--python",
    "-p",
    "--extra",
}
_EXPANDED = re.compile(r"\{\{.*?\}\}|\$\((?:[^()]|\([^()]*\))*\)")
"""What make or Jinja fills in: files, not names."""
_HOOK = re.compile(r"additional_dependencies: *\[(?P<arguments>[^\]]*)\]")


def installed_by_name(text: str) -> Iterator[str]:
    """The distributions that the install lines of `text` name."""
    joined = _EXPANDED.sub(" ", re.sub(r"\\\n\s*", " ", text).replace("$(UV)", "uv"))
    for line in _INSTALL.finditer(joined):
        words = iter(shlex.split(line["arguments"]))
        for word in words:
            if word in _TAKES_A_VALUE:
                next(words, None)
            elif not word.startswith(("-", ".", "/")):
                yield name_of(word)
    for hook in _HOOK.finditer(joined):
        yield from (name_of(word) for word in re.findall(r"[\"']([^\"']+)[\"']", hook["arguments"]))


def name_of(requirement: str) -> str:
    """`meshgen-cli[x]==1.0` -> `meshgen-cli`."""
    return re.split(r"[\[=<>~! ;]", requirement)[0].strip("\"'").lower()


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("pipx install meshgen", ["meshgen"]),
        ("- run: pip install 'meshgen-cli==1.0'", ["meshgen-cli"]),
        ("`.venv/bin/pip install --quiet uv`", ["uv"]),
        ("uv pip install -q -r requirements.txt -e . other[extra]>=2", ["other"]),
        ("$(UV) pip install --quiet \\\n    one two # three", ["one", "two"]),
        ("uv tool install x && pip install y", ["x", "y"]),
        ("uvx a\nuv add b\npipx run c", ["a", "b", "c"]),
        ('additional_dependencies: ["a==1", "b"]', ["a", "b"]),
        ("pip install --require-hashes -r $<", []),
    ],
)
def test_what_an_install_line_names(line: str, names: list[str]) -> None:
    assert list(installed_by_name(line)) == names


def test_no_install_line_names_a_distribution_of_somebody_else() -> None:
    found = {}
    for name in tracked_files(ROOT):
        path = ROOT / name
        if not name.startswith("tests/") and path.suffix in _TEXT:
            found[name] = set(installed_by_name(path.read_text(encoding="utf-8")))
    assert OURS in found["README.md"]
    assert OURS in found["templates/project/template/.github/workflows/ci.yml.jinja"]
    assert set().union(*found.values()) <= {OURS, *ON_PURPOSE}, found


def test_the_distribution_is_not_called_as_the_command() -> None:
    """`meshgen` on the index is somebody else's."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["name"] == OURS
    assert set(project["scripts"]) == {"meshgen"}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("generated") / "shop"
    command = [sys.executable, "-m", "meshgen", "new", str(folder), "--spec", "specs/shop.yaml"]
    subprocess.run([*command, "--quiet"], check=True, cwd=ROOT)
    return folder


def test_the_packages_of_a_project_are_private_and_come_from_its_folders(shop: Path) -> None:
    files = [shop / "pyproject.toml", *sorted(shop.glob("*/*/pyproject.toml"))]
    projects = {path: tomllib.loads(path.read_text(encoding="utf-8")) for path in files}
    members = {each["project"]["name"] for path, each in projects.items()} - {"shop"}
    assert {"shop-chassis", "shop-contracts", "shop-order"} <= members
    assert all(name.startswith("shop-") for name in members)
    for path, each in projects.items():
        assert each["project"]["classifiers"] == ["Private :: Do Not Upload"], path
        needed = {name_of(text) for text in each["project"].get("dependencies", ())} & members
        sources = each.get("tool", {}).get("uv", {}).get("sources", {})
        assert sources == {name: {"workspace": True} for name in needed}, path


def test_no_project_can_have_the_name_of_a_package_that_it_installs() -> None:
    """Nor one that a unit's name completes: `nats` and its unit `py` would be `nats-py`.

    The packages of the project are not in the environment of the checks.
    """
    files = {
        *(ROOT / "templates/project/template").glob("requirements*.txt"),
        *(ROOT / "templates/parts/requirements").glob("*.txt"),
    }
    for path in files - {ROOT / "templates/project/template/requirements-checks.txt"}:
        for name in re.findall(r"^([a-z0-9.-]+)==", path.read_text(encoding="utf-8"), re.MULTILINE):
            words = name.split("-")
            for end in range(1, len(words) + 1):
                assert PROJECT_NAMES.fault("-".join(words[:end]), "a project"), name
