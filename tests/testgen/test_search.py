"""Commands of every kind, and the values they are tried with."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from meshgen.spec.check import read_spec
from meshgen.testgen.examples import NOW, Example, ExampleId, Found, examples
from tests.waiting import PATIENCE

Find = Callable[..., Found]
Titled = Callable[[Found, str], Example]


def test_numbers_near_those_of_the_spec_are_tried(found: Find, titled: Titled) -> None:
    result = found("""
state: {count: int, note: "string?"}
events:
  Opened: {count: int}
  Grown: {by: int, sets: {count: count + by}}
commands:
  Open: {input: {count: int}, requires: {is_enough: count >= 417}, creates: Opened}
  Grow:
    input: {by: {type: int, min: 1, max: 90}}
    requires: {stays_small: count + by <= 500}
    emits: Grown
""")
    assert result.missing == ()
    opened = titled(result, "open emits opened")
    assert dict(opened.input)["count"] in (417, 418, 500, 501, 1000)
    refused = titled(result, "grow requires stays small")
    count, by = dict(refused.given[0].fields)["count"], dict(refused.input)["by"]
    assert isinstance(by, int)
    assert by <= 90
    assert isinstance(count, int)
    assert count + by > 500


def test_an_earlier_guard_holds_when_a_later_one_refuses(found: Find, titled: Titled) -> None:
    result = found("""
state: {status: Status, total: decimal}
events: {Opened: {total: decimal, sets: {status: open}}, Closed: {sets: {status: closed}}}
commands:
  Open: {input: {total: decimal}, creates: Opened}
  Close: {requires: {is_open: status == open, is_paid: total <= 0}, emits: Closed}
""")
    unpaid = titled(result, "close requires a thing that is paid")
    assert [event.name for event in unpaid.given] == ["Opened"]
    total = dict(unpaid.given[0].fields)["total"]
    assert isinstance(total, Decimal)
    assert total > 0
    closed = titled(result, "close requires a thing that is open")
    assert [event.name for event in closed.given] == ["Opened", "Closed"]


def test_what_cannot_happen_is_missing(found: Find) -> None:
    result = found("""
state: {count: int}
events: {Opened: {count: int}, Closed: {sets: {count: 0}}}
commands:
  Open: {input: {count: {type: int, min: 1}}, creates: Opened}
  Close: {requires: {never: count < 0}, emits: Closed}
""")
    assert result.missing == (("Close", "Closed"),)


def test_moments_before_and_after_now_are_tried(found: Find, titled: Titled) -> None:
    result = found("""
state: {until: datetime, since: date}
events: {Opened: {until: datetime, since: date}, Closed: {sets: {since: since}}}
commands:
  Open:
    input: {until: datetime, since: date}
    requires: {ends_later: until > now(), began: since <= now().date()}
    creates: Opened
  Close: {requires: {is_over: now() >= until}, emits: Closed}
""")
    assert dict(titled(result, "open emits opened").input)["until"] == NOW + timedelta(days=1)
    # it was opened a day before now, until what is now
    over = titled(result, "close emits closed")
    assert dict(over.given[0].fields)["until"] == NOW
    assert result.missing == ()


def test_upserts_work_on_nothing_and_on_something(found: Find, titled: Titled) -> None:
    result = found("""
state: {count: {type: int, default: 3}, lines: "list[Line]", status: {type: Status, default: open}}
events:
  Added: {line: Line, sets: {lines: "[*lines, line]", count: count + 1}}
commands:
  Add:
    input: {line: Line}
    requires: {has_room: len(lines) < 2 and count < 6 and status == open}
    upserts: Added
""")
    assert titled(result, "add emits added").given == ()
    assert len(titled(result, "add requires a thing that has room").given) == 2
    assert result.missing == ()


def test_the_limits_of_value_objects_are_kept(found: Find, titled: Titled) -> None:
    result = found("""
state: {lines: "list[Line]"}
events:
  Opened: {lines: "list[Line]"}
  Doubled: {lines: "list[Line]"}
commands:
  Open: {input: {lines: {type: "list[Line]", min_items: 2}}, creates: Opened}
  Double:
    emits:
      Doubled:
        lines: "[Line(product_id=x.product_id, quantity=x.quantity * 4) for x in lines]"
""")
    lines = dict(titled(result, "open emits opened").input)["lines"]
    assert isinstance(lines, list)
    assert len(lines) == 2
    doubled = dict(titled(result, "double emits doubled").then[0].fields)["lines"]
    assert isinstance(doubled, list)
    assert [line["quantity"] for line in doubled] == [4, 4]  # type: ignore[index, call-overload]


def test_texts_keep_their_limits(found: Find, titled: Titled) -> None:
    result = found(r"""
state: {code: string, short: string, long: string, kind: string}
events: {Opened: {code: string, short: string, long: string, kind: string}}
commands:
  Open:
    input:
      code: {type: string, pattern: '^[A-Z]{3}-\d{4}(x|y)?$'}
      short: {type: string, max_length: 3}
      long: {type: string, min_length: 20}
      kind: string
    requires: {is_special: kind == "special"}
    creates: Opened
""")
    given = dict(titled(result, "open emits opened").input)
    assert given["code"] == "AAA-1111x"
    assert given["short"] == "a s"
    assert len(str(given["long"])) >= 20
    assert given["kind"] == "special"


def test_what_may_be_missing_is_there_and_is_not(found: Find, titled: Titled) -> None:
    result = found(
        """
state: {note: "string?"}
events: {Opened: {note: "string?"}, Noted: {note: string}}
commands:
  Open: {input: {note: "string?"}, creates: Opened}
  Note: {input: {note: string}, requires: {is_blank: state.note is None}, emits: Noted}
"""
    )
    assert dict(titled(result, "note emits noted").given[0].fields)["note"] is None
    assert dict(titled(result, "note requires a thing that is blank").given[0].fields)["note"]


def test_the_same_event_for_two_reasons_is_two_examples(found: Find) -> None:
    result = found("""
state: {count: int}
events: {Opened: {count: int}, Marked: {count: int}}
commands:
  Open: {input: {count: int}, creates: Opened}
  Mark:
    emits:
      - {event: Marked, when: count > 5, with: {count: 5}}
      - {event: Marked, with: {count: 0}}
""")
    titles = [example.title for example in result.examples if example.command == "Mark"]
    assert titles == [
        "mark emits marked",
        "mark emits marked, 2",
        "mark requires an existing thing",
    ]


def test_ids_of_the_state_are_met_by_their_names(found: Find, titled: Titled) -> None:
    result = found("""
state: {owner_id: uuid, friends: "map[uuid, int]"}
events:
  Opened: {owner_id: uuid, sets: {friends: "{}"}}
  Befriended: {friend_id: uuid, sets: {friends: "{**friends, friend_id: 1}"}}
commands:
  Open: {input: {owner_id: uuid}, creates: Opened}
  Befriend:
    input: {friend_id: uuid}
    requires: {is_another: friend_id != owner_id, is_new: friend_id not in friends}
    emits: Befriended
""")
    same = titled(result, "befriend requires a thing that is another")
    assert dict(same.input)["friend_id"] == dict(same.given[0].fields)["owner_id"]
    assert result.missing == ()
    assert all(
        example.input[0] == ("thing_id", ExampleId("thing_id").value) for example in result.examples
    )


def test_the_search_has_an_end(found: Find) -> None:
    fields = ", ".join(f"f{n}: int" for n in range(12))
    rules = ", ".join(f"r{n}: input.f{n} * input.f{(n + 1) % 12} == 123456789" for n in range(12))
    began = time.perf_counter()
    result = found(f"""
state: {{{fields}}}
events: {{Opened: {{{fields}}}, Moved: {{{fields}}}}}
commands:
  Open: {{input: {{{fields}}}, creates: Opened}}
  Move: {{input: {{{fields}}}, requires: {{{rules}}}, emits: Moved}}
""")
    assert ("Move", "Moved") in result.missing
    assert time.perf_counter() - began < PATIENCE


@pytest.mark.parametrize("kind", ["string", "int", "float", "decimal", "bool", "uuid", "date"])
@pytest.mark.parametrize("form", ["{}", "{}?", "list[{}]", "map[{}]", "list[{}]?", "map[list[{}]]"])
def test_there_are_values_of_every_type(found: Find, kind: str, form: str) -> None:
    written = form.format(kind)
    result = found(f"""
state: {{it: "{written}"}}
events: {{Opened: {{it: "{written}"}}}}
commands:
  Open: {{input: {{it: "{written}"}}, creates: Opened}}
""")
    assert result.missing == ()


def test_long_ways_are_found() -> None:
    spec = read_spec(Path(__file__).parent / "library.yaml")
    missing = [
        examples(spec, service, aggregate).missing
        for service in spec.services
        for aggregate in service.aggregates
    ]
    # three loans at once, all for later: further than the search goes
    assert missing == [(), (("Lend", "few_loans"),)]
