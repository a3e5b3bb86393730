"""Renamed fields: their keys in what is stored and published, their names everywhere else."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID, uuid4

import pytest
from chassis.codec import Codec
from chassis.messages import Command, Event, Value, decoded, encoded
from chassis.runtime.rows import Rows
from chassis.runtime.work import Work
from chassis.store.sqlite.store import SqliteStore, open_sqlite
from fastapi import FastAPI
from pydantic import Field, ValidationError


class Line(Value):
    article: Annotated[str, Field(alias="product")]
    amount: int


class Placed(Event):
    """Two fields that have swapped their names, and one that has another."""

    note: Annotated[str, Field(alias="remark")]
    remark: Annotated[str, Field(alias="note")]
    rows: Annotated[tuple[Line, ...], Field(alias="lines")] = ()


class Place(Command):
    article: Annotated[str, Field(alias="product")]


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    id: UUID
    text: str
    title: str = ""
    lines: tuple[Line, ...] = ()


KEYS = {"text": "body", "title": "text"}
PLACED = Placed(note="n", remark="r", rows=(Line(article="a", amount=2),))
PUBLISHED = {"remark": "n", "note": "r", "lines": [{"product": "a", "amount": 2}]}


def test_a_message_is_published_by_keys() -> None:
    assert encoded(PLACED) == PUBLISHED
    assert decoded(Placed, PUBLISHED) == PLACED


def test_python_and_http_have_the_names() -> None:
    assert (PLACED.note, PLACED.remark) == ("n", "r")
    assert Placed.model_validate(PLACED.model_dump()) == PLACED


def test_a_key_is_not_taken_for_a_name() -> None:
    with pytest.raises(ValidationError) as error:
        Place.model_validate({"product": "a"})
    assert {e["loc"] for e in error.value.errors()} == {("article",), ("product",)}


def test_the_description_of_the_api_has_the_names() -> None:
    app = FastAPI()

    @app.get("/placed")
    def placed() -> Placed:
        return PLACED

    schemas = app.openapi()["components"]["schemas"]
    assert list(schemas["Placed"]["properties"]) == ["note", "remark", "rows"]
    assert schemas["Placed"]["required"] == ["note", "remark"]
    assert schemas["Line"]["properties"]["article"] == {"title": "Article", "type": "string"}
    assert list(Placed.model_json_schema()["properties"]) == ["note", "remark", "rows"]


def test_a_state_is_stored_by_keys() -> None:
    state = State(id=uuid4(), text="t", title="h", lines=(Line(article="a", amount=1),))
    stored = json.loads(Codec(State, KEYS).encode(state))
    assert stored == {
        "id": str(state.id),
        "body": "t",
        "text": "h",
        "lines": [{"product": "a", "amount": 1}],
    }
    assert Codec(State, KEYS).decode(json.dumps(stored)) == state


@pytest.mark.parametrize(
    ("stored", "title"),
    [({"body": "t"}, ""), ({"body": "t", "title": "of a former field"}, "")],
)
def test_what_was_stored_before_is_read(stored: dict[str, Any], title: str) -> None:
    id = uuid4()
    found = Codec(State, KEYS).decode(json.dumps({"id": str(id), **stored}))
    assert found == State(id=id, text="t", title=title)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = open_sqlite(tmp_path / "unit.db")
    yield store
    await store.close()


async def test_what_was_stored_before_is_found_and_sorted_by_the_names(store: SqliteStore) -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Before:
        id: UUID
        body: str

    old = Rows(store, "states", Before, patterns=[((), ("body",))])
    await store.prepare((old.collection,))
    values = [Before(id=uuid4(), body=text) for text in "cab"]
    work = Work(store)
    for value in values:
        old.put(work, str(value.id), value, expected=0, version=1)
    await store.commit(work.changes)
    rows = Rows(store, "states", State, keys=KEYS, patterns=[((), ("text",))])
    await store.prepare((rows.collection,))
    first = await rows.search({}, {}, ("-text",), 2, None)
    rest = await rows.search({}, {}, ("-text",), 2, first.next)
    assert [state.text for state in (*first.items, *rest.items)] == ["c", "b", "a"]
    (found,) = (await rows.search({"text": "b"}, {}, (), 9, None)).items
    assert found.id == values[2].id
