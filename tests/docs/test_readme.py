"""Every command of the README and of CONTRIBUTING is carried out, on a clean copy."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.trees import tracked_files

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")

# Carried out elsewhere: this very run, tests of the wheel, the benchmarks' own, those with servers.
ELSEWHERE = {
    "make test",
    "pipx install meshgen-cli",
    "make bench",
    "make format",
    "make examples",
    "meshgen doctor",
}


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a fresh clone has: the files under version control, and no environment."""
    target = tmp_path_factory.mktemp("clone") / "meshgen"
    for name in tracked_files(ROOT):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target / name)
    return target


def run(command: str, cwd: Path, path: str = "") -> str:
    """Run a shell command as somebody who has nothing but Python and make."""
    env = {k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "PYTHONPATH")}
    env |= {"GATEWAY_PORT": "0", "PATH": f"{path}:{env['PATH']}" if path else env["PATH"]}
    done = subprocess.run(
        command, shell=True, cwd=cwd, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"$ {command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_make_demo_works_on_a_fresh_clone(clone: Path) -> None:
    printed = run("make demo", clone)
    for said in (
        "status=shipped, total=39.80",
        "status=cancelled, total=1800",
        "available=4",
        " 401 ",
        " 403 ",
        " 404 ",
        "429: ",
        "shop is down",
    ):
        assert said in printed, f"{said!r} is missing in\n{printed}"


def test_the_commands_of_usage_and_updates(clone: Path, tmp_path: Path) -> None:
    """`cd` changes the folder, all other commands are run."""
    section = README.split("## Usage")[1].split("## Guarantees")[0]
    commands = [line.split("  #")[0].strip() for line in re.findall(r"^    (.+)$", section, re.M)]
    assert len(commands) >= 12
    shutil.copytree(clone / "specs", tmp_path / "specs")
    where = tmp_path
    for command in commands:
        if command.startswith("cd "):
            where /= command.removeprefix("cd ")
        elif command not in ELSEWHERE:
            run(command, where, path=str(Path(sys.executable).parent))


def test_the_commands_about_templates(clone: Path, tmp_path: Path) -> None:
    text = (ROOT / "docs/templates.md").read_text(encoding="utf-8")
    commands = re.findall(r"^    (.+)$", text.split("## Writing a template")[0], re.M)
    shutil.copytree(clone / "specs", tmp_path / "specs")
    run("set -e\n" + "\n".join(commands), tmp_path, path=str(Path(sys.executable).parent))
    service = tmp_path / "notes/services/note"
    licence = (service / "LICENSE").read_text(encoding="utf-8")
    assert licence == "Licence of Note: for the notes team alone.\n"
    init = (service / "src/notes_note/__init__.py").read_text(encoding="utf-8")
    assert '__author__ = "The notes team"' in init


def test_all_make_targets_exist() -> None:
    """Every `make TARGET` in the documents exists here or in a project."""
    here = set(re.findall(r"^(\w+):.*##", (ROOT / "Makefile").read_text(), re.M))
    theirs = (ROOT / "templates/project/template/Makefile.jinja").read_text()
    there = set(re.findall(r"^(\w+):.*##", theirs, re.M))
    for document in ("README.md", "CONTRIBUTING.md", "bench/README.md"):
        text = (ROOT / document).read_text(encoding="utf-8")
        for target in re.findall(r"(?:^    |`)make (\w+)", text, re.M):
            assert target in here | there, f"{document}: make {target}"


def test_all_links_are_valid() -> None:
    for document in ("README.md", "CONTRIBUTING.md", "bench/README.md", "docs/templates.md"):
        text = (ROOT / document).read_text(encoding="utf-8")
        for link in re.findall(r"\]\(([^)#]+)\)", text):
            if "://" not in link:
                assert ((ROOT / document).parent / link).exists(), f"{document}: {link}"
