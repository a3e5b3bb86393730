"""A project to run, in a folder whose name is as odd as users' folders are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import chassis
import psutil

from tests.waiting import PATIENCE

CHASSIS = Path(next(iter(chassis.__path__))).parent
HERE = Path(__file__).parent

# The command line, with the stand-in as the units' runner.
_TOY = (
    "-c",
    "import sys; from chassis.embedded import plan; plan.RUNNER = 'toy_runner'; "
    "from chassis.embedded.__main__ import main; sys.exit(main())",
)
_REAL = ("-m", "chassis.embedded")
ENVOY = (HERE / "envoy.yaml").read_text()


def topology(units: Mapping[str, str], processes: Mapping[str, list[str]], port: int = 0) -> str:
    lines = [
        'system = "shop"',
        f'gateway = {{ port = {port}, config = "gateway/envoy.yaml" }}',
        'auth = { issuer = "https://id.shop.example", audience = "shop", '
        'roles = ["customer", "merchant"] }',
        "[units]",
        *(f'{name} = "toy:{kind}"' for name, kind in units.items()),
        "[processes]",
        *(f"{name} = {json.dumps(members)}" for name, members in processes.items()),
    ]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Project:
    root: Path
    toy: bool = True

    def configure(
        self,
        units: Mapping[str, str],
        processes: Mapping[str, list[str]] | None = None,
        *,
        port: int = 0,
        envoy: str = ENVOY,
    ) -> None:
        (self.root / "topology.toml").write_text(topology(units, processes or {}, port))
        (self.root / "gateway").mkdir(exist_ok=True)
        (self.root / "gateway" / "envoy.yaml").write_text(envoy)

    def environment(self) -> dict[str, str]:
        usual = {
            name: value
            for name, value in os.environ.items()
            if name not in ("ENGINES", "PROCESSES", "REPLICAS")
        }
        return {**usual, "PYTHONPATH": f"{CHASSIS}:{HERE}"}

    def start(self, *arguments: str, **env: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, *(_TOY if self.toy else _REAL), *arguments],
            cwd=self.root,
            env={**self.environment(), **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, code: int = 0, **env: str) -> str:
        """Run a command that must end with `code`; return all it said."""
        process = self.start(*arguments, **env)
        out, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == code, out + err
        assert "Traceback" not in err
        return out + err

    @property
    def state(self) -> dict[str, Any]:
        return dict(json.loads((self.root / ".local" / "state.json").read_bytes()))

    @property
    def pids(self) -> dict[str, int]:
        return {name: each["pid"] for name, each in self.state["started"].items()}

    @property
    def supervisor(self) -> int:
        return int(self.state["supervisor"]["pid"])

    @property
    def status(self) -> dict[str, Any]:
        process = self.start("status", "--json")
        out, err = process.communicate(timeout=PATIENCE)
        assert not err
        return dict(json.loads(out))

    def running(self) -> list[psutil.Process]:
        """All processes that run in this project's folder, however they came to be."""
        found = []
        for process in psutil.process_iter():
            try:
                inside = Path(process.cwd()).is_relative_to(self.root)
                if process.status() != psutil.STATUS_ZOMBIE and inside:
                    found.append(process)
            except psutil.Error:
                continue
        return found


@contextmanager
def project(folder: Path, *, toy: bool = True) -> Iterator[Project]:
    """An empty project in `folder`; whatever still runs in it afterwards is killed.

    `toy`: its units are run by the stand-in instead of `chassis.run`.
    """
    root = folder / 'my shöp\'s "best" $HOME'
    root.mkdir()
    it = Project(root.resolve(), toy)
    try:
        yield it
    finally:
        while left := it.running():  # a supervisor may start another one in the meantime
            for process in left:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
