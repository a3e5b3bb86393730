"""The journal: what a transaction is about to do, as the next start needs to know it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from meshgen.filesystem.files import File

WORK = ".meshgen/work"
_OPEN = "journal.json"
_DONE = "journal.done"

Step = Callable[[str], None]
"""Called before every change of the disk, with what is about to be done."""


def no_step(_: str) -> None:
    """Nobody watches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A path that held `before` is to hold `after`; None is nothing.

    A file that moves takes the permissions of `moved_from`.
    """

    path: str
    before: File | None
    after: File | None
    moved_from: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An edit in the journal: the identities of both contents, and the names they are kept by."""

    path: str
    before: str | None
    after: str | None
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class Journal:
    """The edits in their order, and the folders made for them."""

    entries: Sequence[Entry]
    folders: Sequence[str]

    def encoded(self) -> bytes:
        """The bytes of the journal, for `read`."""
        entries = [asdict(entry) for entry in self.entries]
        return json.dumps({"entries": entries, "folders": list(self.folders)}).encode()


def identity(file: File | None) -> str | None:
    """What tells two states of a path apart: content, kind and whether it can be run."""
    if file is None:
        return None
    kind = "l" if file.link else "x" if file.executable else "-"
    return f"{kind}{hashlib.sha256(file.content).hexdigest()}"


def read(root: Path, name: str = _OPEN) -> Journal | None:
    """The journal of the project in `root`, None if there is none."""
    try:
        document = json.loads((root / WORK / name).read_bytes())
    except FileNotFoundError:
        return None
    entries = [Entry(**entry) for entry in document["entries"]]
    return Journal(entries, document["folders"])


def read_done(root: Path) -> Journal | None:
    """The journal of a committed transaction that was not tidied up, None if there is none."""
    return read(root, _DONE)


def write(root: Path, journal: Journal) -> None:
    """Put the journal down, whole or not at all."""
    draft = root / WORK / "journal.draft"
    draft.write_bytes(journal.encoded())
    draft.rename(root / WORK / _OPEN)


def commit(root: Path) -> None:
    """The commit point: from now on the new tree stands."""
    (root / WORK / _OPEN).rename(root / WORK / _DONE)
