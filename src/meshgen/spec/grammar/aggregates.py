"""Aggregates with their events and commands."""

from __future__ import annotations

from meshgen.spec.grammar import kinds, names, scopes
from meshgen.spec.grammar.names import CLASS, RULE, VARIABLE
from meshgen.spec.grammar.objectives import UNIT_SLO_KEY
from meshgen.spec.grammar.shapes import (
    Choice,
    Construct,
    Example,
    Expression,
    FieldName,
    Flag,
    Key,
    ListOf,
    MapOf,
    NewName,
    OneOf,
    PortCall,
    Reference,
    TypeNotation,
    assignments,
)
from meshgen.spec.grammar.values import (
    DEPRECATED,
    FIELD,
    FIELDS,
    PATH,
    ROLES,
    SUMMARY,
    renamed_from,
)

METHOD = Choice(("POST", "PUT", "PATCH", "DELETE"))
OWN_EVENT = Reference((kinds.EVENT,), "near")

EVENT = Construct(
    name="event",
    one="an event",
    meaning=(
        "Something that happened to an aggregate, in the past tense. Its fields are written next "
        "to the keys below; the aggregate's id is always one of them. State fields with the name "
        "of an event field take its value; `sets` defines the others."
    ),
    keys=(
        SUMMARY,
        renamed_from(CLASS),
        Key(
            name="sets",
            shape=assignments(scopes.SETS),
            meaning="State fields, each with the expression of its new value.",
            otherwise="only fields of the same name change",
        ),
    ),
    beside=MapOf(NewName(names.FIELD), OneOf((TypeNotation(), FIELD))),
    later=("version", "upcast"),
    or_empty=True,
    examples=(
        Example(
            """\
events:
  BookListed:
    summary: A book can be bought
    title: string
    price: {type: decimal, min: 0}
  PriceCut:
    renamed_from: PriceReduced
    by: decimal
    sets: {price: price - by}
commands:
  CutPrice: {roles: [merchant], input: {by: decimal}, emits: PriceCut}
""",
            at="services.catalog.aggregates.Book",
        ),
    ),
)
EMISSION = Construct(
    name="emission",
    one="an entry of `emits`",
    meaning=(
        "If a command may emit several events, the first one whose `when` holds is emitted. All "
        "but the last have a `when`; the last is emitted if none of them holds."
    ),
    keys=(
        Key(name="event", shape=OWN_EVENT, meaning="An event of the aggregate.", required=True),
        Key(
            name="when",
            shape=Expression(scopes.EMISSIONS),
            meaning="The condition for this event.",
            otherwise="always; the last entry has none",
        ),
        Key(
            name="with",
            shape=assignments(scopes.EMISSIONS),
            meaning="The fields of the event that are not filled from the input or the state.",
        ),
    ),
    examples=(
        Example(
            """\
commands:
  SetPrice:
    roles: [merchant]
    input: {price: {type: decimal, min: 0}}
    emits:
      - {event: PriceCut, when: input.price < state.price, with: {by: state.price - input.price}}
      - {event: PriceChanged}
events:
  PriceCut: {by: decimal, sets: {price: price - by}}
""",
            at="services.catalog.aggregates.Book",
        ),
    ),
)
EMISSIONS_SHAPE = OneOf(
    (
        OWN_EVENT,
        MapOf(OWN_EVENT, assignments(scopes.EMISSIONS), least=1, most=1),
        ListOf(EMISSION, least=1),
    )
)
READ_NOBODY = Choice(("none",))
READ = Construct(
    name="read",
    one="an aggregate's `read`",
    meaning="Who may read an aggregate by its id, and what of it.",
    keys=(
        Key(
            name="roles",
            shape=ROLES.shape,
            meaning=ROLES.meaning,
            required=True,
            hint="`roles: {customer: own, officer: any}`",
        ),
        Key(
            name="fields",
            shape=ListOf(FieldName(), least=1, single=True),
            meaning="The fields of the state that are shown, besides the id.",
            otherwise="all",
        ),
    ),
    examples=(
        Example(
            "read: {roles: {customer: own, merchant: any}, fields: [total, status]}\n",
            at="services.order.aggregates.Order",
        ),
    ),
)
COMMAND = Construct(
    name="command",
    one="a command",
    meaning=(
        "An intention, in the imperative. It always carries the aggregate's id, is checked against "
        "its rules, and emits one event, given by exactly one of `creates`, `emits` and `upserts`. "
        "These take the name of an event, `{Event: {field: expression}}`, or a list of "
        "[emissions](#emission). Event fields with the name of a field of the input or the state "
        "take its value. A refused command returns 409 with the name of the rule."
    ),
    keys=(
        SUMMARY,
        renamed_from(CLASS),
        Key(
            name="roles",
            shape=ROLES.shape,
            meaning=(
                "The roles allowed to send it through the gateway. With an `owner`, `{customer: "
                "own, officer: any}`: customers to what belongs to them, officers to everything; "
                "in a list, all of them only to what belongs to them."
            ),
            otherwise="only policies and sagas can send it",
        ),
        Key(
            name="path",
            shape=PATH,
            meaning=(
                "Where it is sent over HTTP. The aggregate's id is its only parameter, unless it "
                "creates the aggregate, or the id is the `caller`."
            ),
            otherwise="the verb of its name below the aggregate; the collection for the creation",
        ),
        Key(
            name="method",
            shape=METHOD,
            meaning="The method over HTTP. `DELETE` is for commands without input.",
            otherwise="POST",
        ),
        DEPRECATED,
        Key(
            name="input",
            shape=FIELDS,
            meaning=(
                "The fields of the command besides the aggregate's id. A field of the type "
                "`caller` is a `uuid` that callers do not send: it is their id."
            ),
        ),
        Key(
            name="requires",
            shape=assignments(scopes.RULES, rule=RULE),
            meaning="Rules that must hold, by name; the response names the broken rule.",
        ),
        Key(
            name="calls",
            shape=MapOf(NewName(VARIABLE), PortCall(scopes.CALLS)),
            meaning="Calls of external systems: a name for the response, and a port's operation.",
        ),
        Key(
            name="creates",
            shape=EMISSIONS_SHAPE,
            meaning="The resulting event; the aggregate must not exist yet.",
        ),
        Key(
            name="emits",
            shape=EMISSIONS_SHAPE,
            meaning="The resulting event; the aggregate must exist.",
        ),
        Key(
            name="upserts",
            shape=EMISSIONS_SHAPE,
            meaning=(
                "The resulting event; the aggregate may exist or not, so every field of its state "
                "needs an initial value."
            ),
        ),
        UNIT_SLO_KEY,
    ),
    alternatives=("creates", "emits", "upserts"),
    later=("version",),
    examples=(
        Example(
            """\
PlaceOrder:
  summary: Buy the books
  roles: [customer]
  path: /purchases
  deprecated: {/orders/buy: 2026-11-01}
  method: POST
  input: {customer_id: uuid, lines: {type: "list[Line]", min_items: 1}}
  creates: {OrderPlaced: {total: sum(line.quantity * line.unit_price for line in lines)}}
  slo: {latency: {p99: 300ms}}
CancelOrder:
  renamed_from: AbortOrder
  input: {reason: string}
  requires: {order_is_open: status == placed}
  emits: OrderCancelled
""",
            at="services.order.aggregates.Order.commands",
        ),
        Example(
            """\
ports:
  CardProvider:
    charge: {input: {amount: decimal}, returns: {approved: bool}, simulated: {approved: true}}
aggregates:
  Payment:
    state: {amount: {type: decimal, default: 0}}
    events:
      PaymentDeclined: {amount: decimal}
    commands:
      CapturePayment:
        input: {amount: decimal}
        calls: {answer: CardProvider.charge(amount=amount)}
        creates:
          - {event: PaymentCaptured, when: answer.approved}
          - {event: PaymentDeclined}
  Account:
    id: customer_id
    state: {balance: {type: decimal, default: 0}}
    events:
      MoneyPaidIn: {amount: decimal, sets: {balance: balance + amount}}
    commands:
      PayIn: {roles: [customer], input: {amount: decimal}, upserts: MoneyPaidIn}
""",
            at="services.payment",
        ),
    ),
)
AGGREGATE = Construct(
    name="aggregate",
    one="an aggregate",
    meaning=(
        "A consistency boundary: what one command changes in one transaction. An aggregate is "
        "identified by a `uuid`, which is implicitly a field of its state, its events and its "
        "commands. Over HTTP it is read by its id: by those whom `read` names, else by its "
        "`owner`; without an `owner` by callers with a role of one of its commands; without those "
        "by nobody."
    ),
    keys=(
        SUMMARY,
        renamed_from(CLASS),
        Key(
            name="id",
            shape=NewName(names.FIELD),
            meaning="The name of its id, a `uuid`.",
            required=True,
            hint="write `id: order_id`, the name of its `uuid`",
        ),
        Key(
            name="owner",
            shape=FieldName(),
            meaning=(
                "The id, or a `uuid` or `list[uuid]` of the state: only callers with this id, or "
                "one of these, may read or change the aggregate, and roles that have `any` access."
            ),
            otherwise="everyone with a role of one of its commands",
        ),
        Key(
            name="read",
            shape=OneOf((READ_NOBODY, READ)),
            meaning="Who may read it by its id: some roles, or with `none` nobody.",
            otherwise="its owner; without an `owner`, the roles of its commands",
        ),
        Key(
            name="path",
            shape=PATH,
            meaning="Where all of them are found over HTTP; one of them has its id below it.",
            otherwise="the plural of its name",
        ),
        Key(
            name="event_sourced",
            shape=Flag(),
            meaning=(
                "Whether its events are stored, and its state is computed from them. It can then "
                "be read by its id only."
            ),
            default=False,
        ),
        Key(name="state", shape=FIELDS, meaning="Its fields besides the id."),
        Key(
            name="events",
            shape=MapOf(kinds.EVENT, EVENT),
            meaning="Its events.",
            required=True,
        ),
        Key(
            name="commands",
            shape=MapOf(kinds.COMMAND, COMMAND),
            meaning="Its commands.",
            required=True,
        ),
    ),
    later=("snapshot", "invariants"),
    examples=(
        Example(
            """\
Basket:
  summary: What a customer is about to buy
  renamed_from: Cart
  id: basket_id
  owner: customer_id
  read: {roles: {customer: own, merchant: any}}
  path: /shopping/baskets
  event_sourced: true
  state: {customer_id: uuid, books: "list[uuid]"}
  events:
    BasketOpened: {customer_id: uuid, sets: {books: "[]"}}
    BookPutIn: {book_id: uuid, sets: {books: "[*books, book_id]"}}
  commands:
    OpenBasket: {roles: [customer], input: {customer_id: uuid}, creates: BasketOpened}
    PutBookIn:
      roles: {customer: own, merchant: any}
      method: PUT
      path: /shopping/baskets/{basket_id}/books
      input: {book_id: uuid}
      emits: BookPutIn
""",
            at="services.order.aggregates",
        ),
    ),
)
AGGREGATES = MapOf(kinds.AGGREGATE, AGGREGATE)
