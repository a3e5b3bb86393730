"""A small domain for the tests: products, orders, stock and payments."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Protocol, TypeAlias, assert_never
from uuid import UUID

from chassis.domain import Context, Question, existing, require, require_new
from chassis.messages import Catalog, Command, Event, Message, MessageType, Value
from chassis.projection import Key, Projection
from chassis.saga import FanOut, OnFailure, Saga, Step
from chassis.service import EventSourced, Replica, Service, StateStored, answered_by
from pydantic import Field

# --- messages ----------------------------------------------------------------------------------


class Line(Value):
    product_id: UUID
    quantity: Annotated[int, Field(ge=1)]


class ListProduct(Command):
    product_id: UUID
    name: Annotated[str, Field(min_length=1)]
    price: Decimal


class ChangePrice(Command):
    product_id: UUID
    price: Decimal


class ProductListed(Event):
    product_id: UUID
    name: str
    price: Decimal


class PriceChanged(Event):
    product_id: UUID
    price: Decimal


class PlaceOrder(Command):
    order_id: UUID
    customer_id: UUID
    lines: list[Line]


class ConfirmOrder(Command):
    order_id: UUID


class CancelOrder(Command):
    order_id: UUID
    reason: str


class OrderPlaced(Event):
    order_id: UUID
    customer_id: UUID
    lines: list[Line]
    total: Decimal
    placed_at: datetime


class OrderConfirmed(Event):
    order_id: UUID


class OrderCancelled(Event):
    order_id: UUID
    reason: str


class ReceiveStock(Command):
    product_id: UUID
    quantity: int


class ReserveStock(Command):
    product_id: UUID
    order_id: UUID
    quantity: int


class ReleaseStock(Command):
    product_id: UUID
    order_id: UUID


class StockReceived(Event):
    product_id: UUID
    quantity: int


class StockReserved(Event):
    product_id: UUID
    order_id: UUID
    quantity: int


class StockRejected(Event):
    product_id: UUID
    order_id: UUID


class StockReleased(Event):
    product_id: UUID
    order_id: UUID


class CapturePayment(Command):
    order_id: UUID
    customer_id: UUID
    amount: Decimal


class RefundPayment(Command):
    order_id: UUID


class PaymentCaptured(Event):
    order_id: UUID
    customer_id: UUID
    amount: Decimal


class PaymentDeclined(Event):
    order_id: UUID
    customer_id: UUID
    amount: Decimal
    reason: str


class PaymentRefunded(Event):
    order_id: UUID


def catalog(system: str, partitions: int = 3) -> Catalog:
    """The catalog, under a system name of the test's own."""

    def types(service: str, subject: str, *models: type[Message]) -> Iterator[MessageType]:
        for model in models:
            what = "commands" if issubclass(model, Command) else "events"
            yield MessageType(
                model,
                name=f"{system}.{service}.{model.__name__}.v1",
                topic=f"{system}.{service}.{what}",
                subject=subject,
            )

    return Catalog(
        system=system,
        messages=(
            *types("product", "product_id", ListProduct, ChangePrice, ProductListed, PriceChanged),
            *types("order", "order_id", PlaceOrder, ConfirmOrder, CancelOrder),
            *types("order", "order_id", OrderPlaced, OrderConfirmed, OrderCancelled),
            *types("stock", "product_id", ReceiveStock, ReserveStock, ReleaseStock),
            *types("stock", "product_id", StockReceived, StockReserved, StockRejected),
            *types("stock", "product_id", StockReleased),
            *types("payment", "order_id", CapturePayment, PaymentCaptured, PaymentDeclined),
            *types("payment", "order_id", RefundPayment, PaymentRefunded),
        ),
        partitions=partitions,
        retention=timedelta(days=1),
    )


# --- product: state-stored ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    product_id: UUID
    name: str
    price: Decimal
    listed: bool = True


ProductCommand: TypeAlias = ListProduct | ChangePrice
ProductEvent: TypeAlias = ProductListed | PriceChanged


def decide_product(
    command: ProductCommand, product: Product | None, context: Context
) -> Iterator[ProductEvent]:
    match command:
        case ListProduct():
            require_new(product)
            yield ProductListed(
                product_id=command.product_id, name=command.name, price=command.price
            )
        case ChangePrice():
            product = existing(product)
            require(command.price >= 0, "price_is_not_negative")
            yield PriceChanged(product_id=product.product_id, price=command.price)
        case _:
            assert_never(command)


def evolve_product(product: Product | None, event: ProductEvent) -> Product:
    match event:
        case ProductListed():
            return Product(product_id=event.product_id, name=event.name, price=event.price)
        case PriceChanged():
            return replace(existing(product), price=event.price)
        case _:
            assert_never(event)


def product_service(messages: Catalog) -> Service:
    return Service(
        name="product",
        messages=messages,
        aggregates=(
            StateStored(Product, decide=decide_product, evolve=evolve_product, id="product_id"),
        ),
    )


# --- order: event-sourced, with a replica, a saga and a policy after a time ---------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    order_id: UUID
    customer_id: UUID
    total: Decimal
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductCopy:
    product_id: UUID
    price: Decimal


OrderCommand: TypeAlias = PlaceOrder | ConfirmOrder | CancelOrder
OrderEvent: TypeAlias = OrderPlaced | OrderConfirmed | OrderCancelled


def decide_order(
    command: OrderCommand, order: Order | None, context: Context
) -> Iterator[OrderEvent]:
    match command:
        case PlaceOrder():
            require_new(order)
            yield OrderPlaced(
                order_id=command.order_id,
                customer_id=command.customer_id,
                lines=command.lines,
                total=sum(
                    (
                        line.quantity * context.get(ProductCopy, line.product_id).price
                        for line in command.lines
                    ),
                    Decimal(0),
                ),
                placed_at=context.now,
            )
        case ConfirmOrder():
            order = existing(order)
            require(order.status == "placed", "order_is_open")
            yield OrderConfirmed(order_id=order.order_id)
        case CancelOrder():
            order = existing(order)
            require(order.status == "placed", "order_is_open")
            yield OrderCancelled(order_id=order.order_id, reason=command.reason)
        case _:
            assert_never(command)


def evolve_order(order: Order | None, event: OrderEvent) -> Order:
    match event:
        case OrderPlaced():
            return Order(
                order_id=event.order_id,
                customer_id=event.customer_id,
                total=event.total,
                status="placed",
            )
        case OrderConfirmed():
            return replace(existing(order), status="confirmed")
        case OrderCancelled():
            return replace(existing(order), status="cancelled")
        case _:
            assert_never(event)


def copy_product(copy: ProductCopy | None, event: ProductListed | PriceChanged) -> ProductCopy:
    return ProductCopy(product_id=event.product_id, price=event.price)


def reserve_stock(order: OrderPlaced, line: Line) -> ReserveStock:
    return ReserveStock(product_id=line.product_id, order_id=order.order_id, quantity=line.quantity)


def release_stock(order: OrderPlaced, line: Line) -> ReleaseStock:
    return ReleaseStock(product_id=line.product_id, order_id=order.order_id)


def capture_payment(order: OrderPlaced) -> CapturePayment:
    return CapturePayment(
        order_id=order.order_id, customer_id=order.customer_id, amount=order.total
    )


def refund_payment(order: OrderPlaced) -> RefundPayment:
    return RefundPayment(order_id=order.order_id)


def confirm_order(order: OrderPlaced) -> ConfirmOrder:
    return ConfirmOrder(order_id=order.order_id)


def cancel_order(order: OrderPlaced, failure: str) -> CancelOrder:
    return CancelOrder(order_id=order.order_id, reason=failure)


def checkout(deadline: timedelta | None = timedelta(minutes=15)) -> Saga[OrderPlaced]:
    return Saga(
        name="checkout",
        starts_on=OrderPlaced,
        id="order_id",
        deadline=deadline,
        steps=(
            FanOut(
                each=lambda order: order.lines,
                do=reserve_stock,
                done=StockReserved,
                failed=StockRejected,
                undo=release_stock,
                undone=StockReleased,
            ),
            Step(
                do=capture_payment,
                done=PaymentCaptured,
                failed=PaymentDeclined,
                undo=refund_payment,
                undone=PaymentRefunded,
            ),
            Step(do=confirm_order, done=OrderConfirmed),
        ),
        on_failure=OnFailure(do=cancel_order, done=OrderCancelled),
    )


def order_service(messages: Catalog, *sagas: Saga[OrderPlaced]) -> Service:
    return Service(
        name="order",
        messages=messages,
        aggregates=(
            EventSourced(
                Order,
                decide=decide_order,
                evolve=evolve_order,
                id="order_id",
                owner="customer_id",
            ),
        ),
        replicas=(Replica(ProductCopy, evolve=copy_product, id="product_id"),),
        sagas=sagas,
    )


# --- stock --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class StockItem:
    product_id: UUID
    on_hand: int
    reservations: Mapping[UUID, int] = field(default_factory=dict)


StockCommand: TypeAlias = ReceiveStock | ReserveStock | ReleaseStock
StockEvent: TypeAlias = StockReceived | StockReserved | StockRejected | StockReleased


def decide_stock(
    command: StockCommand, item: StockItem | None, context: Context
) -> Iterator[StockEvent]:
    match command:
        case ReceiveStock():
            yield StockReceived(product_id=command.product_id, quantity=command.quantity)
        case ReserveStock():
            item = existing(item)
            if item.on_hand - sum(item.reservations.values()) >= command.quantity:
                yield StockReserved(**command.model_dump())
            else:
                yield StockRejected(product_id=command.product_id, order_id=command.order_id)
        case ReleaseStock():
            item = existing(item)
            require(command.order_id in item.reservations, "stock_is_reserved")
            yield StockReleased(product_id=command.product_id, order_id=command.order_id)
        case _:
            assert_never(command)


def evolve_stock(item: StockItem | None, event: StockEvent) -> StockItem:
    match event:
        case StockReceived():
            item = item or StockItem(product_id=event.product_id, on_hand=0)
            return replace(item, on_hand=item.on_hand + event.quantity)
        case StockReserved():
            item = existing(item)
            return replace(item, reservations={**item.reservations, event.order_id: event.quantity})
        case StockRejected():
            return existing(item)
        case StockReleased():
            item = existing(item)
            kept = {k: v for k, v in item.reservations.items() if k != event.order_id}
            return replace(item, reservations=kept)
        case _:
            assert_never(event)


def stock_service(messages: Catalog) -> Service:
    return Service(
        name="stock",
        messages=messages,
        aggregates=(
            StateStored(StockItem, decide=decide_stock, evolve=evolve_stock, id="product_id"),
        ),
    )


# --- payment: asks a port ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    order_id: UUID
    customer_id: UUID
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorization:
    approved: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorize(Question[Authorization]):
    order_id: UUID
    amount: Decimal


class PaymentProvider(Protocol):
    async def authorize(self, question: Authorize) -> Authorization: ...


@dataclass(frozen=True)
class Adapter:
    """An adapter that is a function."""

    function: Callable[[Authorize], Awaitable[Authorization]]

    async def authorize(self, question: Authorize) -> Authorization:
        return await self.function(question)


async def authorize_up_to_1000(question: Authorize) -> Authorization:
    approved = question.amount <= 1000
    return Authorization(approved=approved, reason="" if approved else "limit exceeded")


PaymentCommand: TypeAlias = CapturePayment | RefundPayment
PaymentEvent: TypeAlias = PaymentCaptured | PaymentDeclined | PaymentRefunded


def decide_payment(
    command: PaymentCommand, payment: Payment | None, context: Context
) -> Iterator[PaymentEvent]:
    match command:
        case CapturePayment():
            require_new(payment)
            question = Authorize(order_id=command.order_id, amount=command.amount)
            authorization = context.ask(question)
            if authorization.approved:
                yield PaymentCaptured(**command.model_dump())
            else:
                yield PaymentDeclined(**command.model_dump(), reason=authorization.reason)
        case RefundPayment():
            require(existing(payment).status == "captured", "payment_is_captured")
            yield PaymentRefunded(order_id=command.order_id)
        case _:
            assert_never(command)


def evolve_payment(payment: Payment | None, event: PaymentEvent) -> Payment:
    match event:
        case PaymentCaptured() | PaymentDeclined():
            status = "captured" if isinstance(event, PaymentCaptured) else "declined"
            return Payment(order_id=event.order_id, customer_id=event.customer_id, status=status)
        case PaymentRefunded():
            return replace(existing(payment), status="refunded")
        case _:
            assert_never(event)


def payment_service(
    messages: Catalog,
    authorize: Callable[[Authorize], Awaitable[Authorization]] = authorize_up_to_1000,
) -> Service:
    @asynccontextmanager
    async def opened() -> AsyncIterator[PaymentProvider]:
        yield Adapter(authorize)

    return Service(
        name="payment",
        messages=messages,
        aggregates=(
            StateStored(Payment, decide=decide_payment, evolve=evolve_payment, id="order_id"),
        ),
        ports=(answered_by(PaymentProvider, opened),),
    )


# --- reminder: policies for its own commands, for others', and after a time -----------------------


def remind(event: OrderPlaced) -> CancelOrder:
    return CancelOrder(order_id=event.order_id, reason="nobody paid")


def receive_one_of_each(event: OrderPlaced) -> Iterator[ReceiveStock]:
    for line in event.lines:
        yield ReceiveStock(product_id=line.product_id, quantity=1)


def receive_first_stock(event: ProductListed) -> ReceiveStock:
    return ReceiveStock(product_id=event.product_id, quantity=10)


# --- projections -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    order_id: UUID
    customer_id: UUID
    placed_at: datetime
    total: Decimal
    status: str


def project_order(row: OrderRow | None, event: OrderEvent) -> OrderRow | None:
    match event:
        case OrderPlaced():
            return OrderRow(
                order_id=event.order_id,
                customer_id=event.customer_id,
                placed_at=event.placed_at,
                total=event.total,
                status="placed",
            )
        case OrderConfirmed():
            return replace(existing(row), status="confirmed")
        case OrderCancelled():
            return None
        case _:
            assert_never(event)


def order_history(messages: Catalog) -> Projection[OrderRow, OrderEvent]:
    return Projection(
        name="order_history",
        messages=messages,
        row=OrderRow,
        project=project_order,
        id="order_id",
        key=Key(partition=("customer_id",), cluster=("-placed_at", "order_id")),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceRow:
    product_id: UUID
    price: Decimal
    changes: int


def project_price(row: PriceRow | None, event: ProductListed | PriceChanged) -> PriceRow:
    changes = row.changes + 1 if row else 0
    return PriceRow(product_id=event.product_id, price=event.price, changes=changes)


def prices(
    messages: Catalog,
    project: Callable[[PriceRow | None, Any], PriceRow | None] = project_price,
) -> Projection[PriceRow, Any]:
    return Projection(
        name="prices",
        messages=messages,
        row=PriceRow,
        project=project,
        id="product_id",
        key=Key(partition=("product_id",)),
    )
