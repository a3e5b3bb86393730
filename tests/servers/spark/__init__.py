"""Spark: pyspark in an environment of its own, and the jobs that run in it."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.servers.maven import install
from tests.servers.server import INSTALLED, Server, settle

ROOT = Path(__file__).parents[3]
REQUIREMENTS = ROOT / "templates" / "parts" / "spark.txt"
POM = Path(__file__).parent / "pom.xml"
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


class SparkJob(Server):
    """The job of a stream of a project, which a test kills and starts again on its checkpoint."""

    name = "spark"
    url = ""

    def __init__(self, folder: Path, project: Path, stream: str, urls: Mapping[str, str]) -> None:
        """Create it.

        Args:
            folder: Where it has its files.
            project: The project.
            stream: The stream.
            urls: The variables with the URLs of the servers.
        """
        super().__init__(folder)
        self._project = project
        self._stream = stream
        self._urls = urls
        self.checkpoint = self.data / stream

    def prepare(self) -> None:
        jars = ",".join(map(str, sorted(install(POM, "jars").glob("jars/*.jar"))))
        (self.folder / "spark-defaults.conf").write_text(_CONF.format(jars=jars))

    def command(self) -> Sequence[str]:
        return [str(python()), str(self._project / "streams" / self._stream / "job.py")]

    def environment(self) -> dict[str, str]:
        return {
            "CHECKPOINTS": str(self.data),
            "PYTHONPATH": str(self._project / "libs" / "chassis" / "src"),
            "SPARK_CONF_DIR": str(self.folder),
            **self._urls,
        }

    def answers(self) -> bool:
        return True  # only its rows show that it does

    def check(self) -> None:
        """Fail if it has ended by itself."""
        assert self._process is not None
        assert self._process.poll() is None, self._log.read_text()[-20_000:]

    def forget(self, batch: int) -> None:
        """Remove from the checkpoint that a batch, and what follows it, was written."""
        for folder, first in (("commits", batch), ("offsets", batch + 1)):
            for path in (self.checkpoint / folder).iterdir():
                number = path.name.removeprefix(".").removesuffix(".crc")
                if number.isdigit() and int(number) >= first:
                    path.unlink()


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
        settle(partial, environment)
    return environment / "bin" / "python"
