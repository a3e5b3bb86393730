"""The table as a file: what is written is read, and what is wrong with it is said."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from meshgen.errors import MeshgenError
from meshgen.identities import Identities, assign, decoded, encoded
from meshgen.spec.check import read_spec

SHOP = Path(__file__).parents[2] / "specs" / "shop.yaml"
WORD = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,9}", fullmatch=True)


def test_it_is_read_as_it_was_written() -> None:
    found = assign(read_spec(SHOP))
    assert decoded(encoded(found)).names == found.names


@given(st.dictionaries(WORD, WORD | st.sampled_from(["null", "yes", "True", "off"]), max_size=9))
def test_it_is_yaml(names: dict[str, str]) -> None:
    written: dict[tuple[str, ...], str | None] = {("bffs", "gone"): None}
    text = encoded(Identities(written | {("types", id): name for id, name in names.items()}))
    assert yaml.safe_load(text) == {
        "bffs/gone": None,
        **{f"types/{id}": name for id, name in names.items()},
    }


def test_what_is_late_is_marked_in_its_line() -> None:
    path, gone = ("services", "a", "policies", "do_it"), ("services", "a", "sagas", "Yes")
    names = {path: "on", gone: None, ("services", "a"): "a"}
    found = decoded(encoded(Identities(names, frozenset({path, gone}))))
    assert found == Identities(names, frozenset({path, gone}))
    text = yaml.safe_load(encoded(found))
    assert text["services/a/policies/do_it"] == {"name": "on", "from": "now"}
    assert text["services/a/sagas/Yes"] == {"name": None, "from": "now"}


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("services/order", "not `path: name`"),
        ("services/order: ../../etc", "not `path: name`"),
        ("services/../order: order", "not `path: name`"),
        ("services/order: o'rder", "not `path: name`"),
        ("services/order: [order]", "not `path: name`"),
        ("services/a/sagas/S: {name: S}", "not `path: name`"),
        ("services/a/sagas/S: S, from: now}", "not `path: name`"),
        ("services/a/sagas/S: {name: S, from: then}", "not `path: name`"),
        ("services/a: {name: a, from: now}", "only policies and sagas have `from`"),
        ("service/order: order", "there is no `service`"),
        ("services/order/fields/x: x", "there is no `services/fields`"),
        ("types/T: T\ntypes/T: U", "`types/T` is a duplicate"),
        ("types/T: T\ntypes/U: T", "`T` is the name of line 1, too"),
        ("<<<<<<< HEAD\ntypes/T: T", "a merge was not finished"),
        ("\x00", "not `path: name`"),
        ("types/" + "T" * 200 + ": T", "not `path: name`"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(line: str, fault: str) -> None:
    with pytest.raises(MeshgenError) as error:
        decoded(line.encode())
    number = len(line.splitlines()) if "duplicate" in fault or "too" in fault else 1
    assert error.value.message == f".meshgen/identities.yaml:{number}:1: {fault}"


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(MeshgenError):
        decoded(b"types/\xff: T")
