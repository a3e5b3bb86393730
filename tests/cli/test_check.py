"""The command line as a user meets it: a process, its streams and its exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import meshgen
from tests.waiting import PATIENCE

ROOT = Path(__file__).parents[2]
SHOP = ROOT / "specs" / "shop.yaml"
BROKEN = ROOT / "tests" / "cases" / "store-unknown" / "spec.yaml"


def run(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `meshgen` with these arguments."""
    return subprocess.run(
        [sys.executable, "-m", "meshgen", *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), **environment},
    )


def test_version() -> None:
    done = run("--version")
    assert (done.returncode, done.stdout) == (0, f"meshgen {meshgen.__version__}\n")


def test_help_names_the_commands() -> None:
    done = run("--help")
    assert done.returncode == 0
    assert "check" in done.stdout
    assert "new" in done.stdout


def test_without_arguments_there_is_help() -> None:
    assert "Commands" in run().stdout + run().stderr


def test_completion_is_offered() -> None:
    done = run("--show-completion", _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    assert "Traceback" not in done.stderr


def test_a_good_spec() -> None:
    done = run("check", SHOP)
    assert (done.returncode, done.stderr) == (0, "")
    assert "6 services" in done.stdout


def test_a_good_spec_quietly() -> None:
    done = run("check", SHOP, "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_good_spec_for_a_program() -> None:
    done = run("check", SHOP, "--json")
    told = json.loads(done.stdout)
    assert done.returncode == 0
    assert told["ok"] is True
    assert told["findings"] == []
    assert told["counts"]["services"] == 6


def test_a_broken_spec() -> None:
    done = run("check", BROKEN)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{BROKEN}:6:12: a store cannot be `postgres`\n" in done.stderr
    assert "        store: postgres\n               ^\n    hint: did you mean" in done.stderr
    assert done.stderr.endswith("1 finding\n")


def test_quiet_still_tells_errors() -> None:
    assert "a store cannot be" in run("check", BROKEN, "-q").stderr


def test_a_broken_spec_for_a_program() -> None:
    done = run("check", BROKEN, "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (2, "")
    assert told["ok"] is False
    assert told["findings"] == [
        {
            "line": 6,
            "column": 12,
            "message": "a store cannot be `postgres`",
            "hint": "did you mean `postgresql`?",
        }
    ]


def test_a_file_that_is_not_there() -> None:
    done = run("check", "nowhere.yaml")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: there is no file nowhere.yaml\n"


def test_a_folder_is_no_spec(tmp_path: Path) -> None:
    done = run("check", tmp_path, "--json")
    assert done.returncode == 2
    assert "is a folder" in json.loads(done.stdout)["error"]["message"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "the file is empty"),
        (b"\xff\xfea\x00", "UTF-16"),
        (b"meshgen: 1\nname: caf\xe9\n", "not UTF-8 text (line 2)"),
        (b"meshgen: 1\x00", "U+0000"),
        (b"#" * (4 * 1024 * 1024 + 1), "larger than 1 MB"),
        (b"[" * 100_000, "nested deeper than 64"),
        ("meshgen: 1\nname: \u65e5\u672c\n".encode(), "is not a valid name for a project"),
        (b"\xef\xbb\xbfmeshgen: 1\r\nname: x\r\n", "a spec needs `services`"),
    ],
)
def test_files_that_are_no_specs(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "spec.yaml"
    path.write_bytes(data)
    done = run("check", path)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_terminal_without_unicode(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text("meshgen: 1\nname: \u65e5\u672c\n", encoding="utf-8")
    done = run("check", path, PYTHONIOENCODING="ascii")
    assert done.returncode == 2
    assert "\\u65e5" in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize(
    "arguments", [["check", str(SHOP)], ["check", str(SHOP), "--json"], ["--help"]]
)
def test_a_full_disk(arguments: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "meshgen", *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        )
    assert done.returncode == 2
    assert done.stderr.startswith("error: the output cannot be written")
    assert "Traceback" not in done.stderr


def test_output_is_plain_where_there_is_no_terminal() -> None:
    assert "\x1b" not in run("check", BROKEN).stderr


@pytest.mark.parametrize(
    "arguments", [["chekc"], ["check"], ["check", "a", "b"], ["check", "--no"]]
)
def test_wrong_arguments(arguments: list[str]) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_help_and_check_do_not_wait_for_what_only_rendering_needs() -> None:
    code = """
import sys
from meshgen.cli.app import app
try:
    app(sys.argv[1:])
except SystemExit:
    pass
heavy = {"datamodel_code_generator", "jinja2", "rich", "ruff"} & set(sys.modules)
assert not heavy, heavy
"""
    for arguments in (["--help"], ["check", str(SHOP)]):
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
        subprocess.run([sys.executable, "-c", code, *arguments], check=True, env=environment)
