"""YAML with places: what a scalar means, and where everything stands."""

from __future__ import annotations

from decimal import Decimal

import pytest

from meshgen.spec.diagnostics import Position
from meshgen.spec.yaml.load import load
from meshgen.spec.yaml.tree import Mapping, Node, Plain, Scalar, Sequence


def value_of(text: str) -> Node:
    """The value of the only key of a text."""
    root, findings = load(text)
    assert root is not None
    assert not findings
    return root.entries[0].value


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("true", True),
        ("False", False),
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("12:30", "12:30"),
        ("2026-01-01", "2026-01-01"),
        ("7", 7),
        ("-7", -7),
        ("007", "007"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("19.90", Decimal("19.90")),
        (".5", Decimal("0.5")),
        ("1e3", 1000.0),
        (".inf", ".inf"),
        ("~", None),
        ("", None),
        ('""', ""),
        ("'true'", "true"),
        ('"7"', "7"),
        ("1.2.3", "1.2.3"),
        ("-", None),
        ("+", "+"),
    ],
)
def test_what_a_scalar_means(written: str, meant: Plain) -> None:
    node = value_of(f"key: {written}\n") if written != "-" else Scalar("", None, Position(1, 1))
    assert isinstance(node, Scalar)
    assert node.value == meant
    assert type(node.value) is type(meant)


def test_every_key_and_value_has_its_place() -> None:
    root, _ = load("a: 1\nb:\n  - {c: x}\n  - y\n")
    assert root is not None
    a, b = root.entries
    assert (a.key.at, a.value.at) == (Position(1, 1), Position(1, 4))
    assert isinstance(b.value, Sequence)
    first, second = b.value.items
    assert isinstance(first, Mapping)
    assert first.entries[0].key.at == Position(3, 6)
    assert second.at == Position(4, 5)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("k: a + b\n", Position(1, 8)),
        ('k: "a + b"\n', Position(1, 9)),
        ("k: 'a + b'\n", Position(1, 9)),
        ('k: "a \\u002b b"\n', Position(1, 4)),  # escaped: only the value's start is known
        ("k: a\n  + b\n", Position(1, 4)),  # folded over two lines, too
        ("é日🙂: a + b\n", Position(1, 10)),
    ],
)
def test_places_inside_a_text(text: str, place: Position) -> None:
    node = value_of(text)
    assert isinstance(node, Scalar)
    assert node.text == "a + b"
    assert node.inside(node.text.index("b")) == place


def test_a_part_of_a_text_has_its_own_place() -> None:
    node = value_of('k: "a + b"\n')
    assert isinstance(node, Scalar)
    part = node.part(4, 5)
    assert (part.text, part.at, part.inside(0)) == ("b", Position(1, 9), Position(1, 9))


def test_line_breaks_of_every_system() -> None:
    root, _ = load("a: 1\r\nb: 2\r\n")
    assert root is not None
    assert root.entries[1].key.at == Position(2, 1)


@pytest.mark.parametrize("opening", ["[", "{", "a: [", "- ", "? ", "[{a: "])
@pytest.mark.parametrize("times", [70, 1_000, 5_000])
def test_depth_is_bounded_by_meshgen_whatever_the_parser_allows(opening: str, times: int) -> None:
    """PyYAML has a limit of its own since 6.0.4, and meets it before it reports an event."""
    root, (finding,) = load("name: x\nservices:\n  " + opening * times)
    assert root is None
    assert finding.message == "nested deeper than 64 levels"
    assert finding.at.line == 3


def test_many_aliases_are_refused_one_by_one() -> None:
    bomb = "a: &a [x, x]\n" + "".join(
        f"{c}: &{c} [*{p}, *{p}]\n" for p, c in zip("ab", "bc", strict=True)
    )
    root, findings = load(bomb)
    assert root is not None
    assert len(findings) == 7
