"""Mark conflicts in git's index, so that `git status` and `git mergetool` show them.

This is optional: without git, outside of a repository, or if git fails, nothing happens.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from meshgen.filesystem.files import File
from meshgen.merge import Change

_NOTHING = "0" * 40


def mark_unmerged(root: Path, conflicts: Sequence[Change]) -> None:
    """Put the versions of each conflicted file that git tracks into its index, as a merge does."""
    if not conflicts:
        return
    with suppress(OSError, subprocess.SubprocessError, UnicodeError):
        top = Path(_git(root, "rev-parse", "--show-toplevel").rstrip("\n"))
        prefix = _git(root, "rev-parse", "--show-prefix").rstrip("\n")
        tracked = set(_git(root, "ls-files", "-z", "--", *(c.path for c in conflicts)).split("\0"))
        lines = [
            line
            for conflict in conflicts
            if conflict.path in tracked
            for line in _entries(top, prefix + conflict.path, conflict)
        ]
        if lines:
            _git(top, "update-index", "-z", "--index-info", given="".join(lines).encode())


def _entries(top: Path, path: str, conflict: Change) -> Iterator[str]:
    """Index entries (git-update-index(1), --index-info): stages 1 base, 2 ours, 3 theirs."""
    yield f"0 {_NOTHING}\t{path}\0"
    for stage, file in ((1, conflict.base), (2, conflict.ours), (3, conflict.theirs)):
        if file is not None:
            mode = "120000" if file.link else "100755" if file.executable else "100644"
            yield f"{mode} {_blob(top, file)} {stage}\t{path}\0"


def _blob(top: Path, file: File) -> str:
    return _git(top, "hash-object", "-w", "--stdin", given=file.content).strip()


def _git(folder: Path, *arguments: str, given: bytes = b"") -> str:
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    command = ["git", "-C", str(folder), "--literal-pathspecs", *arguments]
    done = subprocess.run(command, input=given, capture_output=True, env=environment, check=True)
    return done.stdout.decode()
