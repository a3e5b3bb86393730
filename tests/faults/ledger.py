"""What the load driver was answered: the promises that the checker holds the shop to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum


class Answer(StrEnum):
    """How a command was answered in the end."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"  # it was never answered: it may have been carried out, or not


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Some of a product."""

    product: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """One cart, put together and checked out by a customer of its own."""

    customer: str
    lines: tuple[Line, ...]
    answer: Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Stock that arrived."""

    line: Line
    answer: Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Pricing:
    """A price given to a product; those of one product were sent one after the other."""

    product: str
    price: Decimal
    answer: Answer


@dataclass(slots=True)
class Ledger:
    """Everything that was asked of the shop, in the order of the answers.

    Attributes:
        purchases: The carts.
        receipts: The stock that arrived.
        prices: The prices, with which a product was listed and later ones.
        poison: The messages that nothing can decode; they were published on purpose.
        refusals: The answers that no command should have got, as text, and how often.
        attempts: How often each status was answered; 0 is no answer.
    """

    purchases: list[Purchase] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    prices: list[Pricing] = field(default_factory=list)
    poison: list[str] = field(default_factory=list)
    refusals: Counter[str] = field(default_factory=Counter)
    attempts: Counter[int] = field(default_factory=Counter)
