"""Backends for frontends, as the templates print them."""

from __future__ import annotations

import pytest

from meshgen.spec.check import check_text
from meshgen.system.lower import resolve
from meshgen.system.model import BffView, EndpointView, ModelView

HEAD = """\
meshgen: 1
name: games
types:
  Place: [indoors, outdoors]
services:
  game:
    store: sqlite
    aggregates:
      Round:
        id: round_id
        owner: player_id
        read: {roles: [player], fields: [place, player_id]}
        state: {player_id: uuid, place: Place, scores: "list[int]", note: string?}
        events:
          RoundMade: {player_id: uuid, place: Place, scores: "list[int]"}
          RoundMoved: {place: Place, sets: {place: event.place}}
        commands:
          MakeRound:
            roles: [player]
            input:
              player_id: uuid
              place: {type: Place, default: outdoors}
              scores: {type: "list[int]", min_items: 1, max_items: 9}
            creates: RoundMade
          MoveRound:
            roles: [player]
            method: PUT
            input: {place: Place}
            requires: {it_is_another_place: input.place != state.place}
            emits: RoundMoved
    queries:
      Rounds: {of: Round, by: player_id, owner: player_id, page: 2}
  board:
    store: sqlite
    aggregates:
      Round:
        id: turn_id
        state: {player_id: uuid}
        events: {TurnMade: {player_id: uuid}}
        commands: {MakeTurn: {roles: [player], input: {player_id: uuid}, creates: TurnMade}}
    queries:
      Boards: {of: Round, by: turn_id, roles: [player]}
gateway:
  auth: {issuer: "https://id.example", audience: games}
bffs:
  web:
    endpoints:
"""


def front(*endpoints: str) -> BffView:
    text = HEAD + "".join(f"      {endpoint}\n" for endpoint in endpoints)
    spec, findings = check_text("games.yaml", text)
    assert spec is not None, findings
    (bff,) = resolve(spec).bffs
    return bff


def sending(endpoint: str) -> tuple[EndpointView, ModelView | None]:
    bff = front(endpoint)
    (view,) = bff.endpoints
    return view, next((model for model in bff.models if model.base == "Body"), None)


def names(*endpoints: str) -> list[str]:
    return [model.name for model in front(*endpoints).models]


def fields(model: ModelView | None) -> dict[str, tuple[str, str | None]]:
    assert model is not None
    return {field.name: (field.annotation, field.default) for field in model.fields}


def test_a_whole_row_has_the_name_of_its_aggregate() -> None:
    rounds = (
        "GET /home: {rounds: game.Rounds(player_id=caller), again: game.Rounds(player_id=caller)}"
    )
    bff = front(rounds)
    assert [model.name for model in bff.models] == ["Round", "Home"]
    assert fields(bff.models[0]) == {
        "round_id": ("UUID", None),
        "player_id": ("UUID", None),
        "place": ("Place", None),
        "scores": ("list[int]", None),
        "note": ("str | None", "None"),
    }
    assert fields(bff.models[1]) == dict.fromkeys(("rounds", "again"), ("Page[Round]", None))


def test_what_is_shown_or_chosen_of_it_is_named_after_the_endpoint() -> None:
    bff = front("GET /rounds/{id}: {round: 'game.Round(round_id=id)?'}")
    home = "GET /home: {rounds: 'game.Rounds(player_id=caller) only [note]'}"
    assert [model.name for model in bff.models] == ["RoundsByIdRound", "RoundsById"]
    assert list(fields(bff.models[0])) == ["round_id", "player_id", "place"]
    assert fields(bff.models[1]) == {"round": ("RoundsByIdRound | None", None)}
    assert names(home) == ["HomeRound", "Home"]


def test_every_name_is_given_once() -> None:
    both = "{mine: game.Rounds(player_id=caller), turn: board.Round(turn_id=id)}"
    assert names(
        f"GET /round/{{id}}: {both}", "GET /round: {mine: game.Rounds(player_id=caller)}"
    ) == [
        "Round",
        "BoardRound",
        "RoundById",
        "RoundAnswer",
    ]


@pytest.mark.parametrize(
    ("path", "name"), [("/", "Root"), ("/place", "PlaceAnswer"), ("/true", "TrueAnswer")]
)
def test_a_name_for_each_path(path: str, name: str) -> None:
    assert names(f"GET {path}: {{rounds: game.Rounds(player_id=caller)}}")[1] == name


def test_what_is_not_filled_in_is_in_the_body() -> None:
    view, body = sending("POST /rounds: {do: game.MakeRound(player_id=caller)}")
    assert fields(body) == {
        "round_id": ("UUID | None", "None"),
        "place": ("Place", "Place.OUTDOORS"),
        "scores": ("Annotated[list[int], Field(min_length=1, max_length=9)]", None),
    }
    assert view.function == "make_round"
    assert view.needs_caller
    assert view.sends is not None
    assert (view.sends.creates, view.sends.is_optional) == (True, False)
    assert view.sends.call.startswith('commands.send(MakeRoundOutcome, "game", "/game/rounds')
    assert view.sends.call.endswith(", body, player_id=caller.id)")


def test_without_a_rest_there_is_no_body() -> None:
    view, body = sending("PUT /rounds/{id}/in: {do: 'game.MoveRound(round_id=id, place=indoors)'}")
    assert body is None
    assert view.sends is not None
    assert view.sends.rules == ("it_is_another_place",)
    assert view.sends.call.startswith("commands.send(MoveRoundOutcome, ")
    path = 'f"/game/rounds/{id}/move"'
    assert view.sends.call.endswith(f""", "game", {path}, None, "PUT", place='indoors')""")
    assert [(p.name, p.annotation) for p in view.parameters] == [("id", "UUID")]


def test_a_command_of_two_endpoints_has_two_functions() -> None:
    bff = front(
        "GET /move-round: {rounds: game.Rounds(player_id=caller)}",
        "POST /in/{id}: {do: 'game.MoveRound(round_id=id, place=indoors)'}",
        "PUT /in/{id}: {do: 'game.MoveRound(round_id=id, place=indoors)'}",
    )
    assert [endpoint.function for endpoint in bff.endpoints] == [
        "move_round",
        "post_in_by_id",
        "put_in_by_id",
    ]
    assert len({model.name for model in bff.models}) == len(bff.models)


def test_a_part_comes_behind_those_that_feed_it() -> None:
    (view,) = front(
        "GET /a/{id}: {c: 'game.Rounds(player_id=b.player_id)?',"
        " b: 'board.Boards(turn_id=a.player_id)?', a: game.Round(round_id=id)}"
    ).endpoints
    assert [part.name for part in view.parts] == ["a", "b", "c"]
    assert [field.name for field in view.fields] == ["c", "b", "a"]
    a, b, c = view.parts
    assert (a.function, a.needs) == (None, ())
    assert (b.function, b.needs) == ("get_b", ())
    assert "turn_id=(await a).player_id" in b.call
    assert (c.function, c.needs, c.annotation) == ("get_c", ("b",), "Page[Round] | None")
    assert "player_id=b_found.player_id" in c.call


def test_variables_of_parts_hide_nothing() -> None:
    (view,) = front(
        "GET /a/{round}: {round: game.Round(round_id=round), parts: game.Round(round_id=round),"
        " id: game.Round(round_id=round.round_id)}"
    ).endpoints
    assert [part.variable for part in view.parts] == ["round_", "parts_", "id_"]
    assert view.parts[2].call.endswith('f"/game/rounds/{(await round_).round_id}")')
    assert [field.name for field in view.fields] == ["round", "parts", "id"]
