"""The typed messages: datamodel-code-generator over the JSON Schemas that the spec yields."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from meshgen.errors import DEFECT, MeshgenError
from meshgen.render.worker import HEADER, MODELS, SCHEMAS
from meshgen.system.model import ContractModule

_DOCS = {"types": "The value objects of the messages."}
_SERVICE_DOC = "The messages of {}: its events and commands."


class Typist:
    """A process that types messages: it makes itself ready while other work goes on."""

    def __init__(self, folder: Path, process: subprocess.Popen[str]) -> None:
        self._folder = folder
        self._process = process
        self._modules: list[str] = []

    def ask(self, modules: Sequence[ContractModule], wanted: Container[str]) -> None:
        """Have those of the contract modules typed whose names are `wanted`.

        The schemas are built from the validated spec, so none of datamodel-code-generator's
        extensions (`customTypePath`, `x-python-*`) can arrive from a user's text.
        """
        self._modules = [module.name for module in modules if module.name in wanted]
        if not self._modules:
            return
        (self._folder / SCHEMAS).mkdir()
        for module in modules:
            if module.name in {"types", *self._modules}:
                path = self._folder / SCHEMAS / f"{module.name}.json"
                path.write_text(json.dumps(module.schema), encoding="utf-8")
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()

    def answer(self) -> dict[str, str]:
        """Return `module -> source` for what was asked."""
        if not self._modules:
            return {}
        _, errors = self._process.communicate()
        if self._process.returncode:
            raise MeshgenError(
                f"the messages cannot be typed:\n{errors}".strip(),
                hint=DEFECT,
            )
        return {name: self._source(name) for name in self._modules}

    def _source(self, name: str) -> str:
        source = (self._folder / MODELS / f"{name}.py").read_text(encoding="utf-8")
        doc = _DOCS.get(name, _SERVICE_DOC).format(name)
        return source.replace(HEADER, f'"""{doc}"""', 1)


@contextmanager
def typist() -> Iterator[Typist]:
    """Start a typist, and end it whatever happens."""
    with tempfile.TemporaryDirectory(prefix="meshgen-") as folder:
        process = subprocess.Popen(
            [sys.executable, "-m", "meshgen.render.worker", folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            yield Typist(Path(folder), process)
        finally:
            process.kill()
            process.communicate()
