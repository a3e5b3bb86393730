"""Match the lines of two texts: patience diff.

Lines that occur once on both sides are paired first, in order; between two pairs the search goes
on, and what is left without such a line is matched by difflib. This
gives intuitive diffs of code, as braces or blank lines are not matched across unrelated places.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

Lines = Sequence[bytes]

_LARGE = 500  # lines, from which difflib may leave frequent ones unmatched to stay quick


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines `start:end` of the old text became lines `new_start:new_end` of the new one."""

    start: int
    end: int
    new_start: int
    new_end: int


def hunks(old: Lines, new: Lines) -> list[Hunk]:
    """Return what changed from `old` to `new`, in order; neighbours have a common line between."""
    found: list[Hunk] = []
    at = new_at = 0
    for start, new_start, length in _joined(_matches(old, new)):
        if start > at or new_start > new_at:
            found.append(Hunk(at, start, new_at, new_start))
        at, new_at = start + length, new_start + length
    if at < len(old) or new_at < len(new):
        found.append(Hunk(at, len(old), new_at, len(new)))
    return _slid(found, old, new)


def _joined(matches: Iterator[tuple[int, int, int]]) -> Iterator[tuple[int, int, int]]:
    """Blocks of equal lines, those that touch on both sides made one."""
    start = new_start = length = 0
    for i, j, n in matches:
        if i == start + length and j == new_start + length:
            length += n
            continue
        if length:
            yield start, new_start, length
        start, new_start, length = i, j, n
    if length:
        yield start, new_start, length


def _matches(old: Lines, new: Lines) -> Iterator[tuple[int, int, int]]:
    """Blocks `(start, new_start, length)` of equal lines, in order."""
    ranges = [(0, len(old), 0, len(new))]
    while ranges:
        low, high, new_low, new_high = ranges.pop()
        head = 0
        while low < high and new_low < new_high and old[low] == new[new_low]:
            low, new_low, head = low + 1, new_low + 1, head + 1
        if head:
            yield low - head, new_low - head, head
        if low == high or new_low == new_high:
            continue
        tail = 0
        while low < high and new_low < new_high and old[high - 1] == new[new_high - 1]:
            high, new_high, tail = high - 1, new_high - 1, tail + 1
        if tail:
            ranges.append((high, high + tail, new_high, new_high + tail))
        if low == high or new_low == new_high:
            continue
        anchors = _anchors(old, low, high, new, new_low, new_high)
        if not anchors:
            yield from _by_difflib(old, low, high, new, new_low, new_high)
            continue
        # From the last to the first, since the ranges are a stack.
        for i, j in reversed(anchors):
            ranges.append((i, high, j, new_high))
            high, new_high = i, j
        ranges.append((low, high, new_low, new_high))


def _anchors(
    old: Lines, low: int, high: int, new: Lines, new_low: int, new_high: int
) -> list[tuple[int, int]]:
    """The longest chain, growing on both sides, of lines that occur once on both sides."""
    once, new_once = _once(old, low, high), _once(new, new_low, new_high)
    pairs = [(i, j) for line, i in once.items() if i >= 0 and (j := new_once.get(line, -1)) >= 0]
    tops: list[int] = []  # the smallest last `j` of a chain of each length
    chains: list[int] = []  # the pair that ends it
    before: list[int] = []
    for index, (_, j) in enumerate(pairs):
        length = bisect_left(tops, j)
        before.append(chains[length - 1] if length else -1)
        if length == len(tops):
            tops.append(j)
            chains.append(index)
        else:
            tops[length], chains[length] = j, index
    chain: list[tuple[int, int]] = []
    index = chains[-1] if chains else -1
    while index >= 0:
        chain.append(pairs[index])
        index = before[index]
    return chain[::-1]


def _once(lines: Lines, low: int, high: int) -> dict[bytes, int]:
    """Each line and its index, -1 where it occurs more than once; in the order of the text."""
    found: dict[bytes, int] = {}
    for index in range(low, high):
        line = lines[index]
        found[line] = -1 if line in found else index
    return found


def _by_difflib(
    old: Lines, low: int, high: int, new: Lines, new_low: int, new_high: int
) -> Iterator[tuple[int, int, int]]:
    large = high - low > _LARGE or new_high - new_low > _LARGE
    matcher = SequenceMatcher(None, old[low:high], new[new_low:new_high], autojunk=large)
    for block in matcher.get_matching_blocks():
        if block.size:
            yield low + block.a, new_low + block.b, block.size


def _slid(found: list[Hunk], old: Lines, new: Lines) -> list[Hunk]:
    """Move pure insertions and deletions down as far as the text allows, as git does.

    Where a repeated line leaves a choice, both sides of a merge so choose the same place.
    """
    result: list[Hunk] = []
    for hunk in reversed(found):
        stop = result[-1].start if result else len(old)
        result.append(_down(hunk, old, new, stop))
    return _touching_joined(result[::-1])


def _down(hunk: Hunk, old: Lines, new: Lines, stop: int) -> Hunk:
    start, end, new_start, new_end = hunk.start, hunk.end, hunk.new_start, hunk.new_end
    if start == end:
        while start < stop and new[new_start] == old[start]:
            start, new_start, new_end = start + 1, new_start + 1, new_end + 1
        return Hunk(start, start, new_start, new_end)
    if new_start == new_end:
        while end < stop and old[start] == old[end]:
            start, end, new_start = start + 1, end + 1, new_start + 1
        return Hunk(start, end, new_start, new_start)
    return hunk


def _touching_joined(found: list[Hunk]) -> list[Hunk]:
    result: list[Hunk] = []
    for hunk in found:
        if result and result[-1].end == hunk.start:
            last = result.pop()
            hunk = Hunk(last.start, hunk.end, last.new_start, hunk.new_end)
        result.append(hunk)
    return result
