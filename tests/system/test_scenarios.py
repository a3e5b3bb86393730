"""Scenarios as the lines of a test."""

from meshgen.spec.check import check_text
from meshgen.system.index import index
from meshgen.system.lower.scenarios import scenario_view

SPEC = """
meshgen: 1
name: lab
types: {Line: {account_id: uuid, amount: decimal}}
services:
  ledger:
    store: sqlite
    aggregates:
      Entry:
        id: entry_id
        state: {lines: "list[Line]", by: uuid}
        events: {EntryPosted: {lines: "list[Line]", by: uuid}}
        commands:
          PostEntry: {roles: [teller], input: {lines: "list[Line]", by: uuid}, creates: EntryPosted}
    queries: {Entries: {of: Entry, filter: [by], page: 20, roles: [head-teller]}}
gateway: {auth: {issuer: "https://id.lab.example", audience: lab}}
scenarios:
  an entry is posted:
    - as: teller
      do: ledger.PostEntry
      with: {lines: "[Line(account_id=caller, amount=5)]", by: caller}
      keep: entry
    - as: head-teller
      see: ledger.Entries
      of: {by: "entry if entry != caller else caller"}
      with: {lines: "[Line(account_id=caller, amount=x) for x in [1]]"}
"""


def test_the_caller_is_known_inside_an_expression() -> None:
    spec, findings = check_text("spec.yaml", SPEC)
    assert spec is not None, findings
    lines = scenario_view(spec.scenarios[0], index(spec)).lines
    assert lines == (
        'entry = teller.post("/entries",'
        " lines=[Line(account_id=teller.id, amount=Decimal(5))], by=teller.id)"
        '["entry_id"]',
        'head_teller.eventually("/entries",'
        ' {"by": entry if entry != head_teller.id else head_teller.id},'
        " lines=[Line(account_id=head_teller.id, amount=Decimal(x)) for x in [1]])",
    )
