"""The three-way merge of one file: content, line endings and mode separately."""

from __future__ import annotations

from dataclasses import dataclass

from meshgen.filesystem.files import File
from meshgen.merge.diff3 import MergedLines, merge_added, merge_lines
from meshgen.merge.python import only_reformatted
from meshgen.merge.text import Text, picked, text_of


@dataclass(frozen=True, slots=True)
class MergedFile:
    """A merged file.

    Attributes:
        file: The result.
        conflicts: The lines, from 1, at which conflict markers start.
        beside: The generated version, if the two could not be merged.
    """

    file: File
    conflicts: tuple[int, ...] = ()
    beside: File | None = None

    @property
    def clean(self) -> bool:
        """Whether the merge needs no decision."""
        return not self.conflicts and self.beside is None


def unedited(path: str, base: File, ours: File) -> bool:
    """Whether `ours` has the lines of `base`, or the same code in another layout."""
    if ours.link or base.link:
        return ours == base
    if ours.content == base.content:
        return True
    if path.endswith(".py") and only_reformatted(base.content, ours.content):
        return True
    before, after = text_of(base.content), text_of(ours.content)
    return before is not None and after is not None and before.lines == after.lines


def merge_file(path: str, base: File, ours: File, theirs: File) -> MergedFile:
    """Merge the changes of the user (`ours`) and meshgen (`theirs`) to `base`."""
    executable = picked(base.executable, ours.executable, theirs.executable)
    if ours.content == base.content and not ours.link:
        return MergedFile(File(theirs.content, executable))
    if ours.content == theirs.content or theirs.content == base.content:
        return MergedFile(File(ours.content, executable, ours.link))
    texts = text_of(base.content), text_of(ours.content), text_of(theirs.content)
    old, mine, new = texts
    if ours.link or old is None or mine is None or new is None:
        return MergedFile(File(ours.content, executable, ours.link), beside=theirs)
    if path.endswith(".py") and only_reformatted(base.content, ours.content):
        merged = MergedLines(list(new.lines))
    else:
        merged = merge_lines(old.lines, mine.lines, new.lines)
    return _stored(merged, executable, old, mine, new)


def merge_added_file(ours: File, theirs: File) -> MergedFile:
    """Merge a file of the user's with a generated file that is new at the same path."""
    mine, new = text_of(ours.content), text_of(theirs.content)
    if ours.content == theirs.content and not ours.link:
        return MergedFile(ours)
    if ours.link or mine is None or new is None:
        return MergedFile(ours, beside=theirs)
    return _stored(merge_added(mine.lines, new.lines), ours.executable, mine, mine, mine)


def _stored(
    merged: MergedLines, executable: bool, base: Text, ours: Text, theirs: Text
) -> MergedFile:
    text = Text(
        lines=merged.lines,
        crlf=picked(base.crlf, ours.crlf, theirs.crlf),
        bom=picked(base.bom, ours.bom, theirs.bom),
        ended=bool(merged.conflicts) or picked(base.ended, ours.ended, theirs.ended),
    )
    return MergedFile(File(text.encoded(), executable), tuple(merged.conflicts))
