"""Whatever is edited by hand, and whatever changes in the spec: no hand-written line is lost."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from meshgen.filesystem.create import write_new
from meshgen.filesystem.files import File
from meshgen.merge import unresolved
from meshgen.operations.new import create
from meshgen.operations.update import update
from tests.update.variants import NAMES, generate_variant, variant

SLOW = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@dataclass(frozen=True)
class Edit:
    """Something done by hand to a file, at a part (0 to 1) of its length."""

    kind: str
    file: float
    place: float
    lines: int


EDITS = st.builds(
    Edit,
    kind=st.sampled_from(
        ["insert", "insert", "insert", "replace", "cut", "delete", "empty", "add", "crlf", "shift"]
    ),
    file=st.floats(0, 0.999),
    place=st.floats(0, 1),
    lines=st.integers(1, 4),
)
PAIRS = st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES))


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A project of each variant on disk, as `meshgen new` writes it."""
    found = {}
    for name in NAMES:
        made = variant(name).rendering
        files = variant(name).files | made.base_files() | {made.spec_file: File(made.spec)}
        found[name] = tmp_path_factory.mktemp("pristine") / "shop"
        write_new(found[name], files)
    return found


def copied(source: Path, target: Path) -> Path:
    """A copy whose files are links: what is written to it is written anew."""
    shutil.rmtree(target, ignore_errors=True)
    return Path(shutil.copytree(source, target, copy_function=os.link))


def put(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def tree(root: Path) -> dict[str, bytes]:
    found = (path for path in sorted(root.rglob("*")) if path.is_file())
    contents = {path.relative_to(root).as_posix(): path.read_bytes() for path in found}
    return {path: data for path, data in contents.items() if not path.startswith(".meshgen/")}


def editable(name: str) -> list[str]:
    """The files that edits go to, those of the units mostly."""
    paths = [path for path in sorted(variant(name).files) if "libs/chassis" not in path]
    return [*paths, "libs/chassis/src/chassis/clock.py"]


def carry_out(root: Path, name: str, edits: list[Edit]) -> Iterator[str]:
    """Edit the project by hand; yield the words that the hand-written lines can be known by."""
    for number, edit in enumerate(edits):
        paths = editable(name)
        path = root / paths[int(edit.file * len(paths))]
        if not path.exists():
            continue
        lines = path.read_bytes().splitlines(keepends=True)
        at = int(edit.place * len(lines))
        words = [f"hand-{number}-{n}" for n in range(edit.lines)]
        new = [f"# {word}\n".encode() for word in words]
        match edit.kind:
            case "insert":
                lines[at:at] = new
            case "replace":
                lines[at : at + edit.lines] = new
            case "cut":
                del lines[at : at + edit.lines]
            case "empty":
                lines = []
            case "crlf":
                lines = [line.rstrip(b"\r\n") + b"\r\n" for line in lines]
            case "shift":
                lines = [b"\t" + line for line in lines]
            case "delete":
                path.unlink()
                continue
            case "add":
                path, lines = path.with_name(f"added_{number}.py"), new
        put(path, b"".join(lines))
    for content in tree(root).values():
        yield from (word for word in content.decode("utf-8", "replace").split() if "hand-" in word)


@SLOW
@given(PAIRS, st.lists(EDITS, max_size=8))
def test_no_hand_written_line_is_ever_lost(
    pristine: dict[str, Path], tmp_path: Path, names: tuple[str, str], edits: list[Edit]
) -> None:
    before, after = names
    root = copied(pristine[before], tmp_path / "shop")
    words = Counter(carry_out(root, before, edits))
    added = {path: data for path, data in tree(root).items() if "added_" in path}
    done = update(root, spec=variant(after).spec, generate=generate_variant)
    now = tree(root)
    text = b"\n".join(now.values()).decode("utf-8", "replace")
    left = Counter(text.split())
    assert not [word for word, count in words.items() if left[word] < count]
    assert {path: now.get(path) for path in added} == added
    marked = {path for path, data in now.items() if unresolved(data)}
    assert marked == {change.path for change in done.undecided if change.conflicts}
    if not marked and not any(path.endswith(".meshgen-new") for path in now):
        again = update(root, generate=generate_variant)
        assert again.nothing
        assert tree(root) == now


@SLOW
@given(PAIRS, st.lists(EDITS, min_size=1, max_size=8))
def test_edits_that_do_not_overlap_are_put_on_top_of_what_is_new(
    pristine: dict[str, Path],
    tmp_path: Path,
    names: tuple[str, str],
    edits: list[Edit],
) -> None:
    before, after = names
    old, new = variant(before).files, dict(variant(after).files)
    moves = variant(after).moves(variant(before).rendering.system)
    here = {moves.get(path, path): path for path in new}
    root = copied(pristine[before], tmp_path / "shop")
    paths = [path for path in editable(before) if path in here]
    for number, edit in enumerate(edits):
        path = paths.pop(int(edit.file * len(paths)))
        lines = old[path].content.splitlines(keepends=True)
        their_lines = new[here[path]].content.splitlines(keepends=True)
        places = apart(lines, their_lines)
        assume(places)
        at, there = places[int(edit.place * (len(places) - 1))]
        mine = [f"# hand-{number}-{n}\n".encode() for n in range(edit.lines)]
        put(root / path, b"".join([*lines[:at], *mine, *lines[at:]]))
        merged = b"".join([*their_lines[:there], *mine, *their_lines[there:]])
        new[here[path]] = File(merged)
    done = update(root, spec=variant(after).spec, generate=generate_variant)
    assert not done.undecided
    spec = {variant(after).rendering.spec_file: variant(after).spec}
    assert tree(root) == {path: file.content for path, file in new.items()} | spec


def apart(old: list[bytes], new: list[bytes]) -> list[tuple[int, int]]:
    """Places between two lines that stay, and that are what they are only once."""
    once = {line for line, n in Counter(old).items() if n == 1} & {
        line for line, n in Counter(new).items() if n == 1
    }
    return [
        (block.a + n, block.b + n)
        for block in SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
        for n in range(1, block.size)
        if {old[block.a + n - 1], old[block.a + n]} <= once
    ]


def test_a_variant_renders_what_new_writes(tmp_path: Path) -> None:
    """The test's own foundation: the variants are real projects."""
    (tmp_path / "spec.yaml").write_bytes(variant("a command less").spec)
    root = create(tmp_path / "shop", tmp_path / "spec.yaml").target
    expected = {path: file.content for path, file in variant("a command less").files.items()}
    assert tree(root) == expected | {"shop.yaml": variant("a command less").spec}
