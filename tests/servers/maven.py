"""Java servers, installed by Maven."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from tests.servers.server import INSTALLED


def install(pom: Path) -> Path:
    """Return the folder with the jars that `pom` depends on; download them if it is new."""
    digest = hashlib.sha256(pom.read_bytes()).hexdigest()[:12]
    jars = INSTALLED / f"{pom.parent.name}-{digest}"
    if not jars.exists():
        INSTALLED.mkdir(parents=True, exist_ok=True)
        partial = jars.with_name(f"{jars.name}.{os.getpid()}")
        copy = ["dependency:copy-dependencies", "-DincludeScope=runtime"]
        target = f"-DoutputDirectory={partial}"
        subprocess.run([_found("mvn"), "-q", "-B", "-f", str(pom), *copy, target], check=True)
        try:
            partial.rename(jars)
        except OSError:  # another run was faster
            shutil.rmtree(partial)
    return jars


def java(jars: Path, *options: str) -> list[str]:
    """Return the beginning of a command that runs a class of `jars`: small, and fast to start."""
    flags = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:+PerfDisableSharedMem")
    return [_found("java"), *flags, *options, "-cp", f"{jars}/*"]


def _found(program: str) -> str:
    path = shutil.which(program)
    assert path is not None, f"{program} is not installed: these tests need Java 17 and Maven"
    return path
