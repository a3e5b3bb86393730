"""A running system whose things get other names: its data, its sagas and its timers go on.

One project goes through a chain of renames. In each step a ticket is left in the middle: its saga
waits for a service that is killed, its reminder for a timer, its events for consumers.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from chassis.testing.system import Caller, System

from tests.e2e.conftest import Project, generate
from tests.e2e.orders import place

LINES = [{"label": "paper", "amount": 2}]
TICKET = ["TicketOpened", "BeginCheck", "CheckBegun", "CloseTicket", "TicketClosed"]


@dataclass
class Desk:
    """The running project, what things are called now, and the tickets and sheets it has."""

    project: Project
    names: dict[str, str] = field(default_factory=dict)
    tickets: list[str] = field(default_factory=list)
    sheets: list[str] = field(default_factory=list)

    @property
    def root(self) -> Path:
        return self.project.root

    def name(self, first: str) -> str:
        """What is called now what was called `first` once."""
        return self.names.get(first, first)

    def path(self, first: str) -> str:
        """A path over HTTP, of first names."""
        return "/" + "/".join(self.name(part) for part in first.split("/"))

    def clerk(self) -> Caller:
        return System.running(self.root).caller("clerk")

    def meshgen(self, *arguments: str) -> None:
        self.project.meshgen(*arguments)

    def edit(self, *changes: tuple[str, str]) -> None:
        self.project.edit(*changes)

    def lines(self) -> list[dict[str, Any]]:
        return [{self.name(key): value for key, value in line.items()} for line in LINES]

    def open_ticket(self, clerk: Caller) -> str:
        body = {self.name("title"): "a ticket", self.name("lines"): self.lines()}
        ticket = str(clerk.post(self.path("tickets"), **body)["ticket_id"])
        self.tickets.append(ticket)
        return ticket

    def write_sheet(self) -> None:
        body = {self.name("text"): "a sheet", "stage": "fresh", self.name("lines"): self.lines()}
        sheet = self.clerk().post(self.path("sheets"), **body)["sheet_id"]
        self.sheets.append(str(sheet))


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    desk = Desk(generate("desk", tmp_path_factory.mktemp("desk")))
    desk.project.make("up", PROCESSES="each")
    yield desk
    desk.project.run("down")


def messages_and_fields(desk: Desk) -> None:
    desk.meshgen("rename", "front.TicketClosed", "TicketDone")
    desk.meshgen("rename", "front.OpenTicket", "FileTicket")
    desk.edit(
        ("{label: string,", "{word: {type: string, renamed_from: label},"),
        ("state: {title: string", "state: {topic: {type: string, renamed_from: title}"),
        ("Opened: {title: string", "Opened: {topic: {type: string, renamed_from: title}"),
        ("input: {title: string", "input: {topic: {type: string, renamed_from: title}"),
        ("with: {remark: title}", "with: {remark: topic}"),
        ("uuid, title: string", "uuid, topic: {type: string, renamed_from: title}"),
        ("sort: [title]", "sort: [topic]"),
        ("state: {text: string", "state: {body: {type: string, renamed_from: text}"),
        ("SheetWritten: {text: string", "SheetWritten: {body: {type: string, renamed_from: text}"),
        ("input: {text: string", "input: {body: {type: string, renamed_from: text}"),
        ("sort: [text]", "sort: [body]"),
        ("fields: [text]", "fields: [body]"),
        ("sheets[sheet_id].text", "sheets[sheet_id].body"),
    )  # fmt: skip
    desk.names |= {"label": "word", "title": "topic", "text": "body"}


def types_and_members(desk: Desk) -> None:
    desk.edit(
        (": Stage", ": Phase"),
        ("stage: fresh", "stage: raw"),
        ("Stage: [fresh", "Phase: {renamed_from: Stage, enum: [{name: raw, renamed_from: fresh}"),
        (", closed]", ", closed]}"),
        ("Line: {word", "Row: {renamed_from: Line, word"),
        ("list[Line]", "list[Row]"),
    )  # fmt: skip


def services_and_aggregates(desk: Desk) -> None:
    desk.meshgen("rename", "front", "counter")
    desk.meshgen("rename", "back", "office")
    desk.meshgen("rename", "counter.Ticket", "Request")
    desk.meshgen("rename", "counter.Sheet", "Paper")
    desk.names |= {"front": "counter", "back": "office", "tickets": "requests", "sheets": "papers"}


def sagas_policies_queries_and_projections(desk: Desk) -> None:
    desk.meshgen("rename", "counter.Handling", "Working")
    desk.meshgen("rename", "counter.RemindOfTicket", "Remind")
    desk.meshgen("rename", "counter.TicketOpened", "TicketFiled")
    desk.meshgen("rename", "counter.CloseTicket", "FinishTicket")
    desk.meshgen("rename", "office.BeginCheck", "StartCheck")
    desk.meshgen("rename", "board", "wall")
    desk.edit(("RowOf: {", "EntryOf: {renamed_from: RowOf, "))
    desk.names |= {"board": "wall"}


def two_names_swapped(desk: Desk) -> None:
    desk.edit(
        ("TicketFiled: {renamed_from: TicketOpened,", "@: {renamed_from: TicketFiled,"),
        ("TicketDone: {renamed_from: TicketClosed,", "TicketFiled: {renamed_from: TicketDone,"),
        ("creates: TicketFiled", "creates: ##"),
        ("emits: TicketDone", "emits: TicketFiled"),
        ("on: TicketFiled", "on: TicketDone"),
        ("counter.TicketFiled: {insert", "counter.##: {insert"),
        ("counter.TicketDone: {update", "counter.TicketFiled: {update"),
        ("##", "TicketDone"),
        ("@:", "TicketDone:"),
    )


def the_system(desk: Desk) -> None:
    desk.edit(("name: desk", "name: bureau"))


STEPS = (
    messages_and_fields,
    types_and_members,
    services_and_aggregates,
    sagas_policies_queries_and_projections,
    two_names_swapped,
    the_system,
)


@pytest.mark.parametrize("rename", STEPS, ids=lambda step: step.__name__)
def test_data_lives_on_under_other_names(desk: Desk, rename: Callable[[Desk], None]) -> None:
    desk.write_sheet()
    clerk = desk.clerk()
    desk.project.kill(desk.name("back"))
    waiting = desk.open_ticket(clerk)
    before = desk.project.messages()
    assert not before[waiting, "CheckBegun"]
    desk.project.make("down")
    rename(desk)
    desk.project.make("up", PROCESSES="each")
    clerk = desk.clerk()
    last = desk.open_ticket(clerk)  # there is one partition: when it is done, all before it is
    for ticket in (waiting, last):
        clerk.eventually(desk.path(f"tickets/{ticket}"), None, 60.0, stage="closed")
    for ticket in desk.tickets:
        clerk.eventually(
            desk.path(f"board/{ticket}"),
            None,
            60.0,
            **{desk.name("title"): "a ticket", "stage": "closed"},
        )
        found = clerk.get(desk.path(f"tickets/{ticket}"))
        assert found[desk.name("title")] == "a ticket"
        assert found[desk.name("lines")] == desk.lines()
        assert found["reminded"] == 0
    params = {"stage": "fresh"}
    page = clerk.request("GET", desk.path("sheets"), params=params).body["items"]
    assert {sheet["sheet_id"] for sheet in page} == set(desk.sheets)
    assert all(sheet[desk.name("text")] == "a sheet" for sheet in page)
    assert all(sheet["lines"] == desk.lines() for sheet in page)
    for sheet in desk.sheets:
        note = desk.path(f"checks/{last}/note-sheet")
        assert clerk.post(note, sheet_id=sheet)["events"] == ["CheckNoted"]
    after = desk.project.messages()
    assert all(after[ticket, kind] == 1 for ticket in desk.tickets for kind in TICKET)
    assert all(after[key] == count for key, count in before.items() if key[0] != waiting)


def test_timers_go_off_under_other_names(desk: Desk) -> None:
    desk.project.make("down")
    with sqlite3.connect(desk.root / ".local/data/front.db") as store:
        due = "2000-01-01T00:00:00.000000Z"
        store.execute("UPDATE timers SET due_at = ? WHERE handler LIKE 'policy:%'", (due,))
    desk.project.make("up", PROCESSES="each")
    clerk = desk.clerk()
    for ticket in desk.tickets:
        clerk.eventually(desk.path(f"tickets/{ticket}"), None, 60.0, reminded=1)


def test_nothing_became_a_dead_letter(desk: Desk) -> None:
    assert not [key for key in desk.project.messages() if key[1] == "DeadLetter"]


def test_the_renames_of_the_readme_work_on_a_shop_with_data(tmp_path: Path) -> None:
    """An order that was shipped is read as before, and its saga does not start again."""
    shop = generate("shop", tmp_path)
    try:
        shop.make("up")
        customer, order = place(shop, "19.90", "shipped")
        before = shop.messages()
        shop.make("down")
        shop.meshgen("rename", "order.OrderShipped", "OrderSent")
        shop.meshgen("rename", "order.Checkout", "Purchase")
        shop.make("up")
        for _ in range(3):
            place(shop, "19.90", "shipped")
        caller = System.running(shop.root).caller("customer", sub=customer)
        found = caller.get(f"/orders/{order}")
        assert (found["status"], found["total"]) == ("shipped", "39.80")
        after = shop.messages()
        assert {k: n for k, n in after.items() if k[0] == order} == {
            k: n for k, n in before.items() if k[0] == order
        }
        assert not [key for key in after if key[1] == "DeadLetter"]
    finally:
        shop.run("down")
