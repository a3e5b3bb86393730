"""A project on disk whose "spec" simply lists the files: rendering is not what is tested here."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from meshgen.filesystem.create import write_new
from meshgen.filesystem.files import File
from meshgen.filesystem.transaction import no_step
from meshgen.merge import Change, Outcome
from meshgen.operations.update import Update, update
from meshgen.output.overlays import Overlays
from meshgen.progress import Progress
from meshgen.project.base import Base, Rendering
from meshgen.project.render_cache import RENDER_CACHE, RenderCache
from meshgen.project.state import FOLDER

SPEC = "system.yaml"
Texts = Mapping[str, str | bytes | File]


def as_file(content: str | bytes | File) -> File:
    """A file from a text, from bytes, or as it is."""
    if isinstance(content, File):
        return content
    return File(content.encode() if isinstance(content, str) else content)


def spec_of(files: Texts, moved: Mapping[str, str] | None = None, engine: str = "1") -> bytes:
    """The "spec" of a project with these files."""
    listed = {
        path: (as_file(file).content.decode("latin-1"), as_file(file).executable)
        for path, file in files.items()
    }
    return json.dumps({"files": listed, "moved": moved or {}, "engine": engine}).encode()


def generate_listed(
    path: str,
    spec: bytes,
    progress: Progress = lambda _: None,
    *,
    base: Base | None = None,
    cache: RenderCache | None = None,
    overlays: Overlays | None = None,
) -> Rendering:
    """Render such a "spec": a part for every folder with a folder above it, and the rest."""
    document = json.loads(spec)
    files: dict[str, dict[str, File]] = {"project": {}}
    for name, (content, executable) in document["files"].items():
        parts = name.split("/")
        part = "/".join(parts[:2]) if len(parts) > 2 else "project"
        files.setdefault(part, {})[name] = File(content.encode("latin-1"), executable)
    return Rendering(
        engine=document["engine"],
        system="system",
        spec_file=SPEC,
        spec=spec,
        fingerprints=dict.fromkeys(files, ""),
        files=files,
        moved=document["moved"],
    )


@dataclass(frozen=True)
class Sandbox:
    """A project and what meshgen would make of it."""

    root: Path

    @classmethod
    def new(cls, root: Path, files: Texts) -> Sandbox:
        """As `meshgen new` writes it."""
        rendering = generate_listed("", spec_of(files))
        written = {p: f for of_part in rendering.files.values() for p, f in of_part.items()}
        spec = {SPEC: File(rendering.spec)}
        write_new(root, written | rendering.base_files() | spec)
        return cls(root)

    def update(
        self,
        files: Texts | None = None,
        moved: Mapping[str, str] | None = None,
        step: Callable[[str], None] = no_step,
        **options: Any,
    ) -> Update:
        """Update to a spec with these files, or to the spec as it is in the project."""
        spec = None if files is None else spec_of(files, moved)
        return update(self.root, spec=spec, step=step, generate=generate_listed, **options)

    def write(self, path: str, content: str | bytes) -> None:
        """An edit by hand."""
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode() if isinstance(content, str) else content)

    def text(self, path: str) -> str:
        """A file as it is on disk."""
        return (self.root / path).read_bytes().decode()

    def tree(self) -> dict[str, tuple[bytes, int]]:
        """Everything on disk but what is not committed: path -> (content, permissions)."""
        return {
            path.relative_to(self.root).as_posix(): (
                os.fsencode(os.readlink(path)) if path.is_symlink() else path.read_bytes(),
                path.lstat().st_mode & 0o777,
            )
            for path in sorted(self.root.rglob("*"))
            if (path.is_file() or path.is_symlink())
            and not path.relative_to(self.root)
            .as_posix()
            .startswith((RENDER_CACHE, f"{FOLDER}/work"))
        }


def outcomes(update: Update) -> dict[str, str]:
    """What became of which path, the spec aside."""
    return {c.path: c.outcome.value for c in update.changes if c.path != SPEC}


def only(update: Update, outcome: Outcome) -> Change:
    """The one change with this outcome."""
    (found,) = [change for change in update.changes if change.outcome is outcome]
    return found


@dataclass
class KillAt:
    """A step hook that kills the process, as `kill -9` does, before the step with that number."""

    number: int
    seen: list[str] = field(default_factory=list)

    def __call__(self, step: str) -> None:
        if len(self.seen) == self.number:
            os.kill(os.getpid(), signal.SIGKILL)
        self.seen.append(step)


def in_a_child(action: Callable[[], object]) -> int:
    """Run `action` in a process of its own; return its wait status (0: it ended well)."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            action()
            status = 0
        finally:
            os._exit(status)
    return os.waitpid(child, 0)[1]
