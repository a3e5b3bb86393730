"""Packages of npm."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

from tests.servers.server import home_of, settle

_INSTALL = ("npm", "install", "--ignore-scripts", "--no-package-lock", "--no-audit", "--no-fund")


@cache
def installed(name: str, *sources: Path) -> Path:
    """Return a folder with copies of `sources`, and what the `package.json` among them needs."""
    home = home_of(name, *sources)
    if not home.exists():
        partial = home.with_name(f"{home.name}.{os.getpid()}")
        partial.mkdir(parents=True)
        for path in sources:
            shutil.copyfile(path, partial / path.name)
        assert shutil.which("npm"), "npm is missing: these tests need Node.js 20"
        subprocess.run([*_INSTALL, "--silent"], cwd=partial, check=True)
        settle(partial, home)
    return home
