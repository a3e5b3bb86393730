"""A saga that runs several times for one key, and commands for which there is nothing to do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeAlias
from uuid import UUID, uuid4

import pytest
from chassis.domain import Context, existing, require
from chassis.messages import Catalog, Command, Event, MessageType
from chassis.runtime import ServiceRuntime
from chassis.saga import OnFailure, Saga, Step
from chassis.saga.instance import Instance, Status
from chassis.service import Service, StateStored

from .running import Running, do, eventually


class CheckOut(Command):
    cart_id: UUID


class FinishCheckout(Command):
    cart_id: UUID


class AbortCheckout(Command):
    cart_id: UUID


class CheckedOut(Event):
    cart_id: UUID


class CheckoutFinished(Event):
    cart_id: UUID


class CheckoutAborted(Event):
    cart_id: UUID


class OpenAccount(Command):
    account_id: UUID


class CloseAccount(Command):
    account_id: UUID


class AccountOpened(Event):
    account_id: UUID


class AccountClosed(Event):
    account_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Cart:
    cart_id: UUID
    checkouts: int = 0
    open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    account_id: UUID
    open: bool


CartCommand: TypeAlias = CheckOut | FinishCheckout | AbortCheckout
CartEvent: TypeAlias = CheckedOut | CheckoutFinished | CheckoutAborted
AccountCommand: TypeAlias = OpenAccount | CloseAccount
AccountEvent: TypeAlias = AccountOpened | AccountClosed


def decide_cart(command: CartCommand, cart: Cart | None, context: Context) -> Iterator[CartEvent]:
    match command:
        case CheckOut():
            yield CheckedOut(cart_id=command.cart_id)
        case FinishCheckout():
            require(existing(cart).checkouts < 3, "cart_has_no_more_checkouts")
            yield CheckoutFinished(cart_id=command.cart_id)
        case AbortCheckout() if existing(cart).open:
            yield CheckoutAborted(cart_id=command.cart_id)


def evolve_cart(cart: Cart | None, event: CartEvent) -> Cart:
    if isinstance(event, CheckedOut):
        cart = cart or Cart(cart_id=event.cart_id)
        return replace(cart, checkouts=cart.checkouts + 1, open=True)
    return replace(existing(cart), open=False)


def decide_account(
    command: AccountCommand, account: Account | None, context: Context
) -> Iterator[AccountEvent]:
    """Open or close the account, if that is not done already."""
    match command:
        case OpenAccount() if account is None or not account.open:
            yield AccountOpened(account_id=command.account_id)
        case CloseAccount() if account is not None and account.open:
            yield AccountClosed(account_id=command.account_id)


def evolve_account(account: Account | None, event: AccountEvent) -> Account:
    return Account(account_id=event.account_id, open=isinstance(event, AccountOpened))


CHECKOUT = Saga(
    name="checkout",
    starts_on=CheckedOut,
    id="cart_id",
    steps=(
        Step(
            do=lambda event: OpenAccount(account_id=event.cart_id),
            done=AccountOpened,
            undo=lambda event: CloseAccount(account_id=event.cart_id),
            undone=AccountClosed,
        ),
        Step(do=lambda event: FinishCheckout(cart_id=event.cart_id), done=CheckoutFinished),
    ),
    on_failure=OnFailure(
        do=lambda event, _: AbortCheckout(cart_id=event.cart_id), done=CheckoutAborted
    ),
)


def catalog() -> Catalog:
    system = f"t{uuid4().hex[:10]}"

    def types(service: str, subject: str, *models: type[Command | Event]) -> Iterator[MessageType]:
        for model in models:
            what = "commands" if issubclass(model, Command) else "events"
            name, topic = f"{system}.{service}.{model.__name__}.v1", f"{system}.{service}.{what}"
            yield MessageType(model, name=name, topic=topic, subject=subject)

    events = CheckedOut, CheckoutFinished, CheckoutAborted
    return Catalog(
        system=system,
        messages=(
            *types("cart", "cart_id", CheckOut, FinishCheckout, AbortCheckout, *events),
            *types("account", "account_id", OpenAccount, CloseAccount),
            *types("account", "account_id", AccountOpened, AccountClosed),
        ),
        partitions=3,
        retention=timedelta(days=1),
    )


def services(messages: Catalog) -> tuple[Service, Service]:
    carts = StateStored(Cart, decide=decide_cart, evolve=evolve_cart, id="cart_id")
    accounts = StateStored(Account, decide=decide_account, evolve=evolve_account, id="account_id")
    return (
        Service(name="cart", messages=messages, aggregates=(carts,), sagas=(CHECKOUT,)),
        Service(name="account", messages=messages, aggregates=(accounts,)),
    )


@dataclass
class Carts:
    running: Running
    carts: ServiceRuntime
    accounts: ServiceRuntime

    async def check_out(self, cart: UUID) -> None:
        await do(self.carts, CheckOut(cart_id=cart))

    async def instances(self, count: int) -> tuple[Instance, ...]:
        """The instances, once so many have ended."""
        return await eventually(
            lambda: self.running.instances("cart", CHECKOUT),
            lambda found: len(found) == count and all(each.ended for each in found),
        )

    async def published(self) -> list[str]:
        return [each.type.split(".")[-2] for each in await self.running.published()]


@pytest.fixture
async def carts(nats_server: Any, tmp_path: Path) -> AsyncIterator[Carts]:
    messages = catalog()
    cart, account = services(messages)
    async with Running(nats_server.url, messages, tmp_path) as running:
        yield Carts(running, await running.service(cart), await running.service(account))


async def test_a_cart_is_checked_out_twice(carts: Carts) -> None:
    """The account is open the second time: that is an answer, too, and the saga goes on."""
    cart = uuid4()
    await carts.check_out(cart)
    await carts.instances(1)
    await carts.check_out(cart)
    one, two = await carts.instances(2)
    assert [each.status for each in (one, two)] == [Status.COMPLETED] * 2
    assert (one.key, two.key) == (str(cart), str(cart))
    names = await carts.published()
    assert names.count("OpenAccount") == names.count("CheckoutFinished") == 2
    assert names.count("AccountOpened") == names.count("CommandHandled") == 1


async def test_a_cart_is_checked_out_twice_at_once(carts: Carts) -> None:
    cart = uuid4()
    await carts.check_out(cart)
    await carts.check_out(cart)
    instances = await carts.instances(2)
    assert [each.status for each in instances] == [Status.COMPLETED] * 2
    found = await carts.carts.read(Cart, cart, None)
    assert found is not None
    assert found.version == 4


async def test_later_checkouts_fail_and_are_compensated(carts: Carts) -> None:
    """The third checkout fails, and the fourth: each closes the account that it has opened."""
    cart = uuid4()
    for number in range(1, 5):
        await carts.check_out(cart)
        instances = await carts.instances(number)
    statuses = [Status.COMPLETED, Status.COMPLETED, Status.FAILED, Status.FAILED]
    assert [each.status for each in instances] == statuses
    account = await carts.accounts.read(Account, cart, None)
    assert account is not None
    assert not account.state.open
    found = await carts.carts.read(Cart, cart, None)
    assert found is not None
    assert (found.state.open, found.state.checkouts) == (False, 4)
