"""Whatever a file holds, reading it ends with a spec or with findings: never with a traceback."""

from __future__ import annotations

import re
import time
import warnings
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from meshgen.cli.report.findings import text_of
from meshgen.errors import MeshgenError
from meshgen.spec.check import check_text, read_spec
from meshgen.spec.diagnostics import MOST_FINDINGS, SpecError
from meshgen.spec.yaml.load import MAX_BYTES, lines_of

SHOP = (Path(__file__).parents[2] / "specs" / "shop.yaml").read_text(encoding="utf-8")
LINES = SHOP.splitlines(keepends=True)
WORDS = sorted(set(re.findall(r"[A-Za-z_]+|[^\sA-Za-z_]", SHOP)))
NASTY = [
    *("", " ", "\n", "\t", "'", '"', '"""', "\\", "{{ 7 * 7 }}", "{% raw %}", "${HOME}", "$(id)"),
    *(
        "../../etc/passwd",
        "/etc/passwd",
        "con",
        "NUL",
        "a\x00b",
        "\x07",
        "\ufeff",
        "\u202e",
        "\u2028",
    ),
    *(
        "é",
        "日本語",
        "🙂",
        "\U0010ffff",
        "None",
        "class",
        "__import__('os')",
        "*",
        "&a",
        "!!python/x",
    ),
    *("<<", "[" * 80, "{" * 80, "(" * 400, "-" * 300 + "1", "9" * 50, "1e999", ".inf", ".nan", "~"),
    *(
        "null",
        "yes",
        "12:30",
        "0x1F",
        "0o17",
        "1_000",
        "2026-01-01",
        "- - -",
        "? ",
        "a: b: c",
        "---",
    ),
    *("%YAML 1.1", "...", "lambda: 0", "x := 1", "f'{x}'", "a" * 5000, "not " * 500 + "x", "`id`"),
    *("x" + ".y" * 500, "[x for x in x]" * 3, "[[a]", "a{,3}", "\\Z", "(?=a)", "a" + "?" * 40),
]
TOKENS = ["a: ", "- ", "[", "]", "{", "}", ", ", "\n", "  ", "'", '"', "|", ">", "&a ", "*a", "!t "]
TOKENS += ["#", "? ", ": "]
PIECES = ["text", "count", "now()", "(", ")", "[", "]", "{", "}", ",", ".", ":", "=", "==", "for"]
PIECES += ["in", "if", "else", "x", "lambda", "*", "**", "not", "and", "1", '"', "'", "Post.send("]
PIECES += ["text=", " ", "await", "yield", ":=", "1if", "0_0", "\\d"]
FUZZ = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
nasty = st.one_of(st.sampled_from(NASTY), st.text(max_size=40), st.sampled_from(WORDS))


def outcome(text: str) -> str:
    """Check a text; hold what must be so of every outcome; return what is printed."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        spec, findings = check_text("spec.yaml", text)
    assert (spec is None) == bool(findings)
    last = len(lines_of(text))
    for finding in findings:
        assert 1 <= finding.at.line <= last + 1
        assert finding.at.column >= 1
        assert finding.message
    printed = text_of(SpecError("spec.yaml", text, findings))
    assert all(line.isprintable() for line in printed.splitlines())
    return printed


@FUZZ
@given(st.text(max_size=300))
@example("a: &a [*a]")
@example("? {a: b}\n: c")
@example("a: |2-\n   x")
def test_any_text(text: str) -> None:
    outcome(text)


@FUZZ
@given(st.binary(max_size=300))
@example(b"\xff\xfem\x00")
@example(b"\xef\xbb\xbfmeshgen: 1\n")
@example(b"\x80abc")
def test_any_bytes(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "spec.yaml"
    path.write_bytes(data)
    with pytest.raises(MeshgenError):
        read_spec(path)


@FUZZ
@given(
    st.lists(
        st.sampled_from(
            [
                "a: ",
                "- ",
                "[",
                "]",
                "{",
                "}",
                ", ",
                "\n",
                "  ",
                "'",
                '"',
                "|",
                ">",
                "&a ",
                "*a",
                "!t ",
                "#",
                "? ",
                ": ",
            ]
        ),
        max_size=60,
    )
)
def test_any_yaml_tokens(tokens: list[str]) -> None:
    outcome("meshgen: 1\n" + "".join(tokens))


@FUZZ
@given(st.data())
def test_the_shop_with_lines_moved(data: st.DataObject) -> None:
    lines = list(LINES)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(lines) - 1))
        how = data.draw(st.sampled_from(["drop", "double", "swap", "indent", "outdent"]))
        if how == "drop":
            del lines[at]
        elif how == "double":
            lines.insert(at, lines[at])
        elif how == "swap":
            other = data.draw(st.integers(0, len(lines) - 1))
            lines[at], lines[other] = lines[other], lines[at]
        elif how == "indent":
            lines[at] = "  " + lines[at]
        else:
            lines[at] = lines[at].removeprefix("  ")
    outcome("".join(lines))


@FUZZ
@given(st.data())
def test_the_shop_with_words_replaced(data: st.DataObject) -> None:
    places = [m.span() for m in re.finditer(r"[A-Za-z_]+|[0-9.]+|[^\sA-Za-z_0-9]", SHOP)]
    text = SHOP
    chosen = data.draw(st.lists(st.sampled_from(places), min_size=1, max_size=4, unique=True))
    for start, end in sorted(chosen, reverse=True):
        text = text[:start] + data.draw(nasty) + text[end:]
    outcome(text)


@FUZZ
@given(st.sampled_from(WORDS), nasty)
def test_the_shop_with_a_name_replaced_everywhere(word: str, replacement: str) -> None:
    assume(word.isidentifier())
    outcome(re.sub(rf"\b{word}\b", lambda _: replacement, SHOP))


def quoted(text: str) -> str:
    """A text as YAML that holds it exactly, whatever is in it."""
    return '"' + "".join(f"\\U{ord(c):08x}" for c in text if not "\ud800" <= c <= "\udfff") + '"'


SLOTS = {
    "name": "name: {}\n",
    "summary": "summary: {}\n",
    "type": "types: {{Slot: {{field: {}}}}}\n",
    "type name": "types: {{{}: [a, b]}}\n",
    "member": "types: {{Slot: [{}]}}\n",
    "pattern": "types: {{Slot: {{field: {{type: string, pattern: {}}}}}}}\n",
    "default": "types: {{Slot: {{field: {{type: string, default: {}}}}}}}\n",
    "issuer": "gateway: {{auth: {{issuer: {}, audience: shop}}}}\n",
    "origin": "gateway: {{auth: {{issuer: 'https://a.b', audience: shop}}, cors: [{}]}}\n",
    "retention": "event_hub: {{retention: {}}}\n",
    "endpoint": "bffs: {{web: {{endpoints: {{{}: {{part: a.B()}}}}}}}}\n",
    "part": "bffs: {{web: {{endpoints: {{GET /home: {{part: {}}}}}}}}}\n",
    "scenario": "scenarios: {{{}: [{{as: a, do: b.C}}]}}\n",
    "process": "processes: {{{}: [a]}}\n",
}


@settings(FUZZ, max_examples=500)
@given(st.sampled_from(sorted(SLOTS)), nasty)
def test_a_hostile_text_in_every_place(slot: str, text: str) -> None:
    outcome("meshgen: 1\n" + SLOTS[slot].format(quoted(text)))


EXPRESSION = """
meshgen: 1
name: notes
services:
  note:
    store: sqlite
    ports:
      Post:
        send: {{input: {{text: string}}, returns: {{sent: bool}}, simulated: {{sent: {0}}}}}
    aggregates:
      Note:
        id: note_id
        state: {{text: string, count: {{type: int, default: 0}}}}
        events: {{NoteWritten: {{text: string, sets: {{count: {0}}}}}}}
        commands:
          WriteNote:
            input: {{text: string}}
            requires: {{rule: {0}}}
            calls: {{answer: {0}}}
            creates: {{NoteWritten: {{text: {0}}}}}
    policies: [{{on: NoteWritten, each: {0}, do: WriteNote, with: {{text: {0}}}}}]
"""


@settings(FUZZ, max_examples=300)
@given(nasty | st.lists(st.sampled_from(PIECES), max_size=14).map(" ".join))
def test_a_hostile_expression_in_every_place(text: str) -> None:
    outcome(EXPRESSION.format(quoted(text)))


def test_many_findings_in_one_line_do_not_take_long() -> None:
    services = ", ".join(f"o{n}.B: {{}}" for n in range(4000))
    before = time.process_time()
    outcome(f"meshgen: 1\nservices: {{{services}}}\n")
    assert time.process_time() - before < 10


@pytest.mark.parametrize(
    "text",
    [
        "meshgen: 1\nname: shop\n" + "".join(f"a{number}: 1\n" for number in range(3000)),
        "meshgen: 1\nname: shop\n" + "a: 1\n" * 3000,
        "meshgen: 1\nname: shop\nservices:\n"
        + "".join(f"  s{number}: {{}}\n" for number in range(3000)),
    ],
    ids=["unknown", "duplicate", "incomplete"],
)
def test_after_a_thousand_findings_nothing_more_is_looked_for(text: str) -> None:
    spec, findings = check_text("shop.yaml", text)
    assert spec is None
    assert MOST_FINDINGS - 1 <= len(findings) <= MOST_FINDINGS + 1
    assert "and more that are not shown" in str(SpecError("shop.yaml", text, findings * 2))


def test_a_spec_has_a_largest_size(tmp_path: Path) -> None:
    path = tmp_path / "shop.yaml"
    path.write_bytes(b"#" * (MAX_BYTES + 1))
    with pytest.raises(MeshgenError, match="larger than 1 MB"):
        read_spec(path)
