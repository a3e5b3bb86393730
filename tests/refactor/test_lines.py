"""Every line that does not have to change stays as it is, byte for byte, however it is written."""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.synthetic import spec_of
from meshgen.errors import MeshgenError
from meshgen.refactor.references import mentions
from meshgen.refactor.remove import remove
from meshgen.refactor.rename import rename
from meshgen.refactor.scaffold.add import add_aggregate, add_event, add_projection, add_service
from meshgen.refactor.yaml.document import document
from meshgen.spec.check import check_text
from meshgen.spec.model import Spec

from .emitting import content, styled

ROOT = Path(__file__).parents[2]
SHOP = (ROOT / "specs" / "shop.yaml").read_text(encoding="utf-8")
MINIMAL = (ROOT / "specs" / "minimal.yaml").read_text(encoding="utf-8")
TEXTS = (SHOP, MINIMAL, spec_of(3))

many = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def lines(text: str) -> list[str]:
    """The lines with their ends; a line that got one because others follow is the same line."""
    return text.splitlines(keepends=True)


def changed(before: str, after: str) -> tuple[list[str], list[str]]:
    """The lines that are gone, and those that are new."""
    old, new = lines(before), lines(after)
    if old and not old[-1].endswith(("\n", "\r")) and old[-1] not in new:
        end = "\r\n" if "\r\n" in before else "\n"
        old[-1] += end
    gone, added = [], []
    for tag, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            gone += old[a:b]
            added += new[c:d]
    return gone, added


def grown(line: str, other: str) -> bool:
    """Whether `other` is `line` with something put in, and nothing taken out."""
    left = iter(other)
    return all(character in left for character in line.rstrip("\r\n"))


def spec_in(text: str) -> Spec:
    spec, findings = check_text("spec.yaml", text.removeprefix("\ufeff"))
    assert spec is not None, findings
    return spec


def names(text: str) -> list[tuple[str, str]]:
    """What has a name: what it is called, and what it is."""
    root = document(text.removeprefix("\ufeff")).root
    return [(str(m.thing), m.declares) for m in mentions(root) if m.declares]


def kept_frame(before: str, after: str) -> None:
    """The byte order mark, the line ends and the end of the file are as they were."""
    assert after.startswith("\ufeff") == before.startswith("\ufeff")
    assert ("\r" in after) == ("\r" in before)
    assert "\n" not in after.replace("\r\n", "") or "\r\n" not in before
    assert after.endswith("\n") == before.endswith("\n")


@many
@given(data=st.data(), text=styled(TEXTS))
def test_rename_changes_lines_with_the_name_alone(data: Any, text: str) -> None:
    old, kind = data.draw(st.sampled_from(names(text)))
    unit = kind in ("service", "projection", "stream", "BFF")
    new = "brand_new" if unit else "BrandNew"
    after = rename(text, old, new)
    kept_frame(text, after)
    gone, added = changed(text, after)
    bare = old.rpartition(".")[2]
    spelt = re.compile(rf"{bare}|\\x{ord(bare[0]):02x}{bare[1:]}")
    is_type = kind == "type"  # an enum may need its long form, with `enum:` above its members
    for line in gone:
        assert spelt.search(line) or (is_type and any(grown(line, new) for new in added)), line
    assert 0 <= len(added) - len(gone) <= (2 if is_type else 1)  # `renamed_from`
    assert old not in dict(names(after))
    back = old.removesuffix(bare) + new
    assert rename(after, back, bare) == text or "\\x" in text


@many
@given(data=st.data(), text=styled(TEXTS))
def test_remove_takes_lines_and_changes_only_those_in_brackets(data: Any, text: str) -> None:
    name, _ = data.draw(st.sampled_from(names(text)))
    try:
        after = remove(text, name)
    except MeshgenError:
        return
    kept_frame(text, after)
    gone, added = changed(text, after)
    for line in added:  # what was together with it in brackets
        assert set(line) & set("{[,}]"), (gone, added)
    assert name not in dict(names(after))


ADDITIONS = {
    "service": lambda text: add_service(text, "brand_new", aggregates=["BrandNew"]),
    "aggregate": lambda text: add_aggregate(text, first(text)[0], "BrandNew"),
    "event": lambda text: add_event(
        text, ".".join(first(text)), "BrandNewMade", fields={"note": "string"}
    ),
    "projection": lambda text: add_projection(
        text, "brand_new", on=[spec_in(text).services[0].aggregates[0].events[0].name]
    ),
    "policy": lambda text: add_service(
        text,
        "brand_new",
        on=[spec_in(text).services[0].aggregates[0].events[0].name],
        emits=["BrandNewMade", "BrandNewEnded"],
    ),
}


def first(text: str) -> tuple[str, str]:
    service = spec_in(text).services[0]
    return service.name, service.aggregates[0].name


@many
@given(kind=st.sampled_from(sorted(ADDITIONS)), text=styled(TEXTS))
def test_additions_leave_all_lines_but_brackets(kind: str, text: str) -> None:
    after = ADDITIONS[kind](text)
    kept_frame(text, after)
    gone, added = changed(text, after)
    for line in gone:  # one more entry in a bracket, or a comma
        assert any(grown(line, other) for other in added), (line, added)
    assert len(gone) <= 4
    spec_in(after)


@many
@given(text=styled(TEXTS))
def test_what_is_added_and_removed_again_was_never_there(text: str) -> None:
    after = add_service(text, "brand_new", aggregates=["BrandNew"])
    assert content(remove(after, "brand_new").removeprefix("\ufeff")) == content(
        text.removeprefix("\ufeff")
    )


@pytest.mark.parametrize("kind", sorted(ADDITIONS))
@pytest.mark.parametrize("text", TEXTS, ids=["shop", "minimal", "synthetic"])
def test_in_block_style_nothing_but_the_process_changes(kind: str, text: str) -> None:
    gone, _ = changed(text, ADDITIONS[kind](text))
    assert [line for line in gone if not line.startswith("  shop: [")] == []


IN_BRACES = """\
services:
  note: {

    # where notes are
    store: sqlite,
    aggregates: {Note: {
      id: note_id,
      state: {text: string},
      events: {NoteWritten: {text: string}},
      commands: {WriteNote: {roles: [writer], input: {text: string}, creates: NoteWritten}}
    }},
    queries: {ListNotes: {of: Note, sort: [text], page: 20}}
  }
"""


def test_renamed_there_and_back_in_braces_nothing_is_lost() -> None:
    head, _, rest = MINIMAL.partition("services:\n")
    text = f"{head}{IN_BRACES}\ngateway:{rest.partition('gateway:')[2]}"
    renamed = rename(text, "note", "brand_new")
    assert "    # where notes are\n    renamed_from: note,\n    store" in renamed
    assert rename(renamed, "brand_new", "note") == text
