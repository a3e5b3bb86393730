"""Pictures of specs: complete, laid out without overlap, the same every time, and harmless."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshgen.errors import MeshgenError
from meshgen.graph.layout import Size, laid_out
from meshgen.graph.mermaid import mermaid
from meshgen.graph.model import Edge, Graph, Vertex
from meshgen.graph.svg import svg
from meshgen.graph.views import context_map, event_flow, process
from meshgen.operations.graph import Format, View, picture
from meshgen.spec.check import read_spec

ROOT = Path(__file__).parents[2]
SPECS = [ROOT / "specs" / "shop.yaml", ROOT / "specs" / "minimal.yaml", ROOT / "docs/bookshop.yaml"]
GRAPHS = {
    f"{path.stem} {view.__name__}": view(read_spec(path))
    for path in SPECS
    for view in (context_map, event_flow)
} | {
    f"{path.stem} {saga.name}": process(service.name, saga)
    for path in SPECS
    for service in read_spec(path).services
    for saga in service.sagas
}
SHOP = read_spec(SPECS[0])


@pytest.mark.parametrize("graph", GRAPHS.values(), ids=GRAPHS)
def test_edges_join_vertices(graph: Graph) -> None:
    known = {vertex.id for vertex in graph.vertices}
    assert len(known) == len(graph.vertices)
    assert {end for edge in graph.edges for end in (edge.source, edge.target)} <= known


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Any small graph, with cycles, loops and labels."""
    names = [str(number) for number in range(draw(st.integers(1, 9)))]
    ends = st.sampled_from(names)
    labels = st.sampled_from([(), ("label",)])
    edges = draw(st.lists(st.builds(Edge, ends, ends, st.just("event"), labels), max_size=16))
    return Graph("any", tuple(Vertex(name, name, "service") for name in names), tuple(edges))


@given(graphs())
def test_any_graph_is_laid_out_without_overlap(graph: Graph) -> None:
    check_boxes_do_not_overlap(graph)
    assert ET.fromstring(svg(graph)) is not None


@pytest.mark.parametrize("graph", GRAPHS.values(), ids=GRAPHS)
def test_boxes_do_not_overlap(graph: Graph) -> None:
    check_boxes_do_not_overlap(graph)


def check_boxes_do_not_overlap(graph: Graph) -> None:
    boxes = {vertex.id: Size(100, 40) for vertex in graph.vertices}
    labels = [Size(60, 20) if edge.labels else None for edge in graph.edges]
    found = laid_out(graph, boxes, labels)
    places = [*found.places.values(), *(r.label for r in found.routes if r.label)]
    for one, other in itertools.combinations(places, 2):
        apart = abs(one.x - other.x) >= (one.size.width + other.size.width) / 2 - 1e-6
        below = abs(one.y - other.y) >= (one.size.height + other.size.height) / 2 - 1e-6
        assert apart or below
    assert all(-1e-6 <= place.x <= found.size.width + 1e-6 for place in places)
    assert all(-1e-6 <= place.y <= found.size.height + 1e-6 for place in places)


@pytest.mark.parametrize("graph", GRAPHS.values(), ids=GRAPHS)
def test_a_picture_is_the_same_every_time_and_well_formed(graph: Graph) -> None:
    assert svg(graph) == svg(graph)
    root = ET.fromstring(svg(graph))
    shown = {element.text for element in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {vertex.label for vertex in graph.vertices} <= shown
    assert {row for vertex in graph.vertices for row in vertex.rows} <= shown
    assert {label for edge in graph.edges for label in edge.labels} <= shown


def test_the_event_flow_of_the_shop_has_every_command_and_event() -> None:
    graph = event_flow(SHOP)
    names = {v.label for v in graph.vertices} | {row for v in graph.vertices for row in v.rows}
    for service in SHOP.services:
        for aggregate in service.aggregates:
            assert {e.name for e in aggregate.events} <= names
            assert {c.name for c in aggregate.commands} <= names
    assert Edge("cart.CheckOut", "order.PlaceOrder", "command", ("policy",), "CartCheckedOut") in (
        graph.edges
    )


def test_the_context_map_of_the_shop() -> None:
    edges = {(e.source, e.target, e.kind): e.labels for e in context_map(SHOP).edges}
    assert edges["product", "cart", "copy"] == ("copy of Product",)
    assert edges["order", "inventory", "command"] == ("ReserveStock", "ReleaseStock")
    assert edges["order", "inventory", "event"] == ("OrderShipped",)
    assert ("web", "catalog", "read") in edges


def test_a_saga_is_undone_in_reverse() -> None:
    graph = GRAPHS["shop Checkout"]
    name = {vertex.id: vertex.label for vertex in graph.vertices}
    undone = [(name[e.source], name[e.target]) for e in graph.edges if e.kind == "undo"]
    assert undone == [
        ("ReserveStock", "CancelOrder"),
        ("CapturePayment", "ReleaseStock"),
        ("ConfirmOrder", "RefundPayment"),
        ("ReleaseStock", "CancelOrder"),
        ("RefundPayment", "ReleaseStock"),
    ]


HOSTILE = '"]; click n0 href "javascript:x" <script>alert(1)</script> & --> `%%{init}%%`'


def test_no_text_becomes_markup() -> None:
    graph = Graph(
        HOSTILE,
        (Vertex("a", HOSTILE, "service", HOSTILE, (HOSTILE,)), Vertex("b", "b", "event")),
        (Edge("a", "b", "event", (HOSTILE,)), Edge("b", "a", "undo")),
    )
    root = ET.fromstring(svg(graph))
    assert root.get("aria-label") == HOSTILE
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags <= {"svg", "style", "defs", "marker", "path", "g", "rect", "text"}
    drawn = mermaid(graph)
    assert re.findall(r"<(?!br>|/?small>)", drawn) == []
    assert "javascript:" not in drawn
    assert drawn.count('"') == 2 * 2 + 2


def test_a_cycle_and_a_loop_are_drawn() -> None:
    vertices = tuple(Vertex(name, name, "service") for name in "abc")
    pairs = (("a", "b"), ("b", "c"), ("c", "a"), ("a", "a"))
    graph = Graph("cycle", vertices, tuple(Edge(a, b, "event", ("x",)) for a, b in pairs))
    arrows = ET.fromstring(svg(graph)).findall(".//{*}path[@class='arrow event']")
    assert len(arrows) == len(pairs)


def test_nothing_is_drawn_of_nothing() -> None:
    assert ET.fromstring(svg(Graph("empty", (), ()))) is not None


@pytest.mark.parametrize(
    ("view", "of", "message"),
    [
        (View.PROCESS, "Chekout", "there is no saga `Chekout`"),
        (View.EVENTS, "Checkout", "`--of` requires `--view process`"),
    ],
)
def test_what_cannot_be_drawn_is_said(view: View, of: str, message: str) -> None:
    with pytest.raises(MeshgenError) as raised:
        picture(SHOP, view, of, Format.SVG)
    assert raised.value.message == message
    assert raised.value.hint


def test_a_spec_without_a_saga() -> None:
    with pytest.raises(MeshgenError, match="has no saga"):
        picture(read_spec(SPECS[1]), View.PROCESS, None, Format.MERMAID)
