"""Services with their replicas and ports."""

from __future__ import annotations

from meshgen.spec.grammar import kinds, scopes
from meshgen.spec.grammar.aggregates import AGGREGATES
from meshgen.spec.grammar.names import SEGMENT, UNIT
from meshgen.spec.grammar.objectives import UNIT_SLO_KEY
from meshgen.spec.grammar.reactions import POLICY, SAGA
from meshgen.spec.grammar.reads import QUERY
from meshgen.spec.grammar.shapes import (
    Choice,
    Construct,
    Example,
    FieldName,
    Key,
    ListOf,
    MapOf,
    OneOf,
    Reference,
    Text,
    assignments,
)
from meshgen.spec.grammar.values import FIELDS, SUMMARY, renamed_from

SERVICE_STORES = Choice(("postgresql", "sqlserver", "sqlite", "mongodb", "redis"))

REPLICA = Construct(
    name="replica",
    one="a replica",
    meaning=(
        "A local copy of some fields of another service's aggregate, updated by its events. "
        "Expressions of commands read it as `replica[id].field`; a command that reads a missing "
        "row is refused."
    ),
    keys=(
        Key(
            name="of",
            shape=Reference((kinds.AGGREGATE,), "far"),
            meaning="The aggregate of another service.",
            required=True,
        ),
        Key(
            name="fields",
            shape=ListOf(FieldName(), single=True),
            meaning="The fields of its state to copy.",
            required=True,
        ),
    ),
    examples=(
        Example(
            """\
replicas:
  books: {of: catalog.Book, fields: [price]}
aggregates:
  Order:
    commands:
      PlaceOrder:
        requires:
          prices_are_right: all(books[line.book_id].price == line.unit_price for line in lines)
""",
            at="services.order",
        ),
    ),
)
OPERATION = Construct(
    name="operation",
    one="an operation",
    meaning=(
        "A request to an external system behind a port. The generated project has an interface and "
        "a simulated adapter; you write the real adapter."
    ),
    keys=(
        Key(name="input", shape=FIELDS, meaning="The fields of the request."),
        Key(name="returns", shape=FIELDS, meaning="The fields of the response.", required=True),
        Key(
            name="simulated",
            shape=assignments(scopes.SIMULATED),
            meaning="The response of the simulated adapter, for every field.",
            required=True,
        ),
    ),
    examples=(
        Example(
            """\
ports:
  FraudCheck:
    score:
      input: {customer_id: uuid, total: decimal}
      returns: {risk: int, reason: string}
      simulated: {risk: 90 if total > 1000 else 10, reason: '"large" if total > 1000 else ""'}
""",
            at="services.order",
        ),
    ),
)
_OWN_PATH = Text("/segment", rf"/{SEGMENT.pattern}")
ROUTE = Construct(
    name="route",
    one="a route",
    meaning=(
        "What the gateway lets through to FastAPI routers that you write: everything at the path "
        "and below it."
    ),
    keys=(
        Key(
            name="roles",
            shape=Choice(("public",)),
            meaning="With `public`, callers need no token. Your router checks roles.",
            otherwise="callers need a token",
        ),
    ),
    examples=(
        Example(
            """\
routes:
  /gift-cards: {}
  /parcel-notifications: {roles: public}
""",
            at="services.order",
        ),
    ),
)
SERVICE = Construct(
    name="service",
    one="a service",
    meaning="A bounded context that owns its data. Its name is part of every path and topic.",
    keys=(
        SUMMARY,
        renamed_from(UNIT),
        Key(
            name="store",
            shape=SERVICE_STORES,
            meaning="Where the service stores its data.",
            required=True,
            hint="`store: postgresql`, or another engine",
        ),
        Key(
            name="replicas",
            shape=MapOf(kinds.REPLICA, REPLICA),
            meaning="Local copies of other services' data, by the names used in expressions.",
        ),
        Key(
            name="ports",
            shape=MapOf(kinds.PORT, MapOf(kinds.OPERATION, OPERATION)),
            meaning="External systems behind interfaces, with their operations.",
        ),
        Key(
            name="aggregates",
            shape=AGGREGATES,
            meaning="Its aggregates.",
            required=True,
        ),
        Key(
            name="policies",
            shape=ListOf(POLICY),
            meaning="Choreography: reactions to events.",
        ),
        Key(
            name="sagas",
            shape=MapOf(kinds.SAGA, SAGA),
            meaning="Orchestration: processes with compensation.",
        ),
        Key(
            name="queries",
            shape=MapOf(kinds.QUERY, QUERY),
            meaning="Queries of the service's aggregates.",
        ),
        Key(
            name="routes",
            shape=OneOf((ListOf(_OWN_PATH), MapOf(_OWN_PATH, ROUTE))),
            meaning="First segments of paths of your own routers.",
        ),
        UNIT_SLO_KEY,
    ),
    examples=(
        Example(
            """\
review:
  summary: What readers think of a book
  renamed_from: opinion
  store: sqlite
  replicas:
    books: {of: catalog.Book, fields: [title]}
  ports:
    Moderation:
      judge: {input: {text: string}, returns: {fine: bool}, simulated: {fine: true}}
  aggregates:
    Review:
      id: review_id
      state: {book_id: uuid, text: string}
      events:
        ReviewWritten: {book_id: uuid, text: string}
        ReviewHidden: {sets: {text: '""'}}
      commands:
        WriteReview:
          roles: [reader]
          input: {book_id: uuid, text: string}
          requires: {book_is_known: 'books[book_id].title != ""'}
          creates: ReviewWritten
        HideReview: {roles: [merchant], emits: ReviewHidden}
  policies: []
  sagas: {}
  queries:
    ReviewsOfBook: {of: Review, by: book_id, page: 20}
  routes: [/ratings]
  slo: {availability: 99.5%}
""",
            at="services",
        ),
    ),
)
