"""One attempt: a command of meshgen in a process of its own, within limits."""

from __future__ import annotations

import faulthandler
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from meshgen.errors import BUG
from tests.mutants.audit import sitecustomize

MEMORY = 6 * 2**30
LARGEST = 512 * 2**20
PATIENCE = 6
"""How much longer than its processor time an attempt may take, on a busy machine."""
CODES = (0, 1, 2)
_SIGNALS: dict[int, str] = {
    signal.SIGXCPU: "it took more than {} s of processor time",
    signal.SIGKILL: "it hangs",
}


@dataclass(frozen=True, slots=True)
class Box:
    """The folder of an attempt, and beside it what must not change."""

    root: Path

    @property
    def inside(self) -> Path:
        """The folder that may be written to; the current one of the command."""
        return self.root / "box"

    @property
    def outside(self) -> Path:
        """A folder that links may lead to."""
        return self.root / "outside"

    def prepare(self) -> None:
        """Make the folders."""
        for folder in (self.inside / "home", self.inside / "tmp", self.outside):
            folder.mkdir(parents=True)
        (self.outside / "precious").write_text("precious")

    def changed(self) -> list[str]:
        """Return what was written outside, but for what the command was given."""
        found = {path.name: path for path in self.outside.rglob("*")}
        same = set(found) == {"precious"} and found["precious"].read_text() == "precious"
        log = self.root / "log"
        noted = log.read_text(errors="replace").splitlines() if log.exists() else []
        left = [path.name for path in (self.inside / "tmp").iterdir()]
        return [
            *([] if same else [f"outside/{name}" for name in found]),
            *noted,
            *(f"left in the temporary folder: {name}" for name in left),
        ]


def run(command: Sequence[str], box: Box, seconds: int) -> tuple[int, str, str]:
    """Run `meshgen COMMAND` in `box`; return its exit code, its output and its fault, if any."""
    child = os.fork()
    if child == 0:
        _become(command, box, seconds)
    status = _ended(child, seconds * PATIENCE)
    with suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)  # the render process, if it is still there
    output = (box.root / "output").read_text(errors="replace")
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        name = signal.Signals(-code).name
        return code, output, _SIGNALS.get(-code, f"it was ended by {name}").format(seconds)
    if code not in CODES:
        return code, output, f"it ended with {code}"
    if "Traceback (most recent" in output or f"hint: {BUG}" in output or f'"{BUG}' in output:
        return code, output, "an error that is a bug"
    if changed := box.changed():
        return code, output, f"it changed {', '.join(changed[:5])}"
    return code, output, ""


def _ended(child: int, patience: float) -> int:
    """Wait for a process; kill it if it takes too long."""
    deadline = time.monotonic() + patience
    pause = 0.001
    while time.monotonic() < deadline:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return status
        time.sleep(pause)
        pause = min(pause * 1.5, 0.05)
    os.killpg(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1]


def _become(command: Sequence[str], box: Box, seconds: int) -> None:
    """Be the command: never returns."""
    code = 70
    try:
        os.setsid()
        faulthandler.disable()  # pytest's would write into its own output
        os.chdir(box.inside)
        output = os.open(box.root / "output", os.O_WRONLY | os.O_CREAT)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        sys.stdout = os.fdopen(1, "w", errors="backslashreplace", closefd=False)
        sys.stderr = os.fdopen(2, "w", errors="backslashreplace", closefd=False)
        _limit(seconds)
        _surround(box)
        code = _called(command)
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        os.write(2, traceback.format_exc().encode(errors="replace"))
    finally:
        os._exit(code)


def _limit(seconds: int) -> None:
    """Limits that the render process inherits, each process for itself."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST, LARGEST))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _surround(box: Box) -> None:
    os.environ |= {
        "HOME": str(box.inside / "home"),
        "XDG_CACHE_HOME": str(box.inside / "home"),
        "TMPDIR": str(box.inside / "tmp"),
        "PYTHONPATH": str(Path(sitecustomize.__file__).parent),
        "PYTHONDONTWRITEBYTECODE": "1",
        "MUTANTS_BOX": str(box.inside),
        "MUTANTS_LOG": str(box.root / "log"),
        "NO_COLOR": "1",
    }
    sys.dont_write_bytecode = True  # what is imported for the first time is no change of meshgen's
    tempfile.tempdir = str(box.inside / "tmp")
    sitecustomize.watch(str(box.inside), str(box.root / "log"))


def _called(command: Sequence[str]) -> int:
    from meshgen.cli.app import main

    sys.argv[1:] = command
    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(bool(end.code))
    return 0


def discard(box: Box) -> None:
    """Remove the folders of an attempt."""
    shutil.rmtree(box.root, ignore_errors=True)
