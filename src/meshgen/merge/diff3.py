"""The three-way merge of lines (diff3), with git's rule: changes that touch are a conflict.

One thing is better than in git: an insertion whose place is a matter of choice, since a line like
it stands above and below, is put where it touches nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from meshgen.merge.markers import Labels
from meshgen.merge.matching import Hunk, Lines, apart, hunks


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
    """Merge what `ours` and `theirs` made of `base`."""
    merged = MergedLines()
    labels = Labels.for_lines(base, ours, theirs)
    at = 0
    for mine, other in _clusters(*_changes(base, ours, theirs)):
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


def _changes(base: Lines, ours: Lines, theirs: Lines) -> tuple[list[Hunk], list[Hunk]]:
    """The hunks of both sides: off each other where they can be, unless they say the same."""
    mine, other = hunks(base, ours), hunks(base, theirs)
    alike = {_said(hunk, ours) for hunk in mine} & {_said(hunk, theirs) for hunk in other}
    mine = apart(mine, [h for h in other if _said(h, theirs) not in alike], base, ours)
    other = apart(other, [h for h in mine if _said(h, ours) not in alike], base, theirs)
    return mine, other


def _said(hunk: Hunk, side: Lines) -> tuple[int, int, tuple[bytes, ...]]:
    return hunk.start, hunk.end, tuple(side[hunk.new_start : hunk.new_end])


def _applied(base: Lines, side: Lines, of_side: Sequence[Hunk], start: int, end: int) -> Lines:
    """What `side` made of lines `start:end` of the base."""
    if not of_side:
        return base[start:end]
    first, last = of_side[0], of_side[-1]
    return side[first.new_start - (first.start - start) : last.new_end + (end - last.end)]


def _clusters(mine: list[Hunk], other: list[Hunk]) -> Iterator[tuple[list[Hunk], list[Hunk]]]:
    """Group hunks of the two sides that overlap or touch, each group with those of either side."""
    i = j = 0
    while i < len(mine) or j < len(other):
        group: tuple[list[Hunk], list[Hunk]] = ([], [])
        end = -1
        while True:
            ours_next = i < len(mine) and (end < 0 or mine[i].start <= end)
            theirs_next = j < len(other) and (end < 0 or other[j].start <= end)
            if ours_next and (not theirs_next or mine[i].start <= other[j].start):
                group[0].append(mine[i])
                end, i = max(end, mine[i].end), i + 1
            elif theirs_next:
                group[1].append(other[j])
                end, j = max(end, other[j].end), j + 1
            else:
                break
        yield group
