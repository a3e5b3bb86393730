"""The spec as a whole, and what is there once: event hub, gateway, processes, scenarios."""

from __future__ import annotations

from meshgen.spec.grammar import kinds, scopes
from meshgen.spec.grammar.names import PROJECT, ROLE, VARIABLE
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
from meshgen.spec.grammar.values import SUMMARY, TYPES

LANGUAGE = Constant(1)
PARTITIONS = Integer(1, 256)
BURST = Integer(1, 1_000_000)
RATE_PATTERN = "([1-9][0-9]{0,8})/([sm])"
RATE = Text("requests a second or a minute: `50/s`, `600/m`", pattern=RATE_PATTERN)
HUB_ENGINES = Choice(("kafka", "rabbitmq", "nats"))
PER = Choice(("caller",))

EVENT_HUB = Construct(
    name="event hub",
    one="the event hub",
    meaning="The broker that carries events and commands between services.",
    keys=(
        Key(
            name="engine",
            shape=HUB_ENGINES,
            meaning="The product.",
            default="nats",
        ),
        Key(
            name="partitions",
            shape=PARTITIONS,
            meaning=(
                "The number of partitions of a topic: as many events of one topic are handled at "
                "the same time at most."
            ),
            default=4,
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
    meaning="Whose tokens the gateway accepts (OpenID Connect).",
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
            meaning="The audience that a token must be for.",
            required=True,
        ),
    ),
    examples=(
        Example('auth: {issuer: "https://id.bookshop.example", audience: books}\n', at="gateway"),
    ),
)
RATE_LIMIT = Construct(
    name="rate limit",
    one="a rate limit",
    meaning="A token bucket for every caller; a request beyond it is answered with 429.",
    keys=(
        Key(
            name="per",
            shape=PER,
            meaning="Who has a bucket of its own.",
            default="caller",
        ),
        Key(
            name="rate",
            shape=RATE,
            meaning="How many requests are refilled.",
            required=True,
        ),
        Key(
            name="burst",
            shape=BURST,
            meaning="How many requests may come at once.",
            otherwise="as many as a second refills",
        ),
    ),
    examples=(Example("rate_limit: {per: caller, rate: 50/s, burst: 100}\n", at="gateway"),),
)
_ORIGIN = Text("an origin such as `https://www.example.com`, or `*`")
GATEWAY = Construct(
    name="gateway",
    one="the gateway",
    meaning="The one way in: it checks tokens, limits rates, and routes to services and BFFs.",
    keys=(
        Key(name="auth", shape=AUTH, meaning="Whose tokens are accepted.", required=True),
        Key(
            name="rate_limit",
            shape=RATE_LIMIT,
            meaning="How many requests a caller may make.",
            otherwise="no limit",
        ),
        Key(
            name="timeout",
            shape=Duration(),
            meaning="How long a request may take.",
            default="5s",
        ),
        Key(
            name="cors",
            shape=ListOf(_ORIGIN, single=True),
            meaning="Origins from which browsers may call.",
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
    meaning="Who does it: a caller with this role and an id of its own.",
    required=True,
)
DO_STEP = Construct(
    name="do step",
    one="a step that does something",
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
            meaning="What the command carries; a command that creates may leave the id out.",
        ),
        Key(
            name="keep",
            shape=NewName(VARIABLE),
            meaning="The name under which later steps know the aggregate's id.",
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
    one="a step that sees something",
    meaning="A caller reads until a row has all the values; the scenario fails if none ever has.",
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
            meaning="What the query is asked for.",
        ),
        Key(
            name="with",
            shape=assignments(scopes.SEEING),
            meaning="What the row holds.",
            otherwise="any row will do",
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
SENTENCE = Text("a sentence of plain words; it names a test")
SPEC = Construct(
    name="spec",
    one="a spec",
    meaning="A whole system, in one YAML file. `meshgen` stands first.",
    keys=(
        Key(
            name="meshgen",
            shape=LANGUAGE,
            meaning="The version of the language.",
            required=True,
            hint="`meshgen: 1` is the version of the language",
        ),
        Key(
            name="name",
            shape=NewName(PROJECT),
            meaning="The project's name; packages and processes are named after it.",
            required=True,
        ),
        SUMMARY,
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
            name="gateway",
            shape=GATEWAY,
            meaning="The one way in.",
            required=True,
            hint='`gateway: {auth: {issuer: "https://id.example.com", audience: shop}}`',
        ),
        Key(name="bffs", shape=MapOf(kinds.BFF, BFF), meaning="Backends-for-frontends, by name."),
        Key(
            name="processes",
            shape=MapOf(kinds.PROCESS, ListOf(UnitName(), least=1, unique=True)),
            meaning="Which services, projections and BFFs run together in one process.",
            otherwise="each runs in a process of its own",
        ),
        Key(
            name="scenarios",
            shape=MapOf(SENTENCE, ListOf(OneOf((DO_STEP, SEE_STEP)), least=1)),
            meaning="Examples of the system at work; each becomes a test through the gateway.",
        ),
    ),
    later=("slo", "streams", "renamed_from"),
    examples=(),
)
