"""Writing many files as one: all of them or none, also when the process is killed half way.

1. lock the project;
2. stage every new content in `.meshgen/work/`, and a hard link to every file that will go;
3. write the journal: from now on a kill is repaired by the next start;
4. check that nothing was changed meanwhile, then put each file in its place by a rename;
5. rename the journal: the commit. Before it the old tree is restored, after it the new one stands.

A file that is edited after a kill is never overwritten by the repair.
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
