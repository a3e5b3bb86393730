"""Services with their replicas and ports."""

from __future__ import annotations

from meshgen.spec.grammar import kinds, scopes
from meshgen.spec.grammar.aggregates import AGGREGATES
from meshgen.spec.grammar.names import UNIT
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
    Reference,
    assignments,
)
from meshgen.spec.grammar.values import FIELDS, SUMMARY, renamed_from

SERVICE_STORES = Choice(("postgresql", "sqlserver", "sqlite", "mongodb", "redis"))

REPLICA = Construct(
    name="replica",
    one="a replica",
    meaning=(
        "A local copy, by id, of some fields of another service's aggregate, kept up to date by "
        "its events. Expressions of commands read it as `replica[id].field`; a command that reads "
        "a row which is not there is refused."
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
            meaning="The fields of its state that are copied.",
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
        "A question to an outside party behind a port. The generated project has an interface and "
        "a simulated adapter; the real adapter is yours to write."
    ),
    keys=(
        Key(name="input", shape=FIELDS, meaning="What is asked."),
        Key(name="returns", shape=FIELDS, meaning="What is answered.", required=True),
        Key(
            name="simulated",
            shape=assignments(scopes.SIMULATED),
            meaning="What the simulated adapter answers, for every field of the answer.",
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
            meaning="Where the service keeps its data.",
            required=True,
            hint="`store: postgresql`, or another engine",
        ),
        Key(
            name="replicas",
            shape=MapOf(kinds.REPLICA, REPLICA),
            meaning="Local copies of other services' data, by the name that expressions use.",
        ),
        Key(
            name="ports",
            shape=MapOf(kinds.PORT, MapOf(kinds.OPERATION, OPERATION)),
            meaning="Outside parties behind interfaces, each with its operations.",
        ),
        Key(
            name="aggregates",
            shape=AGGREGATES,
            meaning="What the service decides about.",
            required=True,
        ),
        Key(
            name="policies",
            shape=ListOf(POLICY),
            meaning="Choreography: when this happened, do that.",
        ),
        Key(
            name="sagas",
            shape=MapOf(kinds.SAGA, SAGA),
            meaning="Orchestration: processes with compensation.",
        ),
        Key(
            name="queries",
            shape=MapOf(kinds.QUERY, QUERY),
            meaning="Reads of the service's own aggregates.",
        ),
    ),
    later=("slo", "streams"),
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
""",
            at="services",
        ),
    ),
)
