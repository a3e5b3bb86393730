"""Reads: queries, projections and backends for frontends."""

from __future__ import annotations

from meshgen.spec.grammar import kinds, scopes
from meshgen.spec.grammar.names import CLASS, PART, UNIT
from meshgen.spec.grammar.objectives import UNIT_SLO_KEY
from meshgen.spec.grammar.shapes import (
    Choice,
    Construct,
    Example,
    FieldName,
    Flag,
    Integer,
    Key,
    ListOf,
    MapOf,
    NewName,
    QueryCall,
    Reference,
    Text,
    assignments,
)
from meshgen.spec.grammar.values import DEPRECATED, FIELDS, PATH, ROLES, SUMMARY, renamed_from

VIEW_STORES = Choice(("postgresql", "sqlserver", "sqlite", "mongodb", "redis", "cassandra"))
PAGE = Integer(1, 1000)

_ASKING = (
    Key(
        name="by",
        shape=ListOf(FieldName(), single=True),
        meaning="Fields that the caller must provide.",
        otherwise="none",
    ),
    Key(
        name="filter",
        shape=ListOf(FieldName(), single=True),
        meaning="Fields that the caller may provide.",
        otherwise="none",
    ),
    Key(
        name="sort",
        shape=ListOf(FieldName(sorted=True), single=True),
        meaning="The order of the rows: `field`, or `field desc`.",
        otherwise="the order of the projection's `key`, or the newest windows first",
    ),
    Key(
        name="page",
        shape=PAGE,
        meaning="The number of rows per page.",
        otherwise="the query returns one row, or 404",
    ),
    Key(
        name="owner",
        shape=FieldName(),
        meaning="This `uuid` must be the caller's id, unless a role of the caller reads `any`.",
        otherwise="rows have no owner; those that have one need `roles`",
    ),
    Key(
        name="roles",
        shape=ROLES.shape,
        meaning=f"{ROLES.meaning} `public`: callers need no token.",
        otherwise="everyone with a valid token",
    ),
    Key(
        name="path",
        shape=PATH,
        meaning="Where it is found over HTTP. For one row, a `uuid` of `by` may be a parameter.",
        otherwise="its name below the collection; the collection for the first page",
    ),
    DEPRECATED,
    Key(
        name="live",
        shape=Flag(),
        meaning="Whether clients may get the answer again, by Server-Sent Events, when it changes.",
        default=False,
    ),
    renamed_from(CLASS),
)
QUERY = Construct(
    name="query",
    one="a query",
    meaning=(
        "A read of an aggregate's state: with `page`, a page of rows; without it, the row with the "
        "given id. A query of an aggregate with an `owner` says who may read: `owner`, `roles`, or "
        "both."
    ),
    keys=(
        Key(
            name="of",
            shape=Reference((kinds.AGGREGATE,), "near"),
            meaning="The aggregate, in the same service.",
            required=True,
        ),
        *_ASKING,
    ),
    examples=(
        Example(
            """\
OrderById: {of: Order, renamed_from: OneOrder, by: order_id, owner: customer_id}
SearchOrders:
  of: Order
  filter: [status, customer_id]
  sort: [total desc]
  page: 50
  roles: [merchant]
  path: /order-search
  deprecated: {/orders: 2026-11-01}
  live: true
""",
            at="services.order.queries",
        ),
    ),
)
ROW_QUERY = Construct(
    name="row query",
    one="a query of rows",
    meaning=(
        "A read of the rows of a projection or a stream, with the keys of a query except `of`. If "
        "a field of the rows is the `owner` of an aggregate whose events they come from, the query "
        "says who may read: `owner`, `roles`, or both."
    ),
    keys=_ASKING,
    examples=(
        Example(
            """\
OrdersOfCustomer:
  renamed_from: OrdersOf
  path: /orders-of-customer
  deprecated: {/order-history: 2026-11-01}
  by: [customer_id]
  filter: status
  sort: [total desc]
  owner: customer_id
  roles: {customer: own, merchant: any}
  page: 20
  live: true
""",
            at="projections.order_history.queries",
        ),
    ),
)
ROW_KEY = Construct(
    name="key",
    one="a projection's `key`",
    meaning="How the rows of a projection are stored.",
    keys=(
        Key(
            name="partition",
            shape=ListOf(FieldName(), least=1, single=True),
            meaning="Rows with the same values of these fields are stored together.",
            required=True,
        ),
        Key(
            name="cluster",
            shape=ListOf(FieldName(sorted=True), single=True),
            meaning="The order of the rows within a partition: `field`, or `field desc`.",
            otherwise="no order",
        ),
    ),
    examples=(
        Example(
            "key: {partition: [customer_id], cluster: [total desc, order_id]}\n",
            at="projections.order_history",
        ),
    ),
)
_SETS = assignments(scopes.REACTIONS, or_empty=True)
REACTION = Construct(
    name="reaction",
    one="a reaction",
    meaning=(
        "How an event changes its row, which is found by the row's id. Row fields with the name of "
        "an event field take its value."
    ),
    keys=(
        Key(name="insert", shape=_SETS, meaning="Insert a new row."),
        Key(
            name="upsert",
            shape=_SETS,
            meaning="Update the row, or insert one that starts with defaults.",
        ),
        Key(name="update", shape=_SETS, meaning="Update the row, if it exists."),
        Key(name="delete", shape=_SETS, meaning="Delete the row; sets nothing."),
    ),
    alternatives=("insert", "upsert", "update", "delete"),
    examples=(
        Example(
            """\
open_orders:
  store: redis
  key: {partition: customer_id}
  row: {customer_id: uuid, order_id: uuid, total: decimal, confirmed: bool}
  on:
    order.OrderPlaced: {insert: {confirmed: false}}
    order.OrderConfirmed: {update: {confirmed: true}}
    order.OrderCancelled: {delete: {}}
""",
            at="projections",
        ),
        Example(
            """\
price_changes:
  store: sqlite
  key: {partition: book_id}
  row: {book_id: uuid, price: {type: decimal, default: 0}, changes: {type: int, default: 0}}
  on:
    catalog.PriceChanged: {upsert: {changes: row.changes + 1}}
""",
            at="projections",
        ),
    ),
)
PROJECTION = Construct(
    name="projection",
    one="a projection",
    meaning="A read model: rows that are updated by events of any services.",
    keys=(
        SUMMARY,
        renamed_from(UNIT),
        Key(
            name="store",
            shape=VIEW_STORES,
            meaning="Where the rows are stored.",
            required=True,
            hint="`store: postgresql`, or another engine",
        ),
        Key(
            name="id",
            shape=FieldName(),
            meaning="The field of the row that identifies it in events.",
            otherwise="the id of the aggregate whose events insert rows",
        ),
        Key(name="key", shape=ROW_KEY, meaning="How the rows are stored.", required=True),
        Key(name="row", shape=FIELDS, meaning="The fields of a row.", required=True),
        Key(
            name="on",
            shape=MapOf(Reference((kinds.EVENT,), "far"), REACTION, least=1),
            meaning="How each event changes its row; events are written `service.Event`.",
            required=True,
        ),
        Key(name="queries", shape=MapOf(kinds.QUERY, ROW_QUERY), meaning="Queries of the rows."),
        UNIT_SLO_KEY,
    ),
    examples=(
        Example(
            """\
shop_window:
  summary: The books that can be bought
  renamed_from: catalogue
  store: mongodb
  id: book_id
  key: {partition: book_id}
  row: {book_id: uuid, title: string, price: decimal}
  on:
    catalog.BookListed: {insert: {}}
    catalog.PriceChanged: {update: {}}
  queries:
    Browse: {sort: title, page: 24}
  slo: {latency: {p99: 100ms}}
""",
            at="projections",
        ),
    ),
)
METHODS = ("GET", "POST", "PUT", "DELETE")
PARTS = MapOf(NewName(PART), QueryCall(), least=1)
BFF = Construct(
    name="BFF",
    one="a BFF",
    meaning=(
        "A backend for one front end. An endpoint reads all its parts in parallel and returns one "
        "JSON object. A part is `unit.Query(field=value)? only [field]`: a query of a service, a "
        "projection or a stream, or an aggregate by its id, if somebody may read it. A value is "
        "`caller`, a path parameter, a field of another part, a number, a string, `true`, `false` "
        "or a member of an enum. "
        "An endpoint with `POST`, `PUT` or `DELETE` sends a command that callers may send: "
        "`{do: unit.Command(field=value)}`. The other fields are in the body of the request, and "
        "the response is that of the service."
    ),
    keys=(
        SUMMARY,
        renamed_from(UNIT),
        Key(
            name="endpoints",
            shape=MapOf(
                Text("`GET /path/{parameter}`", pattern=f"({'|'.join(METHODS)}) /.*"),
                PARTS,
                least=1,
            ),
            meaning="Paths, each with the parts of its response, or the command that it sends.",
            required=True,
        ),
        UNIT_SLO_KEY,
    ),
    examples=(
        Example(
            """\
mobile:
  summary: The phone's own backend
  renamed_from: phone
  endpoints:
    GET /orders:
      orders: order_history.OrdersOfCustomer(customer_id=caller, page=5) only [order_id, status]
    GET /orders/{order_id}:
      order: order.Order(order_id=order_id)
      others: order_history.OrdersOfCustomer(customer_id=caller)? only [order_id, total]
    POST /orders: {do: order.PlaceOrder(customer_id=caller)}
  slo: {latency: {p95: 300ms}}
""",
            at="bffs",
        ),
    ),
)
