"""The whole spec, and its system-wide sections: event hub, gateway, processes, scenarios."""

from __future__ import annotations

from meshgen.spec.grammar import kinds, scopes
from meshgen.spec.grammar.names import PROJECT, ROLE, VARIABLE
from meshgen.spec.grammar.objectives import CAPACITY, SLO
from meshgen.spec.grammar.reads import BFF, PROJECTION
from meshgen.spec.grammar.services import SERVICE
from meshgen.spec.grammar.shapes import (
    Choice,
    Constant,
    Construct,
    Duration,
    Example,
    Integer,
    Key,
    ListOf,
    MapOf,
    NewName,
    OneOf,
    Reference,
    Text,
    UnitName,
    assignments,
)
from meshgen.spec.grammar.streams import STREAM
from meshgen.spec.grammar.values import SUMMARY, TYPES

LANGUAGE = Constant(1)
PARTITIONS = Integer(1, 256)
BURST = Integer(1, 1_000_000)
RATE_PATTERN = "([1-9][0-9]{0,8})/([sm])"
RATE = Text("requests per second or minute: `50/s`, `600/m`", pattern=RATE_PATTERN)
HUB_ENGINES = Choice(("kafka", "rabbitmq", "nats"))
PER = Choice(("caller",))
TOKEN_TYPES = Choice(("at+jwt", "jwt"))
CLAIM_PATTERN = "[A-Za-z0-9][A-Za-z0-9._:/-]{0,199}"

EVENT_HUB = Construct(
    name="event hub",
    one="the event hub",
    meaning="The broker that carries events and commands between services.",
    keys=(
        Key(
            name="engine",
            shape=HUB_ENGINES,
            meaning="The message broker.",
            default="nats",
        ),
        Key(
            name="partitions",
            shape=PARTITIONS,
            meaning=(
                "The number of partitions of a topic: the maximum number of its events that are "
                "handled in parallel. A topic keeps those that it was created with."
            ),
            otherwise="derived from the `slo`; 4 without one",
        ),
        Key(
            name="retention",
            shape=Duration(),
            meaning="How long events are kept, in whole seconds.",
            default="7d",
        ),
    ),
    examples=(Example("event_hub: {engine: kafka, partitions: 12, retention: 30d}\n"),),
)
AUTH = Construct(
    name="auth",
    one="the gateway's `auth`",
    meaning="The issuer of the tokens that the gateway accepts (OpenID Connect).",
    keys=(
        Key(
            name="issuer",
            shape=Text("a URL", format="uri"),
            meaning="The issuer; its signing keys are read from its discovery document.",
            required=True,
        ),
        Key(
            name="audience",
            shape=Text("a name or a URL"),
            meaning="The audience that tokens must have.",
            required=True,
        ),
        Key(
            name="roles_claim",
            shape=Text("the name of a claim, or a path with dots", pattern=CLAIM_PATTERN),
            meaning=(
                "The claim with the roles of the caller: a list of words, or words separated by "
                "spaces in `scope` and `scp`. Keycloak has `realm_access.roles`."
            ),
            default="roles",
        ),
        Key(
            name="token_type",
            shape=TOKEN_TYPES,
            meaning=(
                "The type in the header of tokens: `at+jwt` for access tokens (RFC 9068), `jwt` "
                "for issuers that do not tell them from other tokens, such as Keycloak."
            ),
            default="at+jwt",
        ),
    ),
    examples=(
        Example('auth: {issuer: "https://id.bookshop.example", audience: books}\n', at="gateway"),
        Example(
            """\
auth:
  issuer: https://keycloak.bookshop.example/realms/books
  audience: books
  roles_claim: realm_access.roles
  token_type: jwt
""",
            at="gateway",
        ),
    ),
)
RATE_LIMIT = Construct(
    name="rate limit",
    one="a rate limit",
    meaning="A token bucket per caller; requests beyond the limit get 429.",
    keys=(
        Key(
            name="per",
            shape=PER,
            meaning="Who shares a bucket.",
            default="caller",
        ),
        Key(
            name="rate",
            shape=RATE,
            meaning="The rate at which requests are refilled.",
            required=True,
        ),
        Key(
            name="burst",
            shape=BURST,
            meaning="The maximum number of requests at once.",
            otherwise="the number refilled per second",
        ),
        Key(
            name="per_address",
            shape=RATE,
            meaning=(
                "The rate of all requests from one address, valid or not: a second bucket, which "
                "is asked before tokens are verified."
            ),
            otherwise="the peak of the `slo`, at least `200/s`, also without a `rate_limit`",
        ),
    ),
    examples=(
        Example(
            "rate_limit: {per: caller, rate: 50/s, burst: 100, per_address: 500/s}\n", at="gateway"
        ),
    ),
)
_ORIGIN = Text("an origin such as `https://www.example.com`")
GATEWAY = Construct(
    name="gateway",
    one="the gateway",
    meaning="The entry point: it checks tokens, limits rates, and routes to services and BFFs.",
    keys=(
        Key(name="auth", shape=AUTH, meaning="Which tokens are accepted.", required=True),
        Key(
            name="rate_limit",
            shape=RATE_LIMIT,
            meaning="The rate limit per caller.",
            otherwise="derived from the `users` of the `slo`; no limit without them",
        ),
        Key(
            name="timeout",
            shape=Duration(),
            meaning="The time limit of a request.",
            default="5s",
        ),
        Key(
            name="cors",
            shape=ListOf(_ORIGIN, single=True),
            meaning="Origins from which browsers may send requests.",
            otherwise="none",
        ),
    ),
    examples=(
        Example(
            """\
gateway:
  auth: {issuer: "https://id.bookshop.example", audience: bookshop}
  rate_limit: {rate: 600/m}
  timeout: 2s
  cors: ["https://www.bookshop.example"]
"""
        ),
    ),
)
_AS = Key(
    name="as",
    shape=NewName(ROLE),
    meaning="The role of the caller; each role has its own caller.",
    required=True,
)
DO_STEP = Construct(
    name="do step",
    one="a step that sends a command",
    meaning="A caller sends a command, which must be accepted.",
    keys=(
        _AS,
        Key(
            name="do",
            shape=Reference((kinds.COMMAND,), "far"),
            meaning="The command, as `service.Command`.",
            required=True,
        ),
        Key(
            name="with",
            shape=assignments(scopes.DOING),
            meaning="The fields of the command; a command that creates may omit the id.",
        ),
        Key(
            name="keep",
            shape=NewName(VARIABLE),
            meaning="The name by which later steps refer to the aggregate's id.",
        ),
    ),
    examples=(
        Example(
            """\
a book gets cheaper:
  - {as: merchant, do: catalog.ListBook, with: {title: '"Emma"', price: 9.90}, keep: emma}
  - {as: merchant, do: catalog.ChangePrice, with: {book_id: emma, price: 7.50}}
""",
            at="scenarios",
        ),
    ),
)
SEE_STEP = Construct(
    name="see step",
    one="a step that expects a row",
    meaning=(
        "A caller repeats a query until a row has all expected values; otherwise the scenario "
        "fails."
    ),
    keys=(
        _AS,
        Key(
            name="see",
            shape=Reference((kinds.QUERY,), "far"),
            meaning="The query, as `unit.Query`.",
            required=True,
        ),
        Key(
            name="of",
            shape=assignments(scopes.SEEING),
            meaning="The parameters of the query.",
        ),
        Key(
            name="with",
            shape=assignments(scopes.SEEING),
            meaning="The expected values of the row.",
            otherwise="any row",
        ),
    ),
    examples=(
        Example(
            """\
an order is in the history:
  - as: customer
    do: order.PlaceOrder
    with: {customer_id: caller, lines: "[Line(book_id=new_id(), quantity=1, unit_price=5)]"}
  - as: customer
    see: order_history.OrdersOfCustomer
    of: {customer_id: caller}
    with: {total: 5}
""",
            at="scenarios",
        ),
    ),
)
SENTENCE = Text("plain words; they name a test")
SPEC = Construct(
    name="spec",
    one="a spec",
    meaning="A whole system, in one YAML file. `meshgen` is the first key.",
    keys=(
        Key(
            name="meshgen",
            shape=LANGUAGE,
            meaning="The version of the language.",
            required=True,
            hint="start with `meshgen: 1`, the version of the language",
        ),
        Key(
            name="name",
            shape=NewName(PROJECT),
            meaning="The name of the project; packages and processes are named after it.",
            required=True,
        ),
        SUMMARY,
        Key(
            name="roles",
            shape=ListOf(NewName(ROLE), least=1, single=True),
            meaning="The roles of callers. What names another role is then an error.",
            otherwise="every role that a command or a query names",
        ),
        Key(name="types", shape=TYPES, meaning="Enums and value objects that services share."),
        Key(name="event_hub", shape=EVENT_HUB, meaning="The broker.", otherwise="its defaults"),
        Key(
            name="services",
            shape=MapOf(kinds.SERVICE, SERVICE, least=1),
            meaning="Bounded contexts, by name.",
            required=True,
        ),
        Key(
            name="projections",
            shape=MapOf(kinds.PROJECTION, PROJECTION),
            meaning="Read models, by name.",
        ),
        Key(
            name="streams",
            shape=MapOf(kinds.STREAM, STREAM),
            meaning="Windowed aggregates of events, by name.",
        ),
        Key(
            name="gateway",
            shape=GATEWAY,
            meaning="The entry point.",
            required=True,
            hint='`gateway: {auth: {issuer: "https://id.example.com", audience: shop}}`',
        ),
        Key(name="bffs", shape=MapOf(kinds.BFF, BFF), meaning="Backends for frontends, by name."),
        Key(
            name="processes",
            shape=MapOf(kinds.PROCESS, ListOf(UnitName(), least=1, unique=True)),
            meaning="Which services, projections, streams and BFFs run together in one process.",
            otherwise="one process for all",
        ),
        Key(
            name="slo",
            shape=SLO,
            meaning="Service level objectives and load.",
            otherwise="capacity is not derived",
        ),
        Key(
            name="capacity",
            shape=CAPACITY,
            meaning="Assumptions and fixed values for what is derived from the `slo`.",
            otherwise="its defaults",
        ),
        Key(
            name="scenarios",
            shape=MapOf(SENTENCE, ListOf(OneOf((DO_STEP, SEE_STEP)), least=1)),
            meaning="Examples of the running system; each becomes a test through the gateway.",
        ),
    ),
    later=("renamed_from",),
    examples=(
        Example(
            """\
slo: {peak: {order.PlaceOrder: 20/s}}
capacity: {utilization: 50%}
"""
        ),
    ),
)
