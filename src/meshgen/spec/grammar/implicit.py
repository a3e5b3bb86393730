"""Types, and the names that are there without being declared: what no key says."""

from __future__ import annotations

from dataclasses import dataclass

from meshgen.spec.grammar.shapes import Example


@dataclass(frozen=True, slots=True)
class TypeEntry:
    """A type: how it is written, what its values are, how a value is written in an expression."""

    form: str
    meaning: str
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Implicit:
    """A name or a mark that means something by itself.

    Attributes:
        origin: The kind of variables of expressions that it describes, if it is one.
    """

    form: str
    meaning: str
    example: Example
    origin: str = ""


TYPES = (
    TypeEntry("string", "A text.", "title: string"),
    TypeEntry("int", "A whole number.", "quantity: int"),
    TypeEntry("float", "A floating-point number, for measures; never for money.", "weight: float"),
    TypeEntry("decimal", "A decimal number with all its digits, for money.", "price: decimal"),
    TypeEntry("bool", "`true` or `false`.", "listed: bool"),
    TypeEntry("uuid", "An id.", "customer_id: uuid"),
    TypeEntry("date", "A day, ISO 8601.", "published_on: date"),
    TypeEntry("datetime", "A moment, ISO 8601, in UTC.", "placed_at: datetime"),
    TypeEntry("Name", "An enum or a value object under `types`.", "status: OrderStatus"),
    TypeEntry("list[T]", "A list; it needs quotes in YAML.", 'lines: "list[Line]"'),
    TypeEntry("map[T]", "A map whose keys are strings.", 'counts: "map[int]"'),
    TypeEntry(
        "map[K, T]", "A map whose keys are `int`, `uuid` or `date`.", 'stock: "map[uuid, int]"'
    ),
    TypeEntry("T?", "A value, or nothing. It need not be given.", "note: string?"),
)
_ORDER = "services.order.aggregates.Order"
IMPLICIT = (
    Implicit(
        form="the id",
        meaning=(
            "The aggregate's id (`order_id`) is a field of its state, its events and its commands "
            "without being written there. Whoever sends a command that `creates` over HTTP may "
            "leave it out, and gets a new one."
        ),
        example=Example(
            """\
events:
  OrderRenewed: {sets: {status: placed}}
commands:
  RenewOrder: {roles: [customer], emits: OrderRenewed}
""",
            at=_ORDER,
        ),
    ),
    Implicit(
        form="same-named fields",
        meaning=(
            "What is to be filled takes the value of a field with the same name and type by "
            "itself: an event's fields from the command's input, then from the state; the state "
            "and a row from the event; a command that is sent from the event that is followed. "
            "Only what differs is written."
        ),
        example=Example(
            """\
policies:
  - {on: OrderCancelled, do: payment.RefundPayment}
""",
            at="services.order",
        ),
    ),
    Implicit(
        form="`input.x`",
        origin="input",
        meaning=(
            "A field of the command or the operation. The bare `x` means the input first, so that "
            "`input.` is rarely needed."
        ),
        example=Example(
            """\
commands:
  CancelOrder:
    requires: {reason_is_given: 'input.reason != ""'}
""",
            at=_ORDER,
        ),
    ),
    Implicit(
        form="`state.x`",
        origin="state",
        meaning=(
            "A field of the aggregate as it is before the event. It is needed where the input or "
            "the event has a field of the same name."
        ),
        example=Example(
            """\
commands:
  RaisePrice:
    roles: [merchant]
    input: {price: decimal}
    requires: {price_is_higher: price > state.price}
    emits: PriceChanged
""",
            at="services.catalog.aggregates.Book",
        ),
    ),
    Implicit(
        form="`event.x`",
        origin="event",
        meaning="A field of the event; the bare `x` means the event first.",
        example=Example(
            """\
events:
  TotalCorrected: {by: decimal, sets: {total: state.total + event.by}}
commands:
  CorrectTotal: {roles: [merchant], input: {by: decimal}, emits: TotalCorrected}
""",
            at=_ORDER,
        ),
    ),
    Implicit(
        form="`row.x`",
        origin="row",
        meaning="A field of the row as it is, in the reactions of a projection.",
        example=Example(
            """\
sales:
  store: sqlite
  key: {partition: customer_id}
  row: {customer_id: uuid, spent: {type: decimal, default: 0}}
  on:
    order.OrderPlaced: {upsert: {spent: row.spent + total}}
""",
            at="projections",
        ),
    ),
    Implicit(
        form="`answer.x`",
        origin="answer",
        meaning="A field of the answer of a call, by the name that `calls` gives it.",
        example=Example(
            """\
ports:
  Valuation:
    estimate: {input: {title: string}, returns: {price: decimal}, simulated: {price: 9.90}}
aggregates:
  Book:
    commands:
      BuyUsedBook:
        roles: [merchant]
        input: {title: string}
        calls: {offer: Valuation.estimate(title=title)}
        creates: {BookListed: {price: offer.price * 2}}
""",
            at="services.catalog",
        ),
    ),
    Implicit(
        form="`replica[id].x`",
        meaning=(
            "A field of the row of a replica, by the name of the replica. If there is no such row, "
            "the command is refused."
        ),
        example=Example(
            """\
replicas:
  books: {of: catalog.Book, fields: [price]}
aggregates:
  Order:
    commands:
      PlaceOrder:
        requires: {first_is_cheap: "books[lines[0].book_id].price < 100"}
""",
            at="services.order",
        ),
    ),
    Implicit(
        form="the item of `each`",
        origin="item",
        meaning=(
            "`each: line in lines` gives `line` to the `with` beside it. The variable of a "
            "comprehension is one of this kind, too."
        ),
        example=Example(
            """\
policies:
  - on: order.OrderPlaced
    each: line in lines
    do: ChangePrice
    with: {book_id: line.book_id, price: line.unit_price}
""",
            at="services.catalog",
        ),
    ),
    Implicit(
        form="`failure`",
        origin="failure",
        meaning=(
            "In `on_failure` of a saga: why it failed, as a text. It is the `reason` of the event "
            "that meant failure, or that event's name in words; the name of the broken rule; or "
            "`deadline passed`."
        ),
        example=Example(
            "on_failure: {do: CancelOrder, with: {reason: '\"failed: \" + failure'}}\n",
            at="services.order.sagas.Checkout",
        ),
    ),
    Implicit(
        form="`caller`",
        origin="name",
        meaning=(
            "The id in the token of who calls (`sub`): in the parts of a BFF, and in scenarios, "
            "where every role has one of its own. What a scenario `keep`s is a name of this kind, "
            "too."
        ),
        example=Example(
            "GET /account: {orders: order_history.OrdersOfCustomer(customer_id=caller)}\n",
            at="bffs.web.endpoints",
        ),
    ),
    Implicit(
        form="`unit.Query(...)?`",
        meaning=(
            "The part is optional: it is `null` if there is no such row, or if its unit fails or "
            "is slow. Without `?` the whole request fails then."
        ),
        example=Example(
            'GET /orders/{order_id}: {payment: "payment.Payment(order_id=order_id)?"}\n',
            at="bffs.web.endpoints",
        ),
    ),
    Implicit(
        form="`only [field]`",
        meaning="The part has these fields alone.",
        example=Example(
            """\
GET /totals:
  orders: order_history.OrdersOfCustomer(customer_id=caller) only [order_id, total]
""",
            at="bffs.web.endpoints",
        ),
    ),
)
