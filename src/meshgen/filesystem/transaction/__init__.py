"""Transactions: write several files, all or none, even if the process is killed.

1. lock the project;
2. stage new contents in `.meshgen/work/`, and hard links to the files to be replaced or removed;
3. write the journal: from here on, the next run recovers after a kill;
4. check that no file was changed in the meantime, then rename each file into place;
5. rename the journal: the commit point. Before it the old tree is restored, after it the new one is
   kept.

Recovery never overwrites a file that was edited after a kill.
"""

from __future__ import annotations

from meshgen.filesystem.transaction.apply import apply
from meshgen.filesystem.transaction.journal import Edit, Step, no_step
from meshgen.filesystem.transaction.lock import locked
from meshgen.filesystem.transaction.recovery import Recovered, recover, refuse_interrupted

__all__ = [
    "Edit",
    "Recovered",
    "Step",
    "apply",
    "locked",
    "no_step",
    "recover",
    "refuse_interrupted",
]
