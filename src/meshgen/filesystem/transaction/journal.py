"""The journal of a transaction, for recovery by the next run."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

from meshgen.errors import MeshgenError
from meshgen.filesystem.files import File
from meshgen.filesystem.paths import is_inside
from meshgen.filesystem.regular import content_of

WORK = ".meshgen/work"
_OPEN = "journal.json"
_DONE = "journal.done"
_IDENTITY = "[-lx][0-9a-f]{64}"

Step = Callable[[str], None]
"""Called before every change of the disk, with what is about to be done."""


def no_step(_: str) -> None:
    """Do nothing."""


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


def interrupted(root: Path) -> bool:
    """Whether a transaction in the project in `root` was stopped half way."""
    return (root / WORK / _OPEN).exists()


def read(root: Path) -> Journal | None:
    """The journal of an interrupted transaction, None if there is none.

    A project may come from anywhere, and its journal with it.

    Raises:
        MeshgenError: It is not a journal written by `write`.
    """
    return _read(root, _OPEN)


def read_done(root: Path) -> Journal | None:
    """The journal of a committed transaction that was not tidied up, None if there is none.

    Raises:
        MeshgenError: It is not a journal written by `write`.
    """
    return _read(root, _DONE)


def refuse_links(root: Path) -> None:
    """Raise MeshgenError if the work folder is somewhere else, by a symbolic link."""
    for folder in (PurePosixPath(WORK).parent, PurePosixPath(WORK)):
        if (root / folder).is_symlink():
            raise MeshgenError(
                f"{folder} is a symbolic link: meshgen does not write outside of the project",
                hint="replace it by a folder",
            )


def foreign(what: str) -> MeshgenError:
    """The error of a work folder that no meshgen left there."""
    return MeshgenError(
        f"{WORK}/{what} was not written by meshgen",
        hint=f"nothing was changed; check the origin of the project, then remove {WORK}",
    )


def _read(root: Path, name: str) -> Journal | None:
    refuse_links(root)
    place = root / WORK / name
    if place.is_symlink():
        raise foreign(name)
    try:
        document = json.loads(content_of(place))
        entries = [Entry(**entry) for entry in document["entries"]]
        folders = list(document["folders"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise foreign(name) from None
    if not all(map(_is_ours, entries)) or not all(map(_is_inside, folders)):
        raise foreign(name)
    return Journal(entries, folders)


def _is_ours(entry: Entry) -> bool:
    """Whether `_staged` makes such entries."""
    kept = ((entry.before, entry.old, "old"), (entry.after, entry.new, "new"))
    return _is_inside(entry.path) and all(
        (content is None and name is None)
        or (_matches(_IDENTITY, content) and _matches(rf"[0-9]{{1,9}}\.{ending}", name))
        for content, name, ending in kept
    )


def _is_inside(path: object) -> bool:
    return isinstance(path, str) and is_inside(path) and f"{path}/".find(f"{WORK}/") != 0


def _matches(pattern: str, text: object) -> bool:
    return isinstance(text, str) and re.fullmatch(pattern, text, re.ASCII) is not None


def write(root: Path, journal: Journal) -> None:
    """Write the journal atomically."""
    draft = root / WORK / "journal.draft"
    draft.write_bytes(journal.encoded())
    draft.rename(root / WORK / _OPEN)


def commit(root: Path) -> None:
    """Commit: from here on the new tree is kept."""
    (root / WORK / _OPEN).rename(root / WORK / _DONE)
