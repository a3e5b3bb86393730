"""The merge of lines and files: against git, against its own laws, and what it does to layout."""

from __future__ import annotations

import random
import subprocess
import time
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meshgen.filesystem.files import File
from meshgen.merge import Side, merge_file, take, unresolved
from meshgen.merge.diff3 import merge_added, merge_lines
from meshgen.merge.matching import hunks
from meshgen.merge.python import only_reformatted
from meshgen.merge.text import text_of

FEW = st.lists(st.sampled_from([b"a", b"b", b"c", b"", b"}"]), max_size=12)
MANY = st.lists(st.text("ab\r\t\xe9", max_size=3).map(str.encode), max_size=20)
LINES = FEW | MANY


def edited(random_: random.Random, lines: list[bytes]) -> list[bytes]:
    """A few insertions, deletions and replacements."""
    lines = list(lines)
    for _ in range(random_.randrange(5)):
        at = random_.randrange(len(lines) + 1)
        until = at + random_.choice([0, 0, 1, 2])
        lines[at:until] = [b"new %d" % random_.randrange(50)] * random_.randrange(3)
    return lines


def by_git(folder: Path, base: list[bytes], ours: list[bytes], theirs: list[bytes]) -> bytes:
    for name, lines in (("base", base), ("ours", ours), ("theirs", theirs)):
        (folder / name).write_bytes(b"".join(line + b"\n" for line in lines))
    labels = ["-L", "yours", "-L", "base", "-L", "meshgen"]
    command = ["git", "merge-file", "-p", "--diff3", *labels, "ours", "base", "theirs"]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False).stdout


def test_it_agrees_with_git(tmp_path: Path) -> None:
    """Where repeated lines leave a choice the two may choose differently, but rarely.

    What git does not merge may be merged here: lines inserted beside lines that were replaced.
    """
    random_ = random.Random(3)
    words = [b"", b"    return x", b"}", *(b"line %d" % n for n in range(60))]
    agreed = 0
    for _ in range(300):
        base = [random_.choice(words) for _ in range(40)]
        ours, theirs = edited(random_, base), edited(random_, base)
        merged = merge_lines(base, ours, theirs)
        git = by_git(tmp_path, base, ours, theirs)
        alike = b"".join(line + b"\n" for line in merged.lines) == git
        more = len(merged.conflicts) < git.count(b"<<<<<<< ")
        agreed += alike or more
    assert agreed >= 294


@given(LINES, LINES)
def test_hunks_lead_from_the_old_text_to_the_new(old: list[bytes], new: list[bytes]) -> None:
    found, at, made = hunks(old, new), 0, []
    for hunk in found:
        made += old[at : hunk.start] + new[hunk.new_start : hunk.new_end]
        at = hunk.end
    assert made + old[at:] == new
    assert all(one.end < two.start for one, two in pairwise(found))


@given(LINES, LINES)
def test_what_one_side_changed_is_taken(base: list[bytes], new: list[bytes]) -> None:
    for merged in (merge_lines(base, new, base), merge_lines(base, base, new)):
        assert (merged.lines, merged.conflicts) == (new, [])
    assert merge_lines(base, new, new).lines == new


@given(LINES, LINES, LINES)
def test_each_side_can_be_taken_out_of_a_merge(
    base: list[bytes], ours: list[bytes], theirs: list[bytes]
) -> None:
    """No line of either side is lost: it is merged, or it is in its place in a conflict."""
    merged = merge_lines(base, ours, theirs)
    text = b"".join(line + b"\n" for line in merged.lines)
    assert bool(unresolved(text)) == bool(merged.conflicts)
    if merged.conflicts:
        assert unresolved(text) == tuple(merged.conflicts)
    else:
        added = [line for line in ours if line not in base]
        assert all(line in merged.lines for line in added)
    for side in Side:
        assert not unresolved(take(text, side))


@given(LINES, LINES)
def test_without_a_base_both_texts_can_be_had_back(ours: list[bytes], theirs: list[bytes]) -> None:
    merged = merge_added(ours, theirs)
    text = b"".join(line + b"\n" for line in merged.lines)
    for side, lines in ((Side.OURS, ours), (Side.THEIRS, theirs)):
        assert take(text, side) == b"".join(line + b"\n" for line in lines)


@settings(max_examples=300)
@given(st.binary(max_size=40) | st.text("ab\r\n\ufeff", max_size=30).map(str.encode))
def test_a_text_is_stored_as_it_was_read(content: bytes) -> None:
    text = text_of(content)
    assert (text is None) == (b"\0" in content)
    if text is not None:
        assert text.encoded() == content


def test_touching_changes_are_a_conflict_as_for_git() -> None:
    merged = merge_lines([b"a", b"b", b"c"], [b"a", b"B", b"c"], [b"a", b"b", b"C"])
    assert merged.conflicts == [2]


@pytest.mark.parametrize("at", [1, 2])
def test_lines_beside_a_replaced_line_are_merged(at: int) -> None:
    base, theirs = [b"a", b"b", b"c"], [b"a", b"B", b"c"]
    ours = [*base[:at], b"mine", *base[at:]]
    for one, two in ((ours, theirs), (theirs, ours)):
        merged = merge_lines(base, one, two)
        assert merged.lines == [*theirs[:at], b"mine", *theirs[at:]]
        assert merged.conflicts == []


def test_lines_beside_a_deleted_line_are_a_conflict() -> None:
    merged = merge_lines([b"a", b"b", b"c"], [b"a", b"mine", b"b", b"c"], [b"a", b"c"])
    assert merged.conflicts == [2]


def test_insertions_at_the_same_place_are_a_conflict() -> None:
    merged = merge_lines([b"a", b"b"], [b"a", b"mine", b"b"], [b"a", b"theirs", b"b"])
    assert merged.conflicts == [2]


@pytest.mark.parametrize("swap", [False, True])
def test_an_insertion_moves_off_its_neighbour_where_lines_repeat(swap: bool) -> None:
    base = [b"import a", b"", b"x = 1", b"", b"y = 1"]
    inserted = [b"import a", b"", b"MINE = 1", b"", b"x = 1", b"", b"y = 1"]
    replaced = [b"import a", b"", b"x = 2", b"", b"y = 1"]
    sides = (replaced, inserted) if swap else (inserted, replaced)
    merged = merge_lines(base, *sides)
    assert not merged.conflicts
    assert merged.lines == [b"import a", b"", b"MINE = 1", b"", b"x = 2", b"", b"y = 1"]


def test_the_same_insertion_is_one() -> None:
    base, both = [b"a", b"", b"b"], [b"a", b"", b"new", b"", b"b"]
    assert merge_lines(base, both, both).lines == both


def test_a_large_file_of_repeated_lines_is_quick() -> None:
    base = [b"x", b"y"] * 5_000
    began = time.process_time()
    merge_lines(base, [*base, b"mine"], [b"theirs", *base[:-50]])
    merge_lines(base, base[::-1], [b"z"] * 9_000)
    assert time.process_time() - began < 5


def test_a_hundred_lines_take_less_than_a_millisecond() -> None:
    random_ = random.Random(5)
    base = [b"line %d" % n for n in range(100)]
    versions = [(edited(random_, base), edited(random_, base)) for _ in range(200)]
    began = time.process_time()
    for ours, theirs in versions:
        merge_lines(base, ours, theirs)
    assert (time.process_time() - began) / len(versions) < 0.003  # 0.1 ms; slow machines


def test_nobody_decides_a_conflict_of_content_by_its_mode() -> None:
    merged = merge_file("f", File(b"1\n"), File(b"2\n", executable=True), File(b"3\n"))
    assert merged.conflicts
    assert merged.file.executable


@pytest.mark.parametrize(
    "after",
    [
        "def f(a,b):\n  return a\n",
        "def f(\n    a,\n    b,\n):\n    return (a)\n",
        "def f(a, b): return a\n",
        "\ufeffdef f(a, b):\r\n    return a\r\n",
        "\n\ndef f(a, b):\n\n    return a",
    ],
)
def test_only_laid_out_anew(after: str) -> None:
    assert only_reformatted(b"def f(a, b):\n    return a\n", after.encode())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = 'a b'\n", "x = 'ab'\n"),
        ("x = 1  # why\n", "x = 1\n"),
        ("x = 1  # a, b\n", "x = 1  # a b\n"),
        ("x = (1, 2)\n", "x = 1, (2,)\n"),
        ("if a:\n    b()\nc()\n", "if a:\n    b()\n    c()\n"),
        ("x = 1\n", "x = 1 +\n"),
        ("A = 1\n", "a = 1\n"),
        ("f('''a\nb''')\n", "f('''a\n\nb''')\n"),
    ],
)
def test_really_edited(before: str, after: str) -> None:
    assert not only_reformatted(before.encode(), after.encode())


def test_a_docstring_that_was_indented_anew_is_layout() -> None:
    before = 'def f():\n    """One.\n\n    Two.\n    """\n'
    after = 'def f():\n  """One.   \n\n  Two.\n  """\n'
    assert only_reformatted(before.encode(), after.encode())
