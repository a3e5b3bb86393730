"""Many attempts, side by side."""

from __future__ import annotations

import gc
import importlib
import multiprocessing
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from random import Random

from tests.mutants import foreign, specs
from tests.mutants.attempt import Box, discard, run

CHECK_SECONDS = 2
NEW_SECONDS = 20
FOREIGN_SECONDS = 20
_MODULES = (
    "meshgen.cli.app",
    "meshgen.operations.new",
    "meshgen.operations.update",
    "meshgen.render",
    "pydantic_core",
)
KEPT = Path("build/mutants")


@dataclass(frozen=True, slots=True)
class Result:
    """An attempt: its exit code, and what is wrong with it, if anything."""

    name: str
    code: int
    fault: str = ""
    output: str = ""


def check(seed: int) -> Result:
    """Check a mutated spec."""
    return _of_spec(f"spec-{seed}", ["check", "spec.yaml"], seed, CHECK_SECONDS)


def generate(seed: int) -> Result:
    """Generate the project of a mutated spec."""
    return _of_spec(f"new-{seed}", ["new", "project", "--spec", "spec.yaml"], seed, NEW_SECONDS)


def _of_spec(name: str, command: list[str], seed: int, seconds: int) -> Result:
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        box = Box(Path(folder))
        box.prepare()
        spec = specs.mutated(Random(f"spec {seed}"), _texts())
        (box.inside / "spec.yaml").write_bytes(spec)
        code, output, fault = run(command, box, seconds)
    if fault:
        KEPT.mkdir(parents=True, exist_ok=True)
        (KEPT / f"{name}.yaml").write_bytes(spec)
    return Result(name, code, fault, output if fault else "")


def tampered(seed: int, project: Path) -> Result:
    """Run a command in a copy of `project` that was tampered with."""
    name, random = f"project-{seed}", Random(f"project {seed}")
    folder = Path(tempfile.mkdtemp(prefix="mutant-"))
    try:
        box = Box(folder)
        box.prepare()
        copy = box.inside / "notes"
        shutil.copytree(project, copy, symlinks=True)
        foreign.tamper(random, copy, box)
        command = list(random.choice(foreign.COMMANDS))
        code, output, fault = run([*command, "--project", "notes"], box, FOREIGN_SECONDS)
        if fault:
            place = KEPT / name
            shutil.rmtree(place, ignore_errors=True)
            shutil.copytree(copy / ".meshgen", place, symlinks=True, ignore=_unreadable)
        return Result(f"{name} ({' '.join(command)})", code, fault, output if fault else "")
    except shutil.Error:
        return Result(name, code, fault, output)
    finally:
        discard(Box(folder))


def _unreadable(folder: str, names: list[str]) -> Iterable[str]:
    """Pipes and huge files are not kept."""
    paths = {name: Path(folder, name) for name in names}
    odd = (n for n, p in paths.items() if not p.is_symlink() and not p.is_file() and not p.is_dir())
    large = (n for n, p in paths.items() if p.is_file() and p.stat().st_size > 2**24)
    return {*odd, *large}


@lru_cache(maxsize=1)
def _texts() -> list[str]:
    return specs.sources()


def made(attempt: Callable[[int], Result], seeds: Iterable[int], workers: int) -> Iterator[Result]:
    """Yield the result of each attempt, in no particular order."""
    _prepare()
    with multiprocessing.get_context("fork").Pool(workers) as pool:
        yield from pool.imap_unordered(attempt, seeds, chunksize=4)


def made_of(project: Path, seeds: Iterable[int], workers: int) -> Iterator[Result]:
    """Yield the result of each attempt with a project."""
    yield from made(partial(tampered, project=project), seeds, workers)


def _prepare() -> None:
    """Import once what each attempt needs, before processes are forked."""
    for module in _MODULES:
        importlib.import_module(module)
    _texts()
    gc.freeze()


def workers() -> int:
    """Return how many attempts go on side by side."""
    return os.cpu_count() or 1
