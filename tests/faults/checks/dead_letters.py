"""The dead letters are those that were put there."""

from __future__ import annotations

from collections.abc import Iterator

from tests.faults.checks.finding import Finding
from tests.faults.ledger import Ledger
from tests.faults.snapshot import Snapshot


def were_put_there(ledger: Ledger, snapshot: Snapshot) -> Iterator[Finding]:
    """Every dead letter is poison of ours, and all our poison is a dead letter."""
    poison = set(ledger.poison)
    for letter in snapshot.dead_letters:
        if letter.message not in poison:
            yield Finding("no message becomes a dead letter", letter.group, letter.reason)
    for text in poison - {letter.message for letter in snapshot.dead_letters}:
        yield Finding("poison becomes a dead letter", text, "there is none")
