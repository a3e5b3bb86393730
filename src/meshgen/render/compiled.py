"""Templates as Python code, compiled once by a meshgen and kept in the user's cache folder.

What is in the cache is run, so it is read only from a file that belongs to the user, in a folder
that nobody else may enter; where there is none, templates are compiled anew.
"""

from __future__ import annotations

import hashlib
import marshal
import os
import stat
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from types import CodeType

from platformdirs import user_cache_path

Key = tuple[object, ...]
_KEPT = 4
_DIGEST = hashlib.sha256().digest_size


class Compiled:
    """The code of templates, by what it was compiled from."""

    def __init__(self) -> None:
        self._codes: dict[Key, CodeType] = {}
        self._stored: dict[str, CodeType] = {}
        self._lasting: set[Key] = set()

    def get(self, key: Key) -> CodeType | None:
        """The code for `key`, if it was compiled before."""
        code = self._codes.get(key)
        if code is None and self._stored:
            code = self._stored.get(_name(key))
            if code is not None:
                self._codes[key] = code
        return code

    def put(self, key: Key, code: CodeType, *, lasting: bool = True) -> None:
        """Keep the code for `key`; unless it is `lasting`, for this process only."""
        self._codes[key] = code
        if lasting:
            self._lasting.add(key)

    def load(self, folder: Path, fingerprint: str) -> None:
        """Take over what the meshgen with this fingerprint has compiled before."""
        content = _own_content(_file(folder, fingerprint))
        digest, body = content[:_DIGEST], content[_DIGEST:]
        if hashlib.sha256(body).digest() == digest:
            self._stored = marshal.loads(body)

    def save(self, folder: Path, fingerprint: str) -> None:
        """Keep what was compiled for the next time, if anything was."""
        if not self._lasting:
            return
        codes = self._stored | {_name(key): self._codes[key] for key in self._lasting}
        body = marshal.dumps(codes)
        with suppress(OSError):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if _is_private(folder):
                _write(_file(folder, fingerprint), hashlib.sha256(body).digest() + body)


CACHE = Compiled()
"""That of this process."""


def cache_folder() -> Path:
    """Where compiled templates are kept."""
    return user_cache_path("meshgen", appauthor=False) / "templates"


def _file(folder: Path, fingerprint: str) -> Path:
    return folder / f"{fingerprint[:32]}.{sys.implementation.cache_tag}"


def _name(key: Key) -> str:
    return hashlib.sha256(repr(key).encode("utf-8", "surrogatepass")).hexdigest()


def _is_private(folder: Path) -> bool:
    """Whether nobody but the user can put something into `folder`."""
    if not hasattr(os, "getuid"):
        return False
    found = folder.lstat()
    private = stat.S_ISDIR(found.st_mode) and not found.st_mode & 0o077
    return private and found.st_uid == os.getuid()


def _own_content(path: Path) -> bytes:
    """The content of a file that belongs to the user; none if it may be somebody else's."""
    try:
        if not _is_private(path.parent):
            return b""
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
            found = os.fstat(file.fileno())
            own = stat.S_ISREG(found.st_mode) and found.st_uid == os.getuid()
            return file.read() if own and not found.st_mode & 0o022 else b""
    except OSError:
        return b""


def _write(path: Path, content: bytes) -> None:
    """Replace a file in one step, and forget those of meshgens that were used longer ago."""
    handle, name = tempfile.mkstemp(dir=path.parent)
    with open(handle, "wb") as file:
        file.write(content)
    os.replace(name, path)
    by_age = sorted(path.parent.iterdir(), key=lambda each: each.stat().st_mtime, reverse=True)
    for old in by_age[_KEPT:]:
        old.unlink(missing_ok=True)
