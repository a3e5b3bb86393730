"""Services: their aggregates and connections to others."""

from __future__ import annotations

from meshgen.spec import grammar
from meshgen.spec.diagnostics import Position
from meshgen.spec.grammar import kinds
from meshgen.spec.grammar.names import CLASS, UNIT
from meshgen.spec.grammar.reactions import STARTS
from meshgen.spec.grammar.services import SERVICE_STORES
from meshgen.spec.parser.aggregates import read_aggregate
from meshgen.spec.parser.fields import read_fields
from meshgen.spec.parser.objectives import read_objectives
from meshgen.spec.parser.queries import read_queries
from meshgen.spec.parser.reading import Reading
from meshgen.spec.parser.routes import read_routes
from meshgen.spec.syntax import (
    DispatchSyntax,
    OperationSyntax,
    PolicySyntax,
    PortSyntax,
    ReplicaSyntax,
    SagaSyntax,
    ServiceSyntax,
    StepSyntax,
    Word,
)
from meshgen.spec.yaml.tree import Broken, Mapping, Node, Scalar, Sequence


def read_services(reading: Reading, node: Node | None) -> tuple[ServiceSyntax, ...]:
    """The section `services`."""
    services = tuple(
        _service(reading, name, body)
        for name, body in reading.named(node, "services", kinds.SERVICE)
    )
    if isinstance(node, Mapping) and not services:
        reading.error(node.at, "`services` is empty", "add at least one service")
    return services


def _service(reading: Reading, name: Word, node: Node) -> ServiceSyntax:
    values = reading.keyed(node, grammar.SERVICE, name.at)
    aggregates = reading.named(values.get("aggregates"), "aggregates", kinds.AGGREGATE)
    replicas = reading.named(values.get("replicas"), "replicas", kinds.REPLICA)
    ports = reading.named(values.get("ports"), "ports", kinds.PORT)
    sagas = reading.named(values.get("sagas"), "sagas", kinds.SAGA)
    return ServiceSyntax(
        name=name,
        summary=reading.summary(values.get("summary")),
        engine=_engine(reading, values.get("store")),
        aggregates=tuple(read_aggregate(reading, n, body) for n, body in aggregates),
        replicas=tuple(_replica(reading, n, body) for n, body in replicas),
        ports=tuple(_port(reading, n, body) for n, body in ports),
        policies=tuple(
            _policy(reading, item) for item in reading.items(values.get("policies"), "`policies`")
        ),
        sagas=tuple(_saga(reading, n, body) for n, body in sagas),
        queries=read_queries(reading, values.get("queries"), of_aggregate=True),
        routes=read_routes(reading, values.get("routes")),
        slo=read_objectives(reading, values.get("slo")),
        renamed_from=reading.former(values.get("renamed_from"), UNIT),
    )


def _engine(reading: Reading, node: Node | None) -> Word | None:
    if isinstance(node, Scalar) and node.text == "cassandra":
        hint = "Cassandra has no transactions across rows; it stores read models only"
        reading.error(node.at, "`cassandra` is for projections and streams only", hint)
        return None
    return reading.choice(node, "a store", SERVICE_STORES.words)


def _replica(reading: Reading, name: Word, node: Node) -> ReplicaSyntax:
    values = reading.keyed(node, grammar.REPLICA, name.at)
    return ReplicaSyntax(
        name=name,
        of=reading.word(values.get("of"), "a replica's `of`"),
        fields=reading.words(values.get("fields"), "a replicated field"),
    )


def _port(reading: Reading, name: Word, node: Node) -> PortSyntax:
    operations = reading.named(node, name.text, kinds.OPERATION)
    return PortSyntax(
        name=name, operations=tuple(_operation(reading, n, body) for n, body in operations)
    )


def _operation(reading: Reading, name: Word, node: Node) -> OperationSyntax:
    values = reading.keyed(node, grammar.OPERATION, name.at)
    return OperationSyntax(
        name=name,
        input=read_fields(reading, values.get("input"), "`input`"),
        returns=read_fields(reading, values.get("returns"), "`returns`"),
        simulated=reading.assignments(values.get("simulated"), "`simulated`"),
    )


def _policy(reading: Reading, node: Node) -> PolicySyntax:
    values = reading.keyed(node, grammar.POLICY)
    return PolicySyntax(
        on=reading.word(values.get("on"), "a policy's `on`"),
        each=reading.text(values.get("each"), "`each`"),
        do=_sent(reading, values),
        after=reading.seconds(values.get("after"), "`after`"),
        start=reading.choice(values.get("from"), "`from`", STARTS.words),
        at=_start(node),
    )


def _sent(reading: Reading, values: dict[str, Node]) -> DispatchSyntax | None:
    """Return the values of `do` and `with`."""
    command = reading.word(values.get("do"), "`do`")
    with_ = reading.assignments(values.get("with"), "`with`")
    return DispatchSyntax(command=command, with_=with_) if command else None


def _dispatch(reading: Reading, node: Node | None) -> DispatchSyntax | None:
    """`Command`, or `{do: Command, with: {...}}`."""
    if node is None or isinstance(node, Broken):
        return None
    if isinstance(node, Mapping):
        return _sent(reading, reading.keyed(node, grammar.DISPATCH))
    command = reading.word(node, "a command")
    return DispatchSyntax(command=command) if command else None


def _saga(reading: Reading, name: Word, node: Node) -> SagaSyntax:
    values = reading.keyed(node, grammar.SAGA, name.at)
    steps = reading.items(values.get("steps"), "`steps`")
    if isinstance(node_ := values.get("steps"), Sequence) and not steps:
        reading.error(node_.at, f"the saga `{name}` has no steps")
    return SagaSyntax(
        name=name,
        of=reading.word(values.get("of"), "a saga's `of`"),
        starts_on=reading.word(values.get("starts_on"), "`starts_on`"),
        start=reading.choice(values.get("from"), "`from`", STARTS.words),
        deadline=reading.seconds(values.get("deadline"), "`deadline`"),
        steps=tuple(_step(reading, item) for item in steps),
        on_failure=_dispatch(reading, values.get("on_failure")),
        renamed_from=reading.former(values.get("renamed_from"), CLASS),
    )


def _step(reading: Reading, node: Node) -> StepSyntax:
    values = reading.keyed(node, grammar.STEP)
    return StepSyntax(
        each=reading.text(values.get("each"), "`each`"),
        do=_sent(reading, values),
        done=reading.words(values["done"], "`done`") if "done" in values else None,
        failed=reading.words(values["failed"], "`failed`") if "failed" in values else None,
        undo=_dispatch(reading, values.get("undo")),
        at=_start(node),
    )


def _start(node: Node) -> Position:
    """Return the position of a list item: that of its first key."""
    if isinstance(node, Mapping) and node.entries:
        return node.entries[0].key.at
    return node.at
