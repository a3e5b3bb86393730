"""Types, and predefined names and marks."""

from __future__ import annotations

from dataclasses import dataclass

from meshgen.spec.grammar.shapes import Example


@dataclass(frozen=True, slots=True)
class TypeEntry:
    """A type: its notation, its values, and a literal."""

    form: str
    meaning: str
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Implicit:
    """A predefined name or mark."""

    form: str
    meaning: str
    example: Example
    origin: str = ""


TYPES = (
    TypeEntry("string", "A string.", "title: string"),
    TypeEntry("int", "A whole number.", "quantity: int"),
    TypeEntry("float", "A floating-point number, for measures; never for money.", "weight: float"),
    TypeEntry("decimal", "An exact decimal number, for money.", "price: decimal"),
    TypeEntry("bool", "`true` or `false`.", "listed: bool"),
    TypeEntry("uuid", "An id.", "customer_id: uuid"),
    TypeEntry("date", "A date, ISO 8601.", "published_on: date"),
    TypeEntry("datetime", "A point in time, ISO 8601, in UTC.", "placed_at: datetime"),
    TypeEntry("Name", "An enum or a value object under `types`.", "status: OrderStatus"),
    TypeEntry("list[T]", "A list; quote it in YAML.", 'lines: "list[Line]"'),
    TypeEntry("map[T]", "A map whose keys are strings.", 'counts: "map[int]"'),
    TypeEntry(
        "map[K, T]", "A map whose keys are `int`, `uuid` or `date`.", 'stock: "map[uuid, int]"'
    ),
    TypeEntry("T?", "A value, or nothing. It may be omitted.", "note: string?"),
)
_ORDER = "services.order.aggregates.Order"
IMPLICIT = (
    Implicit(
        form="the id",
        meaning=(
            "The aggregate's id (`order_id`) is implicitly a field of its state, its events and "
            "its commands. A client that sends a command with `creates` over HTTP may omit it, and "
            "gets a new one."
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
            "Fields take the value of a field with the same name and type: event fields from the "
            "command's input, then from the state; state and row fields from the event; fields of "
            "a sent command from the triggering event. Only differences are written."
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
            "A field of the command or the operation. A plain `x` is enough unless the state has a "
            "field of the same name, too."
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
            "A field of the aggregate before the event. A plain `x` is enough unless the input or "
            "the event has a field of the same name, too."
        ),
        example=Example(
            """\
commands:
  RaisePrice:
    roles: [merchant]
    input: {price: decimal}
    requires: {price_is_higher: input.price > state.price}
    emits: PriceChanged
""",
            at="services.catalog.aggregates.Book",
        ),
    ),
    Implicit(
        form="`event.x`",
        origin="event",
        meaning=(
            "A field of the event. A plain `x` is enough unless the state or the row has a field "
            "of the same name, too."
        ),
        example=Example(
            """\
events:
  TotalCorrected: {by: decimal, sets: {total: state.total + event.by}}
commands:
  CorrectTotal: {roles: {merchant: any}, input: {by: decimal}, emits: TotalCorrected}
""",
            at=_ORDER,
        ),
    ),
    Implicit(
        form="`row.x`",
        origin="row",
        meaning=(
            "A field of the current row, in the reactions of a projection. A plain `x` is enough "
            "unless the event has a field of the same name, too."
        ),
        example=Example(
            """\
sales:
  store: sqlite
  id: customer_id
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
        meaning="A field of the response to a call, by its name in `calls`.",
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
        meaning=("A field of a replica's row. If there is no such row, the command is refused."),
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
            "`each: line in lines` defines `line` for the `with` next to it. Variables of "
            "comprehensions work the same way."
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
            "In `on_failure` of a saga: the reason of the failure, a string. It is the `reason` of "
            "the event that meant failure, or the name of that event in words; the name of the "
            "broken rule; or `deadline passed`."
        ),
        example=Example(
            "on_failure: {do: CancelOrder, with: {reason: '\"failed: \" + failure'}}\n",
            at="services.order.sagas.Checkout",
        ),
    ),
    Implicit(
        form="`caller`",
        origin="caller",
        meaning=(
            "The id in the caller's token (`sub`): in the rules, calls and events of a command, in "
            "parts of a BFF, and in scenarios, where every role has its own. In a command it is "
            "the first field of its input with the type `caller`; one without gets a `caller_id`."
        ),
        example=Example(
            "GET /account: {orders: order_history.OrdersOfCustomer(customer_id=caller)}\n",
            at="bffs.web.endpoints",
        ),
    ),
    Implicit(
        form="`keep: x`",
        origin="name",
        meaning="The id of the aggregate that a step of a scenario creates, for later steps.",
        example=Example(
            """\
a price is changed:
  - {as: merchant, do: catalog.ListBook, with: {title: '"Persuasion"', price: 8}, keep: book}
  - {as: merchant, do: catalog.ChangePrice, with: {book_id: book, price: 7}}
""",
            at="scenarios",
        ),
    ),
    Implicit(
        form="`part.x`",
        meaning=(
            "A field of another part of the endpoint, which is one row or aggregate, and is read "
            "before. Parts wait only for those that they name. What an optional part feeds is "
            "optional, too."
        ),
        example=Example(
            """\
GET /orders/{order_id}/beside-others:
  order: order.Order(order_id=order_id)
  others: order_history.OrdersOfCustomer(customer_id=order.customer_id)
""",
            at="bffs.web.endpoints",
        ),
    ),
    Implicit(
        form="`unit.Query(...)?`",
        meaning=(
            "The part is optional: it is `null` if there is no such row, or if its unit fails or "
            "is slow. Without `?` the whole request fails."
        ),
        example=Example(
            'GET /orders/{order_id}: {order: "order.Order(order_id=order_id)?"}\n',
            at="bffs.web.endpoints",
        ),
    ),
    Implicit(
        form="`only [field]`",
        meaning="The part has only these fields.",
        example=Example(
            """\
GET /totals:
  orders: order_history.OrdersOfCustomer(customer_id=caller) only [order_id, total]
""",
            at="bffs.web.endpoints",
        ),
    ),
)
