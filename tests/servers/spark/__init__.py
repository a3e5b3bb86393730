"""Spark: pyspark in an environment of its own, and the jobs that run in it."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import psutil

from tests.servers.maven import install
from tests.servers.server import INSTALLED
from tests.waiting import wait_until

ROOT = Path(__file__).parents[3]
REQUIREMENTS = ROOT / "templates" / "parts" / "spark.txt"
_POM = Path(__file__).parent / "pom.xml"
_CONF = """\
spark.master local[1]
spark.jars {jars}
spark.driver.host 127.0.0.1
spark.driver.memory 768m
spark.driver.extraJavaOptions -XX:TieredStopAtLevel=1 -XX:+UseSerialGC
spark.sql.shuffle.partitions 2
spark.ui.enabled false
spark.ui.showConsoleProgress false
"""


class SparkJob:
    """The job of a stream of a project, which a test kills and starts again.

    Attributes:
        checkpoint: Where it keeps its checkpoint.
    """

    def __init__(
        self, folder: Path, project: Path, stream: str, environment: Mapping[str, str]
    ) -> None:
        self._folder = folder
        self._project = project
        self._stream = stream
        self._environment = {**environment, "CHECKPOINTS": str(folder / "checkpoints")}
        self._process: subprocess.Popen[bytes] | None = None
        self.checkpoint = folder / "checkpoints" / stream

    def start(self) -> None:
        """Start it, or start it again on its checkpoint."""
        self._folder.mkdir(parents=True, exist_ok=True)
        jars = ",".join(map(str, sorted(install(_POM).glob("*.jar"))))
        (self._folder / "spark-defaults.conf").write_text(_CONF.format(jars=jars))
        chassis = self._project / "libs" / "chassis" / "src"
        variables = {"SPARK_CONF_DIR": str(self._folder), "PYTHONPATH": str(chassis)}
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [str(python()), str(self._project / "streams" / self._stream / "job.py")],
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **variables, **self._environment},
                start_new_session=True,  # so that its JVM can be killed with it
            )

    def kill(self) -> None:
        """Kill it as a crash does, if it runs."""
        if self._process is not None:
            jvms = psutil.Process(self._process.pid).children(recursive=True)
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            wait_until(lambda: not any(map(_runs, jvms)), "the end of the job")
            self._process = None

    def forget(self, batch: int) -> None:
        """Remove from the checkpoint that a batch, and what follows it, was written."""
        for folder, first in (("commits", batch), ("offsets", batch + 1)):
            for path in (self.checkpoint / folder).iterdir():
                number = path.name.removeprefix(".").removesuffix(".crc")
                if number.isdigit() and int(number) >= first:
                    path.unlink()

    @property
    def log(self) -> Path:
        """What it has printed."""
        return self._folder / "job.log"

    def check(self) -> None:
        """Fail if it has ended by itself."""
        assert self._process is not None
        assert self._process.poll() is None, self.log.read_text()[-20_000:]


def python() -> Path:
    """Return the interpreter that has pyspark; install it if it is new."""
    digest = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    environment = INSTALLED / f"spark-python{version}-{digest}"
    if not environment.exists():
        INSTALLED.mkdir(parents=True, exist_ok=True)
        uv = str(Path(sys.executable).parent / "uv")
        partial = environment.with_name(f"{environment.name}.{os.getpid()}")
        create = [uv, "venv", "--quiet", "--relocatable", "--python", sys.executable, str(partial)]
        subprocess.run(create, check=True)
        pip = [uv, "pip", "install", "--quiet", "--require-hashes", "--python", str(partial)]
        subprocess.run([*pip, "-r", str(REQUIREMENTS)], check=True)
        try:
            partial.rename(environment)
        except OSError:  # another run was faster
            shutil.rmtree(partial)
    return environment / "bin" / "python"


def _runs(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
