"""Three-way merge of a project: base, ours and theirs in, the merged tree and its conflicts out.

Pure: nothing here reads or writes a disk.
"""

from __future__ import annotations

from meshgen.merge.file import merge_file
from meshgen.merge.markers import Side, take, unresolved
from meshgen.merge.tree import Change, Outcome, merge_trees

__all__ = ["Change", "Outcome", "Side", "merge_file", "merge_trees", "take", "unresolved"]
