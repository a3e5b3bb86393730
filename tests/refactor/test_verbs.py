"""Names of commands that follow from names of events."""

from __future__ import annotations

import re

import pytest

from meshgen.naming import snake
from meshgen.refactor.inflection import command_of, infinitive, participle_of

# What people call what happens in a business; the participle is spelt out where it is irregular.
VERBS = """
accept acquire activate add admit:admitted allocate apply:applied approve archive assign attach
audit authorize bill book borrow buy:bought calculate call cancel:cancelled capture change
charge check claim clean clear close collect combine commit:committed compile complete confirm
copy:copied create credit declare decline define delay delete deliver deny:denied deposit
describe dispatch distribute draft drop:dropped edit enable enqueue enter escalate estimate
evaluate execute expire explain extend fail file finish fix handle hire hold:held ignore include
initiate invite invoice issue join leave:left lend:lent link list load lock log:logged mail
map:mapped mark measure merge monitor move name notify:notified occur:occurred open order pack
pay:paid perform pick place plan:planned prepare process promote provide publish purchase
put:put quote rate recall receive record refund register reject release remove rename renew
reopen repair replace report require reserve resolve restore retry:retried return reveal review
revoke route scale scan:scanned schedule sell:sold send:sent settle share ship:shipped sign
split:split start step:stepped stop:stopped store submit:submitted subscribe supply:supplied
suspend tag:tagged take:taken train transfer:transferred trigger try:tried unlock unsubscribe
update upgrade upload use validate verify:verified visit vote withdraw:withdrawn write:written
"""


def participle(verb: str) -> tuple[str, str]:
    base, _, irregular = verb.partition(":")
    if irregular:
        return base, irregular
    return base, base + ("d" if base.endswith("e") else "ed")


@pytest.mark.parametrize(("verb", "done"), [participle(v) for v in re.split(r"\s+", VERBS.strip())])
def test_a_participle_leads_back_to_its_verb(verb: str, done: str) -> None:
    assert infinitive(done) == verb


@pytest.mark.parametrize("word", ["Order", "shelf", "Red", "Bed", "Out", "Parcel"])
def test_what_is_no_participle(word: str) -> None:
    assert infinitive(word) is None


@pytest.mark.parametrize(
    ("event", "command", "done"),
    [
        ("ParcelDispatched", "DispatchParcel", "dispatched"),
        ("StockItemReserved", "ReserveStockItem", "reserved"),
        ("ItemTakenOut", "TakeOutItem", "taken_out"),
        ("CartCheckedOut", "CheckOutCart", "checked_out"),
        ("OrderRepaid", "RepayOrder", "repaid"),
        ("ParcelArrival", "RecordParcelArrival", "parcel_arrival"),
        ("Paid", "RecordPaid", "paid"),
        ("VATPaid", "PayVAT", "paid"),
    ],
)
def test_commands_follow_from_events(event: str, command: str, done: str) -> None:
    assert (command_of(event), participle_of(event)) == (command, done)


def test_words_of_a_name() -> None:
    assert [snake(name) for name in ("StockItem", "VATRate", "B2B")] == [
        "stock_item",
        "vat_rate",
        "b2_b",
    ]
