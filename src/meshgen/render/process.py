"""Client of the render process, which is started early and used once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from meshgen.errors import BUG, MeshgenError
from meshgen.output.fingerprint import engine
from meshgen.output.overlays import OVERLAYS
from meshgen.output.plan import as_json
from meshgen.render.worker import (
    ALIASES,
    FAILED,
    FAILURE,
    FILES,
    HEADER,
    JOBS,
    MODELS,
    SCHEMAS,
    Failure,
    Job,
)
from meshgen.render.worker import OVERLAYS as OWN
from meshgen.system.model import ContractModule

_TYPES_DOC = "The value objects of the messages."
_SERVICE_DOC = "The messages of {}: its events and commands."
_STREAM_DOC = "The events of {}."


class RenderError(Exception):
    """A template that cannot be rendered."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


@dataclass(frozen=True, slots=True)
class Worker:
    """The render process, which starts while other work goes on.

    `folder` is where it finds its input and leaves its output.
    """

    folder: Path
    process: subprocess.Popen[str]

    @property
    def files(self) -> Path:
        """The folder of what was rendered."""
        return self.folder / FILES

    def start(self, jobs: Sequence[Job], schemas: Sequence[ContractModule]) -> None:
        """Have the jobs rendered and the schemas typed.

        The schemas are built from the validated spec, so none of datamodel-code-generator's
        extensions (`customTypePath`, `x-python-*`) can arrive from a user's text.
        """
        (self.folder / JOBS).write_text(as_json(jobs), encoding="utf-8")
        if schemas:
            (self.folder / SCHEMAS).mkdir()
            aliases = {key: name for module in schemas for key, name in module.aliases.items()}
            (self.folder / ALIASES).write_text(json.dumps(aliases), encoding="utf-8")
        for module in schemas:
            path = self.folder / SCHEMAS / f"{module.name}.json"
            path.write_text(json.dumps(module.schema), encoding="utf-8")
        assert self.process.stdin is not None
        self.process.stdin.write(f"{engine()}\n")
        self.process.stdin.flush()

    def finish(self, limit: float | None = None) -> None:
        """Wait until everything is done.

        Args:
            limit: How many seconds it may take: a template of the user's own may loop.

        Raises:
            RenderError: A template fails.
            MeshgenError: The messages cannot be typed, or it takes longer than `limit`.
        """
        try:
            _, errors = self.process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            message = f"the templates in {OVERLAYS} did not finish within {limit:g} seconds"
            raise MeshgenError(message, hint="look for a loop in them") from None
        if self.process.returncode == FAILED:
            raise RenderError(Failure(**json.loads((self.folder / FAILURE).read_bytes())))
        if self.process.returncode < 0 and (self.folder / OWN).exists():
            message = f"rendering ended: the templates in {OVERLAYS} took too much time or memory"
            raise MeshgenError(message, hint="look for a loop or a very long text in them")
        if self.process.returncode:
            raise MeshgenError(f"the messages cannot be typed:\n{errors}".strip(), hint=BUG)

    def typed(self, module: str) -> str:
        """The source of a typed module."""
        source = (self.folder / MODELS / f"{module}.py").read_text(encoding="utf-8")
        return source.replace(HEADER, f'"""{_doc(module, source)}"""', 1)


def _doc(module: str, source: str) -> str:
    """The docstring of a typed module; the messages of a stream are events only."""
    if module == "types":
        return _TYPES_DOC
    return (_SERVICE_DOC if "(Command):" in source else _STREAM_DOC).format(module)


@contextmanager
def worker() -> Iterator[Worker]:
    """Start a render process, and end it whatever happens."""
    with tempfile.TemporaryDirectory(prefix="meshgen-") as folder:
        process = subprocess.Popen(
            [sys.executable, "-m", "meshgen.render.worker", folder],
            # Copier would ask git about every file it writes; here it finds none.
            env={**os.environ, "PATH": os.devnull},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            yield Worker(Path(folder), process)
        finally:
            process.kill()
            process.communicate()
