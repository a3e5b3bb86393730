"""A second service, which follows the wallets, and a front, for the tests of traces."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from chassis.bff import Answer, Backends, Bff, Router
from chassis.domain import Context
from chassis.messages import Catalog, Command, Event, MessageType
from chassis.service import Service, StateStored, on

from .wallets import MESSAGES, WalletOpened


class PrintCard(Command):
    wallet_id: UUID


class CardPrinted(Event):
    wallet_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    wallet_id: UUID


def decide(command: PrintCard, card: Card | None, context: Context) -> Iterator[CardPrinted]:
    yield CardPrinted(wallet_id=command.wallet_id)


def evolve(card: Card | None, event: CardPrinted) -> Card:
    return Card(wallet_id=event.wallet_id)


def print_card(event: WalletOpened) -> PrintCard:
    return PrintCard(wallet_id=event.wallet_id)


CARDS = Catalog(
    system=MESSAGES.system,
    messages=(
        *MESSAGES.messages,
        *(
            MessageType(
                model,
                name=f"bank.cards.{model.__name__}.v1",
                topic=f"bank.cards.{topic}",
                subject="wallet_id",
            )
            for model, topic in ((PrintCard, "commands"), (CardPrinted, "events"))
        ),
    ),
    partitions=MESSAGES.partitions,
    retention=MESSAGES.retention,
)

service = Service(
    name="cards",
    messages=CARDS,
    aggregates=(StateStored(Card, decide=decide, evolve=evolve, id="wallet_id"),),
    policies=(on(WalletOpened, print_card),),
)

router = Router()


class Wallet(Answer):
    wallet_id: UUID


@router.get("/wallets/{wallet_id}")
async def wallet(wallet_id: UUID, backends: Backends) -> Wallet:
    return await backends.get(Wallet, "wallet", f"/wallets/{wallet_id}")


bff = Bff(name="web", calls=("wallet",), routers=(router,))
