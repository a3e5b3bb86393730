"""What expressions are made of beside functions: literals, operators, lists, maps, choices."""

from __future__ import annotations

from dataclasses import dataclass

from meshgen.spec.expressions.functions import Sample


@dataclass(frozen=True, slots=True)
class Form:
    """A form of expressions: how it is written, and what it gives."""

    form: str
    meaning: str
    samples: tuple[Sample, ...]


FORMS = (
    Form(
        '`12`, `9.90`, `"text"`, `True`, `False`, `None`',
        "A literal. A number with a point is a `decimal` where a decimal is wanted, digit for "
        "digit, else a `float`.",
        (Sample("total + 0.10", "34.90"),),
    ),
    Form(
        "`placed`",
        "A member of an enum is written by its name, wherever the enum is wanted.",
        (Sample("status == placed", "True"),),
    ),
    Form(
        "`a + b`, `a - b`, `a * b`, `a / b`, `a // b`, `a % b`, `-a`",
        "Arithmetic of numbers; `+` joins strings, too. An `int` becomes a `decimal` or a `float` "
        "by itself, those two do not mix. `/` takes no two `int`s; `//` is a whole quotient.",
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
        "Comparisons, also in a chain. Numbers, strings, dates and datetimes have an order.",
        (Sample("0 < count <= 10", "True"), Sample("status != placed", "False")),
    ),
    Form(
        "`x in items`, `x not in items`",
        "Whether a list has an item, or a map a key.",
        (Sample('"Emma" in stock', "True"), Sample("3 not in [1, 2]", "True")),
    ),
    Form(
        "`x is None`, `x is not None`",
        "Whether an optional value is missing. What follows `and`, or stands under `if`, may then "
        "take it as being there.",
        (
            Sample("note is None", "True"),
            Sample('note.upper() if note is not None else "-"', '"-"'),
        ),
    ),
    Form(
        "`a and b`, `a or b`, `not a`",
        "Logic. The right side is evaluated only if the left one does not decide.",
        (Sample("count > 0 and not count > 10", "True"), Sample("count > 9 or total > 9", "True")),
    ),
    Form(
        "`a if condition else b`",
        "A choice.",
        (Sample('"many" if count > 5 else "few"', '"many"'),),
    ),
    Form(
        "`line.quantity`, `lines[0]`, `stock[key]`",
        "A field of a value object, an item of a list (from 0), the value of a key. A key that is "
        "not there makes the expression fail; see `get`.",
        (Sample("lines[0].quantity", "2"), Sample('stock["Emma"]', "3")),
    ),
    Form(
        "`[a, b]`, `[*items, a]`, `[f(x) for x in items if condition]`",
        "A list: of values, of the items of another with more, of what a list or map gives.",
        (
            Sample("[*[1, 2], 3]", "[1, 2, 3]"),
            Sample("[line.quantity for line in lines if line.quantity > 2]", "[3]"),
        ),
    ),
    Form(
        "`{key: value}`, `{**map, key: value}`, `{k: v for k, v in map.items() if condition}`",
        "A map, in the same ways. In YAML it needs quotes around it.",
        (
            Sample('{**stock, "Ivanhoe": 1}', '{"Emma": 3, "Persuasion": 0, "Ivanhoe": 1}'),
            Sample("{key: n for key, n in stock.items() if n > 0}", '{"Emma": 3}'),
        ),
    ),
    Form(
        "`Line(book_id=id, quantity=1, unit_price=5)`",
        "A value object: its type, and its fields by name.",
        (Sample("Line(book_id=customer_id, quantity=1, unit_price=5).quantity", "1"),),
    ),
)
