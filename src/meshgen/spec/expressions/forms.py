"""Forms of expressions other than functions: literals, operators, lists, maps, conditionals."""

from __future__ import annotations

from dataclasses import dataclass

from meshgen.spec.expressions.functions import Sample


@dataclass(frozen=True, slots=True)
class Form:
    """A form of expressions: its notation and its result."""

    form: str
    meaning: str
    samples: tuple[Sample, ...]


FORMS = (
    Form(
        '`12`, `9.90`, `"text"`, `True`, `False`, `None`',
        (
            "A literal. A number with a point is an exact `decimal` where a decimal is expected, "
            "otherwise a `float`."
        ),
        (Sample("total + 0.10", "34.90"),),
    ),
    Form(
        "`placed`",
        "A member of an enum, by its name, wherever the enum is expected.",
        (Sample("status == placed", "True"),),
    ),
    Form(
        "`a + b`, `a - b`, `a * b`, `a / b`, `a // b`, `a % b`, `-a`",
        (
            "Arithmetic of numbers; `+` also joins strings. An `int` is converted to `decimal` or "
            "`float` implicitly; these two cannot be mixed. `/` is not defined for two `int`s; "
            "`//` is the integer quotient."
        ),
        (
            Sample("total * 2 - 1", "68.60"),
            Sample("count // 2", "3"),
            Sample("count % 2", "1"),
            Sample('title + "!"', '"Emma!"'),
            Sample("-count", "-7"),
        ),
    ),
    Form(
        "`==`, `!=`, `<`, `<=`, `>`, `>=`",
        "Comparisons, which can be chained. Numbers, strings, dates and datetimes are ordered.",
        (Sample("0 < count <= 10", "True"), Sample("status != placed", "False")),
    ),
    Form(
        "`x in items`, `x not in items`",
        "Whether a list contains an item, or a map a key.",
        (Sample('"Emma" in stock', "True"), Sample("3 not in [1, 2]", "True")),
    ),
    Form(
        "`x is None`, `x is not None`",
        (
            "Whether an optional value is missing. After `and`, or in the branch of an `if`, the "
            "value is known to be present."
        ),
        (
            Sample("note is None", "True"),
            Sample('note.upper() if note is not None else "-"', '"-"'),
        ),
    ),
    Form(
        "`a and b`, `a or b`, `not a`",
        "Boolean logic. The right operand is evaluated only if the left one does not decide.",
        (Sample("count > 0 and not count > 10", "True"), Sample("count > 9 or total > 9", "True")),
    ),
    Form(
        "`a if condition else b`",
        "A conditional expression.",
        (Sample('"many" if count > 5 else "few"', '"many"'),),
    ),
    Form(
        "`line.quantity`, `lines[0]`, `stock[key]`",
        (
            "A field of a value object, an item of a list (from 0), the value of a key. A missing "
            "key makes the expression fail; see `get`."
        ),
        (Sample("lines[0].quantity", "2"), Sample('stock["Emma"]', "3")),
    ),
    Form(
        "`[a, b]`, `[*items, a]`, `[f(x) for x in items if condition]`",
        (
            "A list: of values, of another list's items and more, or a comprehension over a list "
            "or map."
        ),
        (
            Sample("[*[1, 2], 3]", "[1, 2, 3]"),
            Sample("[line.quantity for line in lines if line.quantity > 2]", "[3]"),
        ),
    ),
    Form(
        "`{key: value}`, `{**map, key: value}`, `{k: v for k, v in map.items() if condition}`",
        "A map, in the same ways. Quote it in YAML.",
        (
            Sample('{**stock, "Ivanhoe": 1}', '{"Emma": 3, "Persuasion": 0, "Ivanhoe": 1}'),
            Sample("{key: n for key, n in stock.items() if n > 0}", '{"Emma": 3}'),
        ),
    ),
    Form(
        "`Line(book_id=id, quantity=1, unit_price=5)`",
        "A value object, with its fields by name.",
        (Sample("Line(book_id=customer_id, quantity=1, unit_price=5).quantity", "1"),),
    ),
)
