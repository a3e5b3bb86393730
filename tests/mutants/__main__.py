"""`make mutants`: check many mutated specs, generate some of them, tamper with projects."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from meshgen.operations.new import create
from tests.mutants.campaign import KEPT, Result, check, generate, made, made_of, workers
from tests.mutants.specs import ROOT

_PROGRESS = 1_000


def main() -> None:
    """Run the campaign; exit with 1 if anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--specs", type=int, default=20_000)
    parser.add_argument("--projects", type=int, default=1_000)
    parser.add_argument("--foreign", type=int, default=3_000)
    parser.add_argument("--seed", type=int, default=0, help="the first of the seeds")
    given = parser.parse_args()
    seeds = range(given.seed, given.seed + given.specs)
    faults, sound = _reported("mutated specs, checked", made(check, seeds, workers()))
    names = sorted(int(name.rpartition("-")[2]) for name in sound)
    chosen = islice(names, given.projects)
    more, _ = _reported("mutated specs, generated", made(generate, chosen, workers()))
    faults += more
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "notes"
        create(project, ROOT / "specs/minimal.yaml")
        tampered = range(given.seed, given.seed + given.foreign)
        more, _ = _reported("projects, tampered with", made_of(project, tampered, workers()))
    faults += more
    if faults:
        print(f"{faults} faults; what led to them is in {KEPT}")
        sys.exit(1)


def _reported(what: str, results: Iterable[Result]) -> tuple[int, list[str]]:
    """Print the results; return the number of faults, and what ended without an error."""
    codes: Counter[int] = Counter()
    sound, faults, begun = [], 0, time.monotonic()
    for number, result in enumerate(results, 1):
        codes[result.code] += 1
        if number % _PROGRESS == 0:
            print(f"{number} {what} after {time.monotonic() - begun:.0f} s", flush=True)
        if result.fault:
            faults += 1
            lines = "\n    ".join(result.output.strip().splitlines()[-6:])
            print(f"{result.name}: {result.fault}\n    {lines[:1500]}", flush=True)
        elif result.code == 0:
            sound.append(result.name)
    total = sum(codes.values())
    took = time.monotonic() - begun
    print(f"{total} {what}: {codes[0]} without errors, {faults} faults, {took:.0f} s", flush=True)
    return faults, sound


if __name__ == "__main__":
    main()
