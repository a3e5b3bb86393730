"""Three-way merge of a project: from base, ours and theirs to the merged tree and its conflicts.

This package does not access the disk.
"""

from __future__ import annotations

from meshgen.merge.file import merge_file
from meshgen.merge.markers import Side, take, unresolved
from meshgen.merge.tree import Change, Outcome, merge_trees

__all__ = ["Change", "Outcome", "Side", "merge_file", "merge_trees", "take", "unresolved"]
