"""Where the files of renamed things were: declared renames take edits along."""

from __future__ import annotations

from meshgen.base import Rendering, State
from meshgen.files import Files


def moved_paths(state: State, rendering: Rendering, before: Files, after: Files) -> dict[str, str]:
    return {}
