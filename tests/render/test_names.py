"""Names that mean something in Python: `check` refuses them, or the generated code is right.

A spec for each kind of position, with every name on a line of its own: what a finding points at is
left out, and what remains must come out as Python in which every name means what it should.
"""

# ruff: noqa: E501 - a line for each thing of a spec, so that a finding points at one of them

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from meshgen.naming import pascal
from meshgen.operations.new import create
from meshgen.spec.check import check_text

# Of the language: words that an engineer may have a thing for, and one of every sort of the others.
# Then builtins, types, and what the generated modules import or define.
LISTED = """
    and async case class continue def del from global import is lambda match none not pass return
    true try type while yield

    abs all any bool bytes dict exception filter float format frozenset id input int len list map
    max min object open property range set slice sorted str sum super tuple vars warning

    generic iterator literal mapping optional protocol sequence text union

    adapters annotated answer answered_by aware_datetime backends base_model caller clock command context
    dataclass date datetime decide decimal domain enum event evolve failure field http known message
    messages mro name new_id now on package page path policies policy ports project pytest
    question refuse register replace replicas request require require_new root_model router row saga
    scenario self service state step system test test_unit time timedelta together types unit utc
    uuid uuid4 value
"""
WORDS = LISTED.split()
CLASSES = [*map(pascal, WORDS), "UUID", "ID", "UTC", "KeyError"]


def lines(form: str, names: Iterable[str]) -> str:
    """`form` for each name: `%` is the name, `#` a number."""
    filled = (form.replace("%", name).replace("#", str(n)) for n, name in enumerate(names))
    return "\n".join(filled)


def aggregates() -> str:
    event, command = (
        "Made#: {size: int}",
        "Make#: {roles: [user], input: {size: int}, creates: Made#}",
    )
    change = (
        "Change#: {roles: [user], input: {day: date}, requires: {r: size > 1}, emits: Changed#}"
    )
    form = f"      %: {{id: key#, state: {{size: int, day: date?}}, events: {{{event}, Changed#: {{day: date}}}}, commands: {{{command}, {change}}}}}"
    copies = "      copy#: {of: one.%, fields: [size]}"
    return f"""
services:
  one:
    store: sqlite
    aggregates:
{lines(form, CLASSES)}
    queries:
      Keeps: {{of: Keep, page: 2}}
  two:
    store: sqlite
    replicas:
{lines(copies, CLASSES)}
    aggregates:
{HOLDER}
""".replace("    aggregates:\n", f"    aggregates:\n{KEEP}\n", 1)


KEEP = "      Keep: {id: keep_id, state: {size: int}, events: {Kept: {size: int}}, commands: {DoKeep: {roles: [user], input: {size: int}, creates: Kept}}}"
HOLDER = "      Holder: {id: holder_id, state: {size: int, days: 'list[date]'}, events: {HolderMade: {size: int, days: 'list[date]'}}, commands: {MakeHolder: {roles: [user], input: {size: int, days: 'list[date]'}, creates: HolderMade}}}"


def services() -> str:
    form = "  %: {store: sqlite, aggregates: {A#: {id: id#, state: {size: int}, events: {Made#: {size: int}}, commands: {Make#: {roles: [user], input: {size: int}, creates: Made#}}}}, queries: {As: {of: A#, page: 5}}}"
    return f"services:\n  keep: {{store: sqlite, aggregates: {{{KEEP.strip()}}}}}\n{lines(form, WORDS)}"


def projections() -> str:
    form = "  %: {store: sqlite, key: {partition: [holder_id]}, row: {holder_id: uuid, size: int}, on: {one.HolderMade: {insert: {}}}, queries: {Rows: {page: 5}}}"
    return f"services:\n  one: {{store: sqlite, aggregates: {{{HOLDER.strip()}}}}}\nprojections:\n{lines(form, WORDS)}"


def bffs() -> str:
    form = "  %: {endpoints: {GET /a: {part: one.Keeps(size=1)}}}"
    service = f"services:\n  one: {{store: sqlite, aggregates: {{{KEEP.strip()}}}, queries: {{Keeps: {{of: Keep, by: size, page: 5, roles: [user]}}}}}}"
    endpoints = [
        lines(
            "      GET /%: {part: one.Keeps(size=1)}", (word.replace("_", "-") for word in WORDS)
        ),
        lines("      GET /at#/{%}: {part: one.Keeps(size=%)}", WORDS),
        lines("      GET /of#: {%: one.Keeps(size=1)}", WORDS),
        lines("      POST /at#/{%}: {do: one.DoKeep(size=%)}", WORDS),
    ]
    return (
        f"{service}\nbffs:\n  all:\n    endpoints:\n"
        + "\n".join(endpoints)
        + "\n"
        + lines(form, WORDS)
    )


def messages(form: str) -> Callable[[], str]:
    """Events or commands with these names, which a saga, a policy and a projection know."""

    def spec() -> str:
        events = (
            lines("          %: {size: int, day: date}", CLASSES)
            if form == "event"
            else "          Next: {size: int, day: date}"
        )
        commands = (
            lines(
                "          Do#: {roles: [user], input: {size: int, day: date}, emits: %}", CLASSES
            )
            if form == "event"
            else lines(
                "          %: {roles: [user], input: {size: int, day: date}, requires: {r: input.size > 1}, emits: Next}",
                CLASSES,
            )
        )
        return f"""
services:
  one:
    store: sqlite
    aggregates:
      Thing:
        id: thing_id
        state: {{size: int, day: date}}
        events:
          Begun: {{size: int, day: date}}
{events}
        commands:
          Begin: {{roles: [user], input: {{size: int, day: date}}, creates: Begun}}
{commands}
  two:
    store: sqlite
    aggregates:
{HOLDER}
    policies:
      - {{on: one.Begun, do: MakeHolder, with: {{holder_id: thing_id, days: "[day]"}}}}
""" + (
            lines(
                "      - {on: one.%, do: MakeHolder, with: {holder_id: thing_id, days: '[day]'}}",
                CLASSES,
            )
            + "\nprojections:\n  rows:\n    store: sqlite\n    key: {partition: [thing_id]}\n    row: {thing_id: uuid, size: int, day: date}\n    queries: {Rows: {page: 5}}\n    on:\n      one.Begun: {insert: {}}\n"
            + lines("      one.%: {update: {}}", CLASSES)
            if form == "event"
            else lines(
                "      - {on: HolderMade, do: one.%, with: {thing_id: holder_id, day: 'days[0]'}}",
                CLASSES,
            )
            + "\n    sagas:\n"
            + lines(
                "      Saga#: {of: holder_id, starts_on: HolderMade, steps: [{each: line in days, do: one.%, with: {thing_id: holder_id, day: line}}]}",
                CLASSES,
            )
        )

    return spec


def sagas() -> str:
    form = "      %: {of: holder_id, starts_on: HolderMade, deadline: 90s, steps: [{do: Check}], on_failure: Undo}"
    check = "Check: {emits: Checked}, Undo: {emits: Checked}"
    holder = HOLDER.replace("events: {", "events: {Checked: {}, ").replace(
        "commands: {", f"commands: {{{check}, "
    )
    return f"services:\n  one:\n    store: sqlite\n    aggregates:\n{holder}\n    sagas:\n{lines(form, CLASSES)}"


def types() -> str:
    enums = lines("  %: [first, second]", CLASSES)
    values = lines(
        "  %Too: {size: int, at: datetime, kind: {type: %, default: first}, price: {type: decimal, min: 0.5, default: 1}}",
        CLASSES,
    )
    state = lines("          a#: {type: %, default: first}\n          b#: {type: '%Too?'}", CLASSES)
    fields = lines(
        "            a#: {type: %, default: first}\n            b#: {type: '%Too?'}", CLASSES
    )
    inputs = fields.replace("            ", " " * 14)
    return f"""
types:
{enums}
{values}
services:
  one:
    store: sqlite
    aggregates:
      Thing:
        id: thing_id
        state:
{state}
        events:
          Begun:
{fields}
        commands:
          Begin:
            roles: [user]
            creates: Begun
            input:
{inputs}
    queries: {{Things: {{of: Thing, page: 5}}}}
"""


def values_of_types() -> str:
    """The same for value objects."""
    text = lines(
        "  %: {size: int, at: datetime, price: {type: decimal, min: 0.5, default: 1}}", CLASSES
    )
    state = lines("          a#: {type: '%?'}", CLASSES)
    fields = lines("            a#: {type: '%?'}", CLASSES)
    inputs = fields.replace("            ", " " * 14)
    return f"""
types:
{text}
services:
  one:
    store: sqlite
    aggregates:
      Thing:
        id: thing_id
        state:
{state}
        events:
          Begun:
{fields}
        commands:
          Begin:
            roles: [user]
            creates: Begun
            input:
{inputs}
"""


def fields() -> str:
    """Fields everywhere, members, operations, ports, roles."""
    six, eight, ten = " " * 6, " " * 8, " " * 10
    typed = "{type: int, default: 1}"
    return f"""
types:
  Kind:
    - first
{lines("    - %", WORDS)}
  Big:
    size: int
{lines(f"    %: {typed}", WORDS)}
services:
  one:
    store: sqlite
    ports:
{lines(f"{six}%: {{ask#: {{input: {{day: date}}, returns: {{ok: bool}}, simulated: {{ok: true}}}}}}", CLASSES)}
      Port:
{lines(f"{eight}%: {{input: {{day: date}}, returns: {{ok: bool}}, simulated: {{ok: true}}}}", WORDS)}
        known_one:
          simulated: {{ok: true}}
          input:
            day: date
{lines(f"            %: {typed}", WORDS)}
          returns:
            ok: bool
{lines(f"            %: {typed}", WORDS)}
    aggregates:
      Thing:
        id: thing_id
        state:
          size: int
          day: date
          big: "Big?"
          days: "list[date]"
{lines(f"{ten}%: {typed}", WORDS)}
        events:
          Begun:
            size: int
            day: date
            big: "Big?"
            days: "list[date]"
{lines(f"            %: {typed}", WORDS)}
        commands:
          Begin:
            roles:
              - user
{lines("              - %", WORDS)}
            creates: Begun
            input:
              size: int
              day: date
              big: "Big?"
              days: "list[date]"
{lines(f"              %: {typed}", WORDS)}
    queries:
      Things: {{of: Thing, page: 5}}
projections:
  rows:
    store: sqlite
    key: {{partition: [thing_id]}}
    on:
      one.Begun: {{insert: {{}}}}
    queries: {{Rows: {{page: 5}}}}
    row:
      thing_id: uuid
{lines(f"{six}%: {typed}", WORDS)}
"""


def variables() -> str:
    """Answers, rules, items, roles, what is kept."""
    six, step = (
        " " * 6,
        "steps: [{each: % in days, do: MakeHolder, with: {holder_id: thing_id, days: '[%]'}}]",
    )
    return f"""
services:
  one:
    store: sqlite
    ports: {{Port: {{look: {{input: {{day: date}}, returns: {{ok: bool}}, simulated: {{ok: true}}}}}}}}
    aggregates:
      Thing:
        id: thing_id
        state: {{size: int, day: date, days: "list[date]"}}
        events:
          Asked: {{ok: bool, size: int, days: "list[date]"}}
          Begun: {{size: int, day: date, days: "list[date]"}}
        commands:
          Begin:
            creates: Begun
            input: {{size: int, day: date, days: "list[date]"}}
            roles:
              - user
{lines("              - %", WORDS)}
{lines("          Keep#: {roles: [user], emits: {Asked: {ok: true, days: '[x for x in days if x < now().date()]'}}, requires: {%: size > #}}", WORDS)}
{lines("          Ask#: {roles: [user], emits: [{event: Asked, when: %.ok, with: {ok: true}}, {event: Asked, with: {ok: 'any(each for each in [False])'}}], calls: {%: Port.look(day=day)}}", WORDS)}
    queries:
      Things: {{of: Thing, page: 5, roles: [user]}}
  two:
    store: sqlite
    aggregates:
{HOLDER}
    sagas:
{lines(f"{six}Saga#: {{of: thing_id, starts_on: one.Asked, {step}}}", WORDS)}
scenarios:
  all roles:
{lines("    - {as: %, do: one.Begin, with: {size: 1, day: now().date(), days: '[]'}, keep: kept#}", WORDS)}
  all that is kept:
{lines("    - {as: user, do: one.Begin, with: {size: 1, day: now().date(), days: '[new_id() for x in [1]]'}, keep: %}".replace("[new_id() for x in [1]]", "[]"), WORDS)}
{lines("    - {as: user, see: one.Things, with: {thing_id: %}}", WORDS)}
"""


SPECS: dict[str, Callable[[], str]] = {
    "aggregates": aggregates,
    "services": services,
    "projections": projections,
    "bffs": bffs,
    "events": messages("event"),
    "commands": messages("command"),
    "sagas": sagas,
    "enums": types,
    "value objects": values_of_types,
    "fields": fields,
    "variables": variables,
}


def accepted(text: str) -> str:
    """The spec without the lines that findings point at."""
    text = (
        'meshgen: 1\nname: lab\ngateway: {auth: {issuer: "https://id.lab.example", audience: lab}}\n'
        + text
    )
    for _ in range(30):
        spec, findings = check_text("spec.yaml", text)
        if spec is not None:
            return text
        wrong = {finding.at.line for finding in findings}
        kept = text.splitlines()
        text = "\n".join(line for n, line in enumerate(kept, 1) if n not in wrong) + "\n"
    raise AssertionError(findings)


@pytest.mark.parametrize("position", SPECS)
def test_a_name_is_refused_or_comes_out_right(position: str, tmp_path: Path) -> None:
    text = SPECS[position]()
    left = accepted(text)
    assert len(left.splitlines()) > len(text.splitlines()) / 2
    (tmp_path / "spec.yaml").write_text(left, encoding="utf-8")
    root = create(tmp_path / "lab", tmp_path / "spec.yaml").target
    checks = [sys.executable, "-m", "ruff", "check", "--quiet", "--output-format=concise", "."]
    done = subprocess.run(checks, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
