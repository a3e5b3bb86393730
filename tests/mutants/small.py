"""Small specs that are hostile by what they describe: most of them are valid."""

from __future__ import annotations

from random import Random

from tests.mutants import hostile

PATTERNS = (
    "^(a+)+$",
    "^(a|a)*$",
    r"^(\\s*\\w+\\s*)*$",
    "(.*)(.*)(.*)x",
    "(((a+)+)+)+",
    "^$",
    "a{9}",
)
SCALARS = ("string", "int", "float", "decimal", "bool", "uuid", "date", "datetime")
LEAST_AND_MOST: dict[str, dict[str, tuple[str, ...]]] = {
    "string": {"min_length": ("1", "999", "1000"), "max_length": ("0", "5", "1000000")},
    "int": {"min": ("-1", "1000", "9223372036854775806"), "max": ("2", "9223372036854775807")},
    "decimal": {"min": ("-0.001", "1e18"), "max": ("0.01", "9223372036854775807")},
    "list[int]": {"min_items": ("1", "9", "100"), "max_items": ("0", "5", "1000000")},
    "map[string]": {"min_items": ("1", "2", "100"), "max_items": ("0", "1")},
}
LOOPS = " ".join(f"for {name} in X" for name in hostile.NAMES)
CONDITIONS = {
    "string": (
        "X != ''",
        "X + X + X == X",
        f"len([h for a in [X] {hostile.GROWTH}]) > 1",
        "len(X) > 9",
    ),
    "int": ("X > 3", "X * X * X * X == 7", "X // (X - X) == 1", "X % X > 0", "max([X, X * X]) > X"),
    "decimal": ("X / X > 3", "round(X, 12) == X", "X * X * X * X * X > X"),
    "date": ("X > now().date()", "X == X"),
    "datetime": ("X > now()", "X.date() > X.date()"),
    "list[int]": (f"sum(1 {LOOPS}) > 3", f"len([a {LOOPS}]) > 3", "X[0] == 3", "sorted(X) != X"),
    "map[string]": ("len(X) > 3", "X['a'] == 'b'", "X.get('a', '') == ''"),
}


def small(random: Random) -> str:
    """Return a spec of one aggregate, with guards, whose event has every field of the state."""
    levels = random.choice((0, 0, 1, 2, 6, 8))
    types = [f"  T{n}: {{{_fields(random, 3, n < levels, n + 1)}}}" for n in range(levels + 1)]
    kinds = [
        random.choice((*SCALARS, *LEAST_AND_MOST)) for _ in range(random.choice((1, 3, 9, 40)))
    ]
    fields = ", ".join(f"f{n}_a: {_field(random, kind)}" for n, kind in enumerate(kinds))
    known = {f"f{n}_a": kind for n, kind in enumerate(kinds)}
    guards = [f'              rule_{n}: "{_condition(random, known)}"' for n in range(2)]
    rest = f"inner: {random.choice(('T0', 'T0?', 'list[T0]'))!r}, kind: E"
    return f"""\
meshgen: 1
name: notes
types:
  E: [{", ".join(f"m{n}" for n in range(random.choice((1, 2, 30, 500))))}]
{chr(10).join(types)}
services:
  note:
    store: {random.choice(("sqlite", "postgresql", "mongodb", "redis"))}
    aggregates:
      Note:
        id: note_id
        state: {{{fields}, {rest}}}
        events:
          NoteWritten: {{{fields}, {rest}}}
          NoteChanged: {{{fields}}}
        commands:
          WriteNote: {{roles: [writer], input: {{{fields}, {rest}}}, creates: NoteWritten}}
          ChangeNote:
            roles: [writer]
            requires:
{chr(10).join(guards)}
            emits: NoteChanged
gateway:
  auth: {{issuer: "https://id.example.com", audience: notes}}
"""


def _fields(random: Random, count: int, nested: bool, inner: int) -> str:
    kinds = [random.choice((*SCALARS, *LEAST_AND_MOST)) for _ in range(count)]
    fields = [f"f{n}_a: {_field(random, kind)}" for n, kind in enumerate(kinds)]
    holds = random.choice((f"T{inner}", f"T{inner}", f"T{inner}?", f"list[T{inner}]"))
    return ", ".join([*fields, *([f"inner: {holds!r}"] if nested else [])])


def _field(random: Random, kind: str) -> str:
    limits = LEAST_AND_MOST.get(kind, {})
    if not limits or random.random() < 0.5:
        return repr(kind + random.choice(("", "", "", "?")))
    if kind == "string" and random.random() < 0.5:
        return f'{{type: string, pattern: "{random.choice(PATTERNS)}"}}'
    name, values = random.choice(sorted(limits.items()))
    return f"{{type: {kind!r}, {name}: {random.choice(values)}}}"


def _condition(random: Random, known: dict[str, str]) -> str:
    if random.random() < 0.1:
        return hostile.expression(random, list(known)).replace("\\", "").replace('"', "'")
    name, kind = random.choice(sorted(known.items()))
    return random.choice(CONDITIONS.get(kind, ("X == X", "X != X"))).replace("X", name)
