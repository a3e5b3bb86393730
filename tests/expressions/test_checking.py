"""What an expression may say, and of what type it is."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from meshgen.spec import types as t
from meshgen.spec.expressions import Expression, ExpressionError, Scope, compile_expression

Compiled = Callable[..., Expression]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        # names, members, fields
        ("status == placed", "bool"),
        ("placed == status", "bool"),
        ("last_status == placed", "bool"),
        ("status in [placed, confirmed]", "bool"),
        ("placed", "OrderStatus"),
        ("shipped if listed else status", "OrderStatus?"),
        ("state.status == placed and input.quantity > 0", "bool"),
        ("line.quantity", "int"),
        ("authorization.approved", "bool"),
        ("products[product_id].price", "decimal"),
        ("products[line.product_id].listed", "bool"),
        # numbers
        ("on_hand - sum(reservations.values()) >= quantity", "bool"),
        ("quantity * unit_price", "decimal"),
        ("total * 1.1", "decimal"),
        ("total * (1 - 0.1)", "decimal"),
        ("0.5 < total <= 10", "bool"),
        ("weight * 1.1", "float"),
        ("quantity // 2 + quantity % 2", "int"),
        ("total / quantity", "decimal"),
        ("quantity", "decimal"),
        ("quantity", "float"),
        ("quantity", "decimal?"),
        ("0 if listed else total", "decimal"),
        ("19.90", "decimal"),
        ("-19.90", "decimal"),
        ("round(total)", "int"),
        ("round(total, 2)", "decimal"),
        ("abs(on_hand)", "int"),
        ("min(quantity, total, 1.5)", "decimal"),
        ("max(0.5, total)", "decimal"),
        ("max(reservations.values(), default=0)", "int"),
        ("max(x.quantity for x in lines)", "int"),
        ("sum(x.quantity * x.unit_price for x in lines)", "decimal"),
        ("sum(x.quantity * 1.5 for x in lines)", "decimal"),
        ("sum([1, 2])", "int"),
        # strings, dates
        ('title + "!"', "string"),
        ("title.strip().lower().startswith('a')", "bool"),
        ("'x' in title", "bool"),
        ("len(title) > 3", "bool"),
        ("at > placed_at", "bool"),
        ("now().date() >= due", "bool"),
        ("new_id()", "uuid"),
        # lists and maps
        ("[]", "list[int]"),
        ("{}", "map[uuid, CartItem]"),
        ("[1, 2.5]", "list[decimal]"),
        ("[quantity, 1]", "list[decimal]"),
        ("[*lines, line]", "list[OrderLine]"),
        ("lines[0].quantity", "int"),
        ("items[product_id].quantity", "int"),
        ("product_id in items", "bool"),
        ("quantity in reservations.values()", "bool"),
        ("reservations.get(product_id, 0)", "int"),
        ("reservations.get(product_id)", "int?"),
        ("labels['a'] == 'b'", "bool"),
        ("{**items, product_id: CartItem(quantity=1, unit_price=2)}", "map[uuid, CartItem]"),
        ("Address(street=title)", "Address"),
        ("Address(street=title, city=reason)", "Address"),
        ("{k: v for k, v in items.items() if k != product_id}", "map[uuid, CartItem]"),
        ("{k: 1 for k in items}", "map[uuid, decimal]"),
        ("[k for k in items.keys()]", "list[uuid]"),
        ("[x.quantity for x in lines if x.quantity > 1]", "list[decimal]"),
        ("sorted(tags)", "list[string]"),
        ("[a for x in lines for a in [x.quantity]]", "list[int]"),
        ("any(x.quantity > 3 for x in lines)", "bool"),
        ("all([x.quantity > 3 for x in lines])", "bool"),
        ("all(products[x.product_id].listed for x in lines)", "bool"),
        ("sum(v for _, v in reservations.items())", "int"),
        ("OrderLine(product_id=product_id, quantity=1, unit_price=2)", "OrderLine"),
        ("lines == []", "bool"),
        # what may be missing
        ("None", "string?"),
        ("reason", "string?"),
        ('"x"', "string?"),
        ("reason is None", "bool"),
        ("reason != None", "bool"),
        ('reason == "x"', "bool"),
        ("reason is not None and len(reason) > 3", "bool"),
        ("reason is None or len(reason) > 3", "bool"),
        ("not (reason is None) and len(reason) > 3", "bool"),
        ("reason if reason is not None else title", "string"),
        ("title if reason is None else reason", "string"),
        ("reason if listed else None", "string?"),
        ("extra is not None and extra.quantity > 1", "bool"),
        ("extra is not None and extra.note is not None and extra.note == title", "bool"),
        ("[x.note for x in lines if x.note is not None]", "list[string]"),
        ("limit is None or total <= limit", "bool"),
        ("state.limit is None or total <= state.limit", "bool"),
    ],
)
def test_well_typed(compiled: Compiled, source: str, expected: str) -> None:
    found = compiled(source, expected)
    assert str(found.type) == expected
    assert found.source == source
    assert found == compiled(source, expected)


def test_without_an_expected_type_the_expression_says_it(compiled: Compiled) -> None:
    assert compiled("reservations.get(product_id)").type == t.OptionalType(t.INT)
    assert compiled("1.5").type == t.FLOAT
    assert compiled("total * 1.5").type == t.DECIMAL


@pytest.mark.parametrize(
    ("source", "expected", "offset", "message", "hint"),
    [
        ("statuss == placed", "bool", 0, "`statuss` is not known here", "did you mean `status`?"),
        ("total + totl", "decimal", 8, "`totl` is not known here", "did you mean `total`?"),
        (
            "status == plced",
            "bool",
            10,
            "`plced` is not a member of OrderStatus",
            "did you mean `placed`?",
        ),
        (
            "x",
            "OrderStatus",
            0,
            "`x` is not a member of OrderStatus",
            "use one of `placed`, `confirmed`, `shipped`",
        ),
        (
            "placed",
            "string",
            0,
            "`placed` is not known here",
            "it is a member of OrderStatus, but no OrderStatus is expected here",
        ),
        ("listed and true", "bool", 11, "`true` is not known here", "write `True`"),
        (
            "state",
            "bool",
            0,
            "`state` is not a value by itself",
            "write `state.` and a field",
        ),
        ("state.totl > 1", "bool", 6, "`state` has no `totl`", "did you mean `total`?"),
        ("line.quantty", "int", 5, "an OrderLine has no `quantty`", "did you mean `quantity`?"),
        ("title.size", "int", 6, "a string has no field `size`", None),
        (
            "items.values",
            "int",
            6,
            "a map[uuid, CartItem] has no field `values`",
            "write `.values()`",
        ),
        ("title.uper()", "string", 6, "a string has no `uper()`", "did you mean `upper`?"),
        (
            "products[product_id].prise",
            "decimal",
            21,
            "the copies `products` hold no `prise`",
            "did you mean `price`?",
        ),
        (
            "products[quantity].price",
            "decimal",
            9,
            "`products` is known by uuid, `quantity` is an int",
            None,
        ),
        (
            "products[product_id]",
            "decimal",
            0,
            "a replica row is not a value",
            "write `products[product_id].` and a field",
        ),
        ("total", "int", 0, "`total` is a decimal, an int is expected", "write `round(total)`"),
        (
            "weight",
            "decimal",
            0,
            "`weight` is a float, a decimal is expected",
            "declare both as decimal: money is never a float",
        ),
        (
            "total * weight",
            "decimal",
            6,
            "a decimal and a float do not mix",
            "declare both as decimal: money is never a float",
        ),
        (
            "(quantity) / 2",
            "decimal",
            11,
            "`/` of two ints is not exact",
            "write `//` for whole numbers, or make one of them a decimal",
        ),
        ("title + 1", "string", 0, "`title` is a string, `+` takes numbers", None),
        ("tags + tags", "list[string]", 5, "lists cannot be added", "write `[*tags, *tags]`"),
        ("True + 1", "int", 0, "`True` is a bool, `+` takes numbers", None),
        ("2 ** 3", "int", 2, "this operator is not allowed here", "write a multiplication instead"),
        (
            "lines and listed",
            "bool",
            0,
            "`lines` is a list[OrderLine], a bool is expected",
            "write `len(lines) > 0`",
        ),
        (
            "not quantity",
            "bool",
            4,
            "`quantity` is an int, a bool is expected",
            "write `quantity > 0`",
        ),
        ("title == 1", "bool", 6, "a string is never equal to an int", None),
        ("title < 1", "bool", 6, "a string cannot be compared with an int", None),
        ("status < placed", "bool", 0, "`status` is an OrderStatus, which has no order", None),
        (
            "listed == True",
            "bool",
            10,
            "comparing with True is redundant",
            "write `listed` or `not listed`",
        ),
        ("listed and True", "bool", 11, "True has no effect here", "leave it out"),
        (
            "True if listed else False",
            "bool",
            0,
            "the condition already says that",
            "write `listed` or `not ...`",
        ),
        ("status is placed", "bool", 7, "`is` is only for None", "write `==` or `!=`"),
        (
            "total is None",
            "bool",
            0,
            "`total` is never missing",
            "only a `T?` can be None",
        ),
        ("None", "string", 0, "a string is required here", None),
        (
            "len(reason) > 1",
            "bool",
            4,
            "`reason` may be missing",
            "check first: `reason is not None and ...`, `... if reason is not None else ...`",
        ),
        ("reason", "string", 0, "`reason` may be missing", None),
        (
            "reservations.get(product_id) + 1",
            "int",
            0,
            "`reservations.get(product_id)` may be missing",
            None,
        ),
        ("reason is None and len(reason) > 1", "bool", 23, "`reason` may be missing", None),
        (
            "quantity in items",
            "bool",
            0,
            "`quantity` is an int, the keys of the map are uuid",
            None,
        ),
        ("1 in quantity", "bool", 5, "`quantity` is an int, nothing is `in` it", None),
        ("[]", None, 0, "the item type of this list is unknown here", None),
        ("[*tags, 1]", "list[string]", 8, "`1` is an int, a string is expected", None),
        ("[title, 1]", None, 8, "an int is not compatible with a string", None),
        (
            "items.values()",
            None,
            0,
            "this is a view, not a value",
            "write `[value for value in ...]`, or `sorted(...)`",
        ),
        (
            "[x for status in lines]",
            "list[int]",
            7,
            "`status` is already defined",
            "choose another name for the variable",
        ),
        (
            "[sum for sum in lines]",
            "list[int]",
            9,
            "`sum` is already defined",
            "choose another name for the variable",
        ),
        (
            "[k for k in items.items()]",
            None,
            7,
            "`.items()` yields pairs",
            "write `for key, value in ...`",
        ),
        (
            "[k for k, v in items]",
            None,
            7,
            "only one variable is allowed here",
            "write `.items()` to iterate over keys and values",
        ),
        ("sum(tags)", "int", 4, "`sum` takes numbers, not string", None),
        ("sum(1, 2)", "int", 0, "`sum` takes one argument", None),
        (
            "any(tags)",
            "bool",
            4,
            "`any` takes conditions",
            "write `any(condition for item in items)`",
        ),
        (
            "len(x for x in tags)",
            "int",
            3,
            "this has no length",
            "write `len([x for x in tags])`",
        ),
        ("sorted(items)", None, 7, "`sorted` needs ordered values, not uuid", None),
        ("round(total, quantity)", "decimal", 13, "the digits must be a number from 0 to 12", None),
        ("CartItem(quantity=1)", None, 0, "a CartItem also needs `unit_price`", None),
        ("Address(city=title)", None, 0, "an Address also needs `street`", None),
        (
            "CartItem(1, 2)",
            None,
            9,
            "the fields of CartItem must be given by name",
            "write `CartItem(quantity=...)`",
        ),
        (
            "CartItem(quantiti=1)",
            None,
            9,
            "a CartItem has no `quantiti`",
            "did you mean `quantity`?",
        ),
        (
            "OrderStatus(1)",
            None,
            0,
            "`OrderStatus` is an enum",
            "write one of its members: placed, confirmed, shipped",
        ),
        ("OrderStatus", None, 0, "`OrderStatus` is a type, not a value", None),
        ("summ(1)", "int", 0, "`summ` is not known here", "did you mean `sum`?"),
        ("title(1)", "int", 0, "`title` is not a function here", None),
        ("now", "datetime", 0, "`now` is a function", "write `now(...)`"),
        ("len(*tags)", "int", 4, "`*` is allowed in lists only: `[*lines, line]`", None),
        ("CartItem(**items)", None, 11, "`**` is not allowed in a call", None),
        ("1e400 * weight", "float", 0, "this number is too large", None),
        ("1e3", "decimal", 0, "write a decimal without an exponent", None),
    ],
)
def test_what_is_wrong_is_said_where_it_is(
    refusal: Callable[[str, str | None], tuple[int, str, str | None]],
    source: str,
    expected: str | None,
    offset: int,
    message: str,
    hint: str | None,
) -> None:
    found = refusal(source, expected)
    assert found[:2] == (offset, message)
    assert hint is None or found[2] == hint


def test_what_is_not_the_same_twice_is_refused_where_it_must_be() -> None:
    with pytest.raises(ExpressionError, match="is not allowed here: its value changes"):
        compile_expression("now()", Scope(), t.DATETIME)


def test_a_field_named_like_a_member_wins_only_if_it_can_be_meant() -> None:
    from meshgen.spec.expressions import Access, Member, Variable

    status = t.EnumType("Status", ("placed", "open"))
    scope = Scope(
        variables={
            "status": Variable("state", "status", status),
            "placed": Variable("input", "placed", t.BOOL),
            "open": Variable("input", "open", status),
        }
    )
    refs = compile_expression("status == placed", scope, t.BOOL).refs.values()
    assert Member(status, "placed") in refs
    refs = compile_expression("status == open", scope, t.BOOL).refs.values()
    assert Access(Variable("input", "open", status)) in refs
