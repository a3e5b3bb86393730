"""The base: a project's pristine output as last rendered, kept in its `.meshgen/` folder.

It is committed like a lock file, so that an update needs no network, no git and no old version of
meshgen: `state.json`, the spec as last applied, and an archive for each part of the project.
"""

from __future__ import annotations

from meshgen.base.memo import MEMO, Memo, read_memo
from meshgen.base.state import FOLDER, SPEC, STATE, State, archive_path
from meshgen.base.store import Base, Rendering, digest, read_base

__all__ = [
    "FOLDER",
    "MEMO",
    "SPEC",
    "STATE",
    "Base",
    "Memo",
    "Rendering",
    "State",
    "archive_path",
    "digest",
    "read_base",
    "read_memo",
]
