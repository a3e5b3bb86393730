"""A small domain for the tests of this folder: wallets, and a read model of their balances."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, TypeAlias, assert_never
from uuid import UUID

from chassis.domain import Context, existing, require, require_new
from chassis.http import find, get, post, search
from chassis.messages import Catalog, Command, Event, MessageType, Value
from chassis.projection import Key, Projection
from chassis.saga import OnFailure, Saga, Step
from chassis.service import Service, StateStored, on
from pydantic import Field


class Currency(StrEnum):
    EUR = "eur"
    CHF = "chf"


class Note(Value):
    text: Annotated[str, Field(max_length=20)]
    pages: int = 1
    weight: float = 0.0
    secret: bool = False
    written: date | None = None


class OpenWallet(Command):
    """Open a wallet for somebody."""

    wallet_id: UUID
    owner_id: UUID
    currency: Currency


class PayIn(Command):
    wallet_id: UUID
    amount: Annotated[Decimal, Field(gt=0)]
    notes: tuple[Note, ...] = ()


class CloseWallet(Command):
    wallet_id: UUID


class WalletOpened(Event):
    wallet_id: UUID
    owner_id: UUID
    currency: Currency


class PaidIn(Event):
    wallet_id: UUID
    amount: Decimal


class WalletClosed(Event):
    wallet_id: UUID


class ReopenWallet(Command):
    wallet_id: UUID
    reason: str


class WalletReopened(Event):
    wallet_id: UUID
    reason: str


class PrintStatement(Command):
    """Of another service."""

    wallet_id: UUID


class StatementPrinted(Event):
    """Of another service."""

    wallet_id: UUID


class DiscardStatement(Command):
    """Of another service."""

    wallet_id: UUID


class StatementDiscarded(Event):
    """Of another service."""

    wallet_id: UUID


class GiftSent(Event):
    """Of another service: a gift is paid into a wallet."""

    gift_id: UUID
    wallet_id: UUID
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Wallet:
    wallet_id: UUID
    owner_id: UUID
    currency: Currency
    balance: Decimal
    closed: bool


WalletCommand: TypeAlias = OpenWallet | PayIn | CloseWallet | ReopenWallet
WalletEvent: TypeAlias = WalletOpened | PaidIn | WalletClosed | WalletReopened


def decide(
    command: WalletCommand, wallet: Wallet | None, context: Context
) -> Iterator[WalletEvent]:
    match command:
        case OpenWallet():
            require_new(wallet)
            yield WalletOpened(
                wallet_id=command.wallet_id, owner_id=command.owner_id, currency=command.currency
            )
        case PayIn():
            wallet = existing(wallet)
            require(not wallet.closed, "wallet_is_open")
            yield PaidIn(wallet_id=wallet.wallet_id, amount=command.amount)
        case CloseWallet():
            wallet = existing(wallet)
            require(not wallet.closed, "wallet_is_open")
            yield WalletClosed(wallet_id=wallet.wallet_id)
        case ReopenWallet():
            wallet = existing(wallet)
            yield WalletReopened(wallet_id=wallet.wallet_id, reason=command.reason)
        case _:
            assert_never(command)


def evolve(wallet: Wallet | None, event: WalletEvent) -> Wallet:
    match event:
        case WalletOpened():
            return Wallet(
                wallet_id=event.wallet_id,
                owner_id=event.owner_id,
                currency=event.currency,
                balance=Decimal(0),
                closed=False,
            )
        case PaidIn():
            wallet = existing(wallet)
            return replace(wallet, balance=wallet.balance + event.amount)
        case WalletClosed():
            return replace(existing(wallet), closed=True)
        case WalletReopened():
            return replace(existing(wallet), closed=False)
        case _:
            assert_never(event)


def pay_gift_in(event: GiftSent) -> PayIn:
    return PayIn(wallet_id=event.wallet_id, amount=event.amount)


def close_old_wallet(event: WalletOpened) -> CloseWallet:
    return CloseWallet(wallet_id=event.wallet_id)


def print_statement(event: WalletClosed) -> PrintStatement:
    return PrintStatement(wallet_id=event.wallet_id)


def discard_statement(event: WalletClosed) -> DiscardStatement:
    return DiscardStatement(wallet_id=event.wallet_id)


def reopen(event: WalletClosed, failure: str) -> ReopenWallet:
    return ReopenWallet(wallet_id=event.wallet_id, reason=failure)


closing = Saga(
    name="closing",
    starts_on=WalletClosed,
    id="wallet_id",
    deadline=timedelta(hours=1),
    steps=(
        Step(
            do=print_statement,
            done=StatementPrinted,
            undo=discard_statement,
            undone=StatementDiscarded,
        ),
    ),
    on_failure=OnFailure(do=reopen, done=WalletReopened),
)

EVENTS, COMMANDS = "bank.wallet.events", "bank.wallet.commands"
MESSAGES = Catalog(
    system="bank",
    messages=(
        *(
            MessageType(m, name=f"bank.wallet.{m.__name__}.v1", topic=EVENTS, subject="wallet_id")
            for m in (WalletOpened, PaidIn, WalletClosed, WalletReopened)
        ),
        *(
            MessageType(m, name=f"bank.wallet.{m.__name__}.v1", topic=COMMANDS, subject="wallet_id")
            for m in (OpenWallet, PayIn, CloseWallet, ReopenWallet)
        ),
        *(
            MessageType(
                m,
                name=f"bank.printer.{m.__name__}.v1",
                topic=f"bank.printer.{topic}",
                subject="wallet_id",
            )
            for m, topic in (
                (PrintStatement, "commands"),
                (DiscardStatement, "commands"),
                (StatementPrinted, "events"),
                (StatementDiscarded, "events"),
            )
        ),
        MessageType(
            GiftSent, name="bank.gift.GiftSent.v1", topic="bank.gift.events", subject="gift_id"
        ),
    ),
    partitions=2,
    retention=timedelta(days=1),
)

service = Service(
    name="wallet",
    messages=MESSAGES,
    aggregates=(
        StateStored(Wallet, decide=decide, evolve=evolve, id="wallet_id", owner="owner_id"),
    ),
    policies=(
        on(GiftSent, pay_gift_in),
        on(WalletOpened, close_old_wallet, after=timedelta(days=365)),
    ),
    sagas=(closing,),
    routes=(
        post("/wallets/open-wallet", OpenWallet, roles=("customer",)),
        post(
            "/wallets/{wallet_id}/pay-in",
            PayIn,
            roles=("customer", "clerk"),
            rules=("wallet_is_open",),
        ),
        post("/wallets/{wallet_id}/close-wallet", CloseWallet, upserts=True),
        get("/wallets/{wallet_id}", Wallet),
        search("/list-wallets", Wallet, filter=("currency", "closed"), sort=("balance",), page=10),
        search("/my-wallets", Wallet, by=("owner_id",), owner="owner_id", sort=("wallet_id",)),
        find("/wallet-of", Wallet, by=("wallet_id",), owner="owner_id", live=True),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceRow:
    wallet_id: UUID
    balance: Decimal


def project(row: BalanceRow | None, event: WalletOpened | PaidIn) -> BalanceRow:
    match event:
        case WalletOpened():
            return BalanceRow(wallet_id=event.wallet_id, balance=Decimal(0))
        case PaidIn():
            row = existing(row)
            return replace(row, balance=row.balance + event.amount)
        case _:
            assert_never(event)


projection = Projection(
    name="balances",
    messages=MESSAGES,
    row=BalanceRow,
    project=project,
    id="wallet_id",
    key=Key(partition=("wallet_id",)),
    routes=(
        search("/balances", BalanceRow, filter=("balance",), sort=("-balance",), page=5, live=True),
        find("/balance-of", BalanceRow, by=("wallet_id",)),
    ),
)
