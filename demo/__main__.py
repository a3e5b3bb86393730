"""Generate the shop into build/shop, start it, place orders through its gateway, stop it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROJECT = ROOT / "build" / "shop"
PYTHON = PROJECT / ".venv" / "bin" / "python"


def main() -> int:
    """Run the demonstration; return the exit code of what went wrong first, or 0."""
    began = time.monotonic()
    # A port that is free, so that the demonstration disturbs nothing that runs here.
    environment = {"GATEWAY_PORT": "0", **os.environ, "PYTHON": sys.executable}
    _forget_the_last_one(environment)
    try:
        arguments = ["new", str(PROJECT.relative_to(ROOT)), "--spec", "specs/shop.yaml"]
        _say(f"meshgen {' '.join(arguments)}")
        _run([sys.executable, "-m", "meshgen", *arguments], environment)
        _say("make up")
        _run(["make", "--no-print-directory", "-C", str(PROJECT), "up"], environment)
        _run([str(PYTHON), str(ROOT / "demo" / "orders.py"), str(PROJECT)], environment)
    except subprocess.CalledProcessError as error:
        return error.returncode
    finally:
        if PYTHON.exists():
            _say("make down")
            _run(["make", "--no-print-directory", "-C", str(PROJECT), "down"], environment)
    print(
        f"\nThe project is in {PROJECT.relative_to(ROOT)}: `make -C build/shop up` starts it again."
    )
    print(f"Done in {time.monotonic() - began:.0f} s.")
    return 0


def _forget_the_last_one(environment: dict[str, str]) -> None:
    if PROJECT.exists():
        if PYTHON.exists():
            _run(["make", "--no-print-directory", "-C", str(PROJECT), "down"], environment)
        shutil.rmtree(PROJECT)


def _run(command: list[str], environment: dict[str, str]) -> None:
    subprocess.run(command, cwd=ROOT, env=environment, check=True)


def _say(text: str) -> None:
    print(f"\n$ {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
