"""The three-way merge of lines (diff3).

Adjacent changes are a conflict, as in git, with one exception that is common in generated code: a
line that the user added next to a generated line that changed.

Source: Khanna, Kunal, Pierce, "A Formal Investigation of Diff3" (2007).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from meshgen.merge.markers import Labels
from meshgen.merge.matching import Hunk, Lines, hunks


@dataclass(slots=True)
class MergedLines:
    """Merged lines; `conflicts` are the line numbers, from 1, at which a conflict starts."""

    lines: list[bytes] = field(default_factory=list)
    conflicts: list[int] = field(default_factory=list)

    def conflict(self, labels: Labels, ours: Lines, base: Lines, theirs: Lines) -> None:
        """Append all three versions between markers."""
        self.conflicts.append(len(self.lines) + 1)
        self.lines += [labels.ours, *ours, labels.base, *base, labels.split, *theirs, labels.end]


def merge_lines(base: Lines, ours: Lines, theirs: Lines) -> MergedLines:
    """Merge the changes of `ours` and `theirs` to `base`."""
    merged = MergedLines()
    labels = Labels.for_lines(base, ours, theirs)
    at = 0
    for mine, other in _clusters(hunks(base, ours), hunks(base, theirs)):
        start = min(hunk.start for hunk in (*mine, *other))
        end = max(hunk.end for hunk in (*mine, *other))
        merged.lines += base[at:start]
        at = end
        our_lines = _applied(base, ours, mine, start, end)
        their_lines = _applied(base, theirs, other, start, end)
        if not other or our_lines == their_lines:
            merged.lines += our_lines
        elif not mine:
            merged.lines += their_lines
        else:
            merged.conflict(labels, our_lines, base[start:end], their_lines)
    merged.lines += base[at:]
    return merged


def merge_added(ours: Lines, theirs: Lines) -> MergedLines:
    """Merge two texts without a base: whatever differs is a conflict."""
    merged = MergedLines()
    labels = Labels.for_lines(ours, theirs)
    at = 0
    for hunk in hunks(ours, theirs):
        merged.lines += ours[at : hunk.start]
        at = hunk.end
        merged.conflict(
            labels, ours[hunk.start : hunk.end], (), theirs[hunk.new_start : hunk.new_end]
        )
    merged.lines += ours[at:]
    return merged


def _applied(base: Lines, side: Lines, of_side: Sequence[Hunk], start: int, end: int) -> Lines:
    """What `side` made of lines `start:end` of the base."""
    if not of_side:
        return base[start:end]
    first, last = of_side[0], of_side[-1]
    return side[first.new_start - (first.start - start) : last.new_end + (end - last.end)]


def _clusters(mine: list[Hunk], other: list[Hunk]) -> Iterator[tuple[list[Hunk], list[Hunk]]]:
    """Group hunks of the two sides that cannot be taken apart, each group with those of either."""
    i = j = 0
    while i < len(mine) or j < len(other):
        group: tuple[list[Hunk], list[Hunk]] = ([], [])
        while True:
            ours_next = i < len(mine) and _belongs(mine[i], group)
            theirs_next = j < len(other) and _belongs(other[j], group)
            if ours_next and (not theirs_next or _place(mine[i]) <= _place(other[j])):
                group[0].append(mine[i])
                i += 1
            elif theirs_next:
                group[1].append(other[j])
                j += 1
            else:
                break
        yield group


def _belongs(hunk: Hunk, group: tuple[list[Hunk], list[Hunk]]) -> bool:
    """Whether `hunk`, which is not before those of `group`, overlaps or touches one of them."""
    known = [*group[0], *group[1]]
    return not known or any(
        hunk.start < one.end or (hunk.start == one.end and not _side_by_side(one, hunk))
        for one in known
    )


def _place(hunk: Hunk) -> tuple[int, int]:
    return hunk.start, hunk.end


def _side_by_side(one: Hunk, two: Hunk) -> bool:
    """Tell whether one inserts lines next to those that the other replaces: both apply.

    Lines inserted next to deleted ones may have belonged to them, which is a conflict.
    """
    return _inserts(one) != _inserts(two) and not (_deletes(one) or _deletes(two))


def _inserts(hunk: Hunk) -> bool:
    return hunk.start == hunk.end


def _deletes(hunk: Hunk) -> bool:
    return hunk.new_start == hunk.new_end
