"""Java servers, installed by Maven."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.servers.server import INSTALLED, home_of, settle

FAST_START = {"JDK_JAVA_OPTIONS": "-XX:TieredStopAtLevel=1"}
"""The environment in which Java starts fast, and never becomes fast."""


def unpack(pom: Path) -> Path:
    """Return the folder with the contents of the archive that `pom` depends on."""
    home = home_of(f"{pom.parent.name}-home", pom)
    if not home.exists():
        INSTALLED.mkdir(parents=True, exist_ok=True)
        assert shutil.which("mvn"), "mvn is missing: these tests need Java 17 and Maven"
        partial = home.with_name(f"{home.name}.{os.getpid()}")
        goal = ["dependency:unpack-dependencies", f"-DoutputDirectory={partial}"]
        with tempfile.TemporaryDirectory() as markers:  # by default, they are beside the pom
            goal.append(f"-DmarkersDirectory={markers}")
            subprocess.run(["mvn", "-q", "-B", "-f", str(pom), *goal], check=True)
        settle(partial, home)
    return home


def install(pom: Path, libraries: str, renamed: tuple[str, str] = ("", "")) -> Path:
    """Return the folder where a server is installed as from its archive, without its scripts.

    Args:
        pom: What the server consists of; it is downloaded if it is new.
        libraries: The name of the folder of its jars.
        renamed: How the name of a jar begins for Maven, and in the archive.
    """
    home = home_of(f"{pom.parent.name}-home", pom)
    if not home.exists():
        INSTALLED.mkdir(parents=True, exist_ok=True)
        partial = home.with_name(f"{home.name}.{os.getpid()}")
        copy = ["dependency:copy-dependencies", "-DincludeScope=runtime"]
        target = f"-DoutputDirectory={partial / libraries}"
        for program in ("java", "mvn"):
            assert shutil.which(program), (
                f"{program} is missing: these tests need Java 17 and Maven"
            )
        subprocess.run(["mvn", "-q", "-B", "-f", str(pom), *copy, target], check=True)
        before, after = renamed
        for jar in (partial / libraries).glob(f"{before}-*.jar"):
            jar.rename(jar.with_name(jar.name.replace(before, after)))
        settle(partial, home)
    return home
