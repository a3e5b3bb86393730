"""The graphs of a spec: context map, event flow and saga."""

from __future__ import annotations

from collections.abc import Iterator

from meshgen.graph.model import Edge, EdgeKind, Graph, Vertex
from meshgen.spec.model import Dispatch, Policy, Ref, Saga, Service, Spec, Step, Stream

Relation = tuple[str, str, EdgeKind]

_FAILED = "failed"


def context_map(spec: Spec) -> Graph:
    """Return units and external systems, and the messages and queries between them."""
    vertices = [Vertex(b.name, b.name, "bff", "BFF") for b in spec.bffs]
    vertices += [Vertex(s.name, s.name, "service", "service") for s in spec.services]
    vertices += [Vertex(p.name, p.name, "projection", "projection") for p in spec.projections]
    vertices += [Vertex(s.name, s.name, "stream", "stream") for s in spec.streams]
    vertices += [
        Vertex(_port(service, port.name), port.name, "port", "outside")
        for service in spec.services
        for port in service.ports
    ]
    relations: dict[Relation, dict[str, None]] = {}
    for source, target, kind, label in _relations(spec):
        if source != target:
            relations.setdefault((source, target, kind), {})[label] = None
    edges = tuple(
        Edge(source, target, kind, tuple(label for label in labels if label))
        for (source, target, kind), labels in relations.items()
    )
    return Graph(spec.name, tuple(vertices), edges)


def _port(service: Service, name: str) -> str:
    return f"{service.name}.{name}"


def _relations(spec: Spec) -> Iterator[tuple[str, str, EdgeKind, str]]:
    """Yield the relations between units, with their kinds and names."""
    for bff in spec.bffs:
        for endpoint in bff.endpoints:
            for part in endpoint.parts:
                yield bff.name, part.target.unit, "read", ""
            if endpoint.sends:
                command = endpoint.sends.command
                yield bff.name, command.unit, "command", command.name
    for service in spec.services:
        for replica in service.replicas:
            yield replica.of.unit, service.name, "copy", f"copy of {replica.of.name}"
        for policy in service.policies:
            yield policy.on.unit, service.name, "event", policy.on.name
            yield service.name, policy.do.unit, "command", policy.do.name
        for saga in service.sagas:
            yield saga.starts_on.unit, service.name, "event", saga.starts_on.name
            for dispatch in _sent(saga):
                yield service.name, dispatch.command.unit, "command", dispatch.command.name
        for port in service.ports:
            yield service.name, _port(service, port.name), "read", ""
    for projection in spec.projections:
        for reaction in projection.reactions:
            yield reaction.event.unit, projection.name, "event", reaction.event.name
    for stream in spec.streams:
        for event in stream.events:
            yield event.unit, stream.name, "event", event.name


def _sent(saga: Saga) -> Iterator[Dispatch]:
    """Return every command that a saga sends, compensations last."""
    yield from (step.do for step in saga.steps)
    yield from (step.undo for step in saga.steps if step.undo)
    if saga.on_failure:
        yield saga.on_failure


def event_flow(spec: Spec) -> Graph:
    """Return commands with their events, and policies, sagas, projections, streams that react."""
    vertices: list[Vertex] = []
    causes: dict[Ref, list[str]] = {}
    for service in spec.services:
        for aggregate in service.aggregates:
            for command in aggregate.commands:
                identity = _id(service.name, command.name)
                events = tuple(dict.fromkeys(emission.event for emission in command.emits))
                vertices.append(Vertex(identity, command.name, "command", service.name, events))
                for event in events:
                    causes.setdefault(Ref(unit=service.name, name=event), []).append(identity)
    for service in spec.services:
        for saga in service.sagas:
            note = f"saga of {service.name}"
            vertices.append(Vertex(_id(service.name, saga.name), saga.name, "saga", note))
    for projection in spec.projections:
        vertices.append(Vertex(projection.name, projection.name, "projection", "projection"))
    for stream in spec.streams:
        events = tuple(event.name for event in stream.emits)
        vertices.append(Vertex(stream.name, stream.name, "stream", _windows(stream), events))
        causes |= {Ref(unit=stream.name, name=event): [stream.name] for event in events}
    edges = [
        Edge(source, target, kind, labels, event.name)
        for event, target, kind, labels in _followed(spec)
        for source in causes.get(event, ())
    ]
    edges += [edge for service in spec.services for edge in _dispatched(service)]
    return Graph(spec.name, tuple(vertices), tuple(dict.fromkeys(edges)))


def _followed(spec: Spec) -> Iterator[tuple[Ref, str, EdgeKind, tuple[str, ...]]]:
    """Yield every event that has consumers, with a consumer."""
    for service in spec.services:
        for policy in service.policies:
            yield policy.on, _of(policy.do), "command", _policy(policy)
        for saga in service.sagas:
            yield saga.starts_on, _id(service.name, saga.name), "event", ()
    for projection in spec.projections:
        for reaction in projection.reactions:
            yield reaction.event, projection.name, "copy", ()
    for stream in spec.streams:
        for event in stream.events:
            yield event, stream.name, "copy", ()


def _windows(stream: Stream) -> str:
    window = stream.window
    every = f" every {duration(window.every)}" if window.every else ""
    return f"{window.kind} window, {duration(window.size)}{every}"


def _dispatched(service: Service) -> Iterator[Edge]:
    """Yield the commands of the sagas of a service; compensations are dashed."""
    for saga in service.sagas:
        steps = {_of(step.do.command) for step in saga.steps}
        for target in dict.fromkeys(_of(dispatch.command) for dispatch in _sent(saga)):
            kind: EdgeKind = "command" if target in steps else "undo"
            yield Edge(_id(service.name, saga.name), target, kind)


def _policy(policy: Policy) -> tuple[str, ...]:
    labels = ["policy"]
    labels += [f"for each {policy.each.variable}"] if policy.each else []
    labels += [f"after {duration(policy.after)}"] if policy.after else []
    return tuple(labels)


def process(service: str, saga: Saga) -> Graph:
    """Return the steps of a saga, and its compensations after a failure."""
    within = f", {duration(saga.deadline)} at most" if saga.deadline else ""
    vertices = [Vertex("start", saga.starts_on.name, "event", f"starts {saga.name}{within}")]
    edges: list[Edge] = []
    undone = _failing(saga)
    before, labels = "start", tuple[str, ...]()
    for index, step in enumerate(saga.steps):
        vertices.append(_step_box(index, step))
        edges.append(Edge(before, _step(index), "command", labels))
        failure = tuple(event.name for event in step.failed) or ("refused",)
        if index <= saga.pivot:  # after it, a refused command is sent again
            edges.append(Edge(_step(index), undone[index], "undo", failure))
        before, labels = _step(index), tuple(event.name for event in step.done)
    vertices.append(Vertex("end", "done", "outcome"))
    edges.append(Edge(before, "end", "command", labels))
    for index, step in enumerate(saga.steps):
        if step.undo and _undo(index) in undone:
            ref = step.undo.command
            note = f"{ref.unit}, undoes step {index + 1}"
            vertices.append(Vertex(_undo(index), ref.name, "policy", note))
            edges.append(Edge(_undo(index), undone[index], "undo"))
    vertices.append(_failure_box(saga))
    return Graph(_id(service, saga.name), tuple(vertices), tuple(edges))


def _step_box(index: int, step: Step) -> Vertex:
    each = f", for each {step.each.variable}" if step.each else ""
    note = f"{step.do.command.unit}{each}"
    return Vertex(_step(index), step.do.command.name, "command", note)


def _failure_box(saga: Saga) -> Vertex:
    if saga.on_failure is None:
        return Vertex(_FAILED, "failed", "outcome")
    ref = saga.on_failure.command
    return Vertex(_FAILED, ref.name, "policy", f"{ref.unit}, on failure")


def _failing(saga: Saga) -> list[str]:
    """Return the first compensation after the failure of each step."""
    found, last = [], _FAILED
    for index, step in enumerate(saga.steps):
        found.append(last)
        last = _undo(index) if step.undo else last
    return found


def _step(index: int) -> str:
    return f"step{index + 1}"


def _undo(index: int) -> str:
    return f"undo{index + 1}"


def _id(unit: str, name: str) -> str:
    return f"{unit}.{name}"


def _of(ref: Ref) -> str:
    return _id(ref.unit, ref.name)


def duration(seconds: int) -> str:
    """`900` -> `15m`."""
    for unit, length in (("d", 86_400), ("h", 3600), ("m", 60)):
        if seconds % length == 0:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"
