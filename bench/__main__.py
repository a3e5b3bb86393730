"""`make bench`: every figure in one run, as a Markdown table."""

from __future__ import annotations

import datetime
import os
import platform
import sys
from importlib.util import cache_from_source
from pathlib import Path

import copier
import datamodel_code_generator

import meshgen
from bench import generation, load, regeneration, shop, system
from bench.capacity.rows import rows as capacity_rows
from bench.engines.rows import rows as engine_rows
from bench.report import table
from bench.runtime.rows import read_rows
from bench.runtime.rows import rows as runtime_rows

_GROUPS = {
    "generation": generation.rows,
    "regeneration": regeneration.rows,
    "system": system.rows,
    "runtime": runtime_rows,
    "reads": read_rows,
    "capacity": capacity_rows,
    "load": load.rows,
    "engines": engine_rows,
    "shop": shop.rows,
}


def byte_code() -> str:
    """Whether what is measured was compiled before: it makes a start half as long."""
    packages = (copier, datamodel_code_generator, meshgen)
    files = [file for package in packages for file in Path(package.__path__[0]).rglob("*.py")]
    compiled = sum(Path(cache_from_source(str(file))).exists() for file in files)
    kept = "no new byte code is written" if sys.dont_write_bytecode else "byte code is written"
    return f"byte code for {compiled} of {len(files)} modules, {kept}"


def main() -> None:
    """Measure and print."""
    today = datetime.datetime.now(datetime.UTC).date()
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    print(f"{today}, {machine}, {byte_code()}\n", flush=True)
    chosen = sys.argv[1:] or list(_GROUPS)
    rows = [row for name in chosen for row in _GROUPS[name]()]
    print(table(rows))


if __name__ == "__main__":
    main()
