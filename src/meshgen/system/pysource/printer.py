"""Print a checked expression as idiomatic Python.

Parentheses stand only where Python needs them, or where its linters want them; forms that they
object to (`not a in b`, `x in d.keys()`, `0 < x`) are put the usual way.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from meshgen.naming import constant
from meshgen.spec.expressions import Access, Construction, Expression, Lookup, Member
from meshgen.spec.types import DECIMAL, FLOAT, EnumType, OptionalType
from meshgen.system.pysource import literals

CONDITIONAL, OR, AND, NOT, COMPARE, SUM, PRODUCT, UNARY, PRIMARY = range(1, 10)
_BINARY: Mapping[type[ast.AST], tuple[str, int]] = {
    ast.Add: ("+", SUM),
    ast.Sub: ("-", SUM),
    ast.Mult: ("*", PRODUCT),
    ast.Div: ("/", PRODUCT),
    ast.FloorDiv: ("//", PRODUCT),
    ast.Mod: ("%", PRODUCT),
}
_COMPARE: Mapping[type[ast.AST], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
}
_NEGATED = {"==": "!=", "is": "is not", "in": "not in"}
_NEGATED |= {no: yes for yes, no in _NEGATED.items()}
_MIRRORED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<=", "is": "is"}
_MIRRORED |= {"is not": "is not"}

_TAKEN = ("context", "dict", "float", "list")

Code = tuple[str, int]


class Printer:
    """One pass over one expression."""

    def __init__(
        self,
        expression: Expression,
        prefixes: Mapping[str, str],
        rows: Mapping[tuple[str, str], str],
    ) -> None:
        self._of = expression
        self._prefixes = prefixes
        self._rows = rows
        self._names = {node.id for node in ast.walk(expression.tree) if isinstance(node, ast.Name)}
        self._taken = {*_TAKEN, *(prefix.partition(".")[0] for prefix in prefixes.values())}
        self._taken |= {name.partition(".")[0] for name in rows.values()}
        self._renamed: dict[str, str] = {}

    def text(self, node: ast.expr, least: int = CONDITIONAL) -> str:
        """Return the code of `node`, in parentheses if it binds weaker than `least`."""
        code, binds = self._code(node)
        return f"({code})" if binds < least else code

    def _code(self, node: ast.expr) -> Code:
        target = self._of.conversions.get(node)
        if target == DECIMAL:
            return f"Decimal({self._plain(node)[0]})", PRIMARY
        code, binds = self._plain(node)
        if target == FLOAT:
            whole = node.operand if isinstance(node, ast.UnaryOp) else node
            if isinstance(whole, ast.Constant):
                return f"{code}.0", binds
            return f"float({code})", PRIMARY
        return code, binds

    def _plain(self, node: ast.expr) -> Code:
        printers: dict[type[ast.expr], Callable[[Any], Code]] = {
            ast.Constant: self._constant,
            ast.Name: self._name,
            ast.Attribute: self._attribute,
            ast.Subscript: self._subscript,
            ast.BinOp: self._binary,
            ast.UnaryOp: self._unary,
            ast.BoolOp: self._boolean,
            ast.Compare: self._comparison,
            ast.IfExp: self._conditional,
            ast.Call: self._call,
            ast.List: self._list,
            ast.Dict: self._dict,
            ast.ListComp: self._list_comprehension,
            ast.DictComp: self._dict_comprehension,
            ast.GeneratorExp: self._generator,
        }
        return printers[type(node)](node)

    def _constant(self, node: ast.Constant) -> Code:
        return literals.literal(node.value), PRIMARY

    def _name(self, node: ast.Name) -> Code:
        ref = self._of.refs[node]
        if isinstance(ref, Member):
            return f"{ref.enum.name}.{constant(ref.member)}", PRIMARY
        if node.id in self._renamed:
            return self._renamed[node.id], PRIMARY
        assert isinstance(ref, Access)
        return self._variable(ref), PRIMARY

    def _variable(self, ref: Access) -> str:
        name = ref.variable.name
        if ref.variable.kind == "answer":
            return f"{ref.record}.{name}"
        prefix = self._prefixes.get(ref.variable.kind)
        return f"{prefix}.{name}" if prefix else name

    def _attribute(self, node: ast.Attribute) -> Code:
        ref = self._of.refs.get(node)
        if isinstance(ref, Access):
            return self._variable(ref), PRIMARY
        lookup = self._of.refs.get(node.value)
        owner = self._row(lookup) if isinstance(lookup, Lookup) else self.text(node.value, PRIMARY)
        return f"{owner}.{node.attr}", PRIMARY

    def _row(self, lookup: Lookup) -> str:
        replica, key = lookup.replica.name, self.text(lookup.key)
        if (replica, key) in self._rows:
            return self._rows[replica, key]
        return f"context.get({replica}, {key})"

    def _subscript(self, node: ast.Subscript) -> Code:
        return f"{self.text(node.value, PRIMARY)}[{self.text(node.slice)}]", PRIMARY

    def _binary(self, node: ast.BinOp) -> Code:
        symbol, binds = _BINARY[type(node.op)]
        return f"{self.text(node.left, binds)} {symbol} {self.text(node.right, binds + 1)}", binds

    def _unary(self, node: ast.UnaryOp) -> Code:
        operand = node.operand
        if isinstance(node.op, ast.USub):
            value = operand.value if isinstance(operand, ast.Constant) else None
            if isinstance(value, Decimal) and value and operand not in self._of.conversions:
                return literals.literal(-value), PRIMARY
            return f"-{self.text(operand, UNARY)}", UNARY
        if isinstance(operand, ast.UnaryOp) and isinstance(operand.op, ast.Not):
            return self._code(operand.operand)
        if isinstance(operand, ast.Compare) and len(operand.ops) == 1:
            left, symbol, right = self._compared(operand)
            if symbol in _NEGATED:
                return f"{left} {_NEGATED[symbol]} {right}", COMPARE
        return f"not {self.text(operand, NOT)}", NOT

    def _boolean(self, node: ast.BoolOp) -> Code:
        if isinstance(node.op, ast.And):
            return " and ".join(self.text(value, NOT) for value in node.values), AND
        parts = [self.text(value, NOT) for value in node.values]
        return " or ".join(parts), OR

    def _comparison(self, node: ast.Compare) -> Code:
        if len(node.ops) == 1:
            return " ".join(self._compared(node)), COMPARE
        code = self.text(node.left, SUM)
        operands = [node.left, *node.comparators]
        for op, left, right in zip(node.ops, operands, node.comparators, strict=False):
            code += f" {self._symbol(left, op, right)} {self._compared_with(op, right)}"
        return code, COMPARE

    def _compared(self, node: ast.Compare) -> tuple[str, str, str]:
        left, op, right = node.left, node.ops[0], node.comparators[0]
        symbol = self._symbol(left, op, right)
        if symbol in _MIRRORED and self._fixed(left) and not self._fixed(right):
            return self.text(right, SUM), _MIRRORED[symbol], self.text(left, SUM)
        return self.text(left, SUM), symbol, self._compared_with(op, right)

    def _symbol(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> str:
        symbol = _COMPARE[type(op)]
        kinds = (self._of.types[left], self._of.types[right])
        single = any(isinstance(s, ast.Constant) and s.value is None for s in (left, right))
        for kind in kinds:
            bare = kind.item if isinstance(kind, OptionalType) else kind
            single = single or isinstance(bare, EnumType)
        if single and symbol in ("==", "!="):
            return "is" if symbol == "==" else "is not"
        return symbol

    def _compared_with(self, op: ast.cmpop, right: ast.expr) -> str:
        if not isinstance(op, ast.In | ast.NotIn):
            return self.text(right, SUM)
        if isinstance(right, ast.List) and right.elts:
            inner = self._elements(right)
            return f"({inner},)" if len(right.elts) == 1 else f"({inner})"
        return self._without_keys(right, SUM)

    def _fixed(self, node: ast.expr) -> bool:
        match node:
            case ast.Constant():
                return True
            case ast.Name():
                return isinstance(self._of.refs.get(node), Member)
            case ast.UnaryOp(operand=operand):
                return self._fixed(operand)
            case ast.BinOp(left=left, right=right):
                return self._fixed(left) and self._fixed(right)
            case ast.List(elts=elements):
                return all(self._fixed(element) for element in elements)
            case _:
                return False

    def _conditional(self, node: ast.IfExp) -> Code:
        body, test = self.text(node.body, OR), self.text(node.test, OR)
        return f"{body} if {test} else {self.text(node.orelse)}", CONDITIONAL

    def _call(self, node: ast.Call) -> Code:
        ref = self._of.refs.get(node)
        arguments = [self.text(argument) for argument in node.args]
        arguments += [f"{keyword.arg}={self.text(keyword.value)}" for keyword in node.keywords]
        if isinstance(ref, Construction):
            return f"{ref.object.name}({', '.join(arguments)})", PRIMARY
        if isinstance(node.func, ast.Attribute):
            owner, method = self.text(node.func.value, PRIMARY), node.func.attr
            if method == "get" and arguments[1:] == ["None"]:
                arguments.pop()
            return f"{owner}.{method}({', '.join(arguments)})", PRIMARY
        assert isinstance(node.func, ast.Name)
        return self._function(node, node.func.id, arguments), PRIMARY

    def _function(self, node: ast.Call, name: str, arguments: list[str]) -> str:
        if name in ("now", "new_id"):
            if name in self._prefixes:
                return self._prefixes[name]
            return "context.now" if name == "now" else "context.new_id()"
        kind = self._of.types[node]
        if name == "sum" and kind in (DECIMAL, FLOAT):
            arguments = [*arguments, "Decimal(0)" if kind == DECIMAL else "0.0"]
        elif len(arguments) == 1 and isinstance(node.args[0], ast.GeneratorExp):
            arguments = [self._argument(node.args[0])]
        elif name in ("any", "all") and isinstance(node.args[0], ast.ListComp):
            comprehension = node.args[0]
            arguments = [self._body(comprehension.elt, comprehension.generators)]
        return f"{name}({', '.join(arguments)})"

    def _list(self, node: ast.List) -> Code:
        return f"[{self._elements(node)}]", PRIMARY

    def _elements(self, node: ast.List) -> str:
        return ", ".join(
            f"*{self.text(element.value, OR)}"
            if isinstance(element, ast.Starred)
            else self.text(element)
            for element in node.elts
        )

    def _dict(self, node: ast.Dict) -> Code:
        parts = [
            f"**{self.text(value, OR)}" if key is None else f"{self.text(key)}: {self.text(value)}"
            for key, value in zip(node.keys, node.values, strict=True)
        ]
        return f"{{{', '.join(parts)}}}", PRIMARY

    def _list_comprehension(self, node: ast.ListComp) -> Code:
        if _same(node.generators, node.elt) and node.elt not in self._of.conversions:
            items = node.generators[0].iter
            if isinstance(items, ast.GeneratorExp):
                return f"[{self._argument(items)}]", PRIMARY
            return f"list({self._argument(items)})", PRIMARY
        return f"[{self._body(node.elt, node.generators)}]", PRIMARY

    def _dict_comprehension(self, node: ast.DictComp) -> Code:
        clause = node.generators[0]
        plain = node.key not in self._of.conversions and node.value not in self._of.conversions
        if plain and _same(node.generators, node.key, node.value):
            assert isinstance(clause.iter, ast.Call)
            assert isinstance(clause.iter.func, ast.Attribute)
            return f"dict({self.text(clause.iter.func.value)})", PRIMARY
        if plain and _same(node.generators, node.key) and isinstance(node.value, ast.Constant):
            keys = self._without_keys(clause.iter, CONDITIONAL)
            return f"dict.fromkeys({keys}, {self.text(node.value)})", PRIMARY
        return f"{{{self._body(node.key, node.generators, node.value)}}}", PRIMARY

    def _generator(self, node: ast.GeneratorExp) -> Code:
        return f"({self._body(node.elt, node.generators)})", PRIMARY

    def _body(
        self,
        element: ast.expr,
        clauses: list[ast.comprehension],
        value: ast.expr | None = None,
    ) -> str:
        renamed = dict(self._renamed)
        code = ""
        for clause in clauses:
            items = self._without_keys(clause.iter, OR)
            code += f" for {self._target(clause.target)} in {items}"
            code += "".join(f" if {self.text(condition, OR)}" for condition in clause.ifs)
        head = self.text(element)
        if value is not None:
            head += f": {self.text(value)}"
        self._renamed = renamed
        return head + code

    def _target(self, target: ast.expr) -> str:
        if isinstance(target, ast.Tuple):
            return ", ".join(self._target(variable) for variable in target.elts)
        assert isinstance(target, ast.Name)
        free = target.id
        while free in self._taken or (free != target.id and free in self._names):
            free += "_"
        self._renamed[target.id] = free
        return free

    def _argument(self, node: ast.expr) -> str:
        """Print `node` as the only argument of a call: a generator needs no parentheses there."""
        code = self._without_keys(node, CONDITIONAL)
        return code[1:-1] if isinstance(node, ast.GeneratorExp) else code

    def _without_keys(self, node: ast.expr, least: int) -> str:
        """Print `items.keys()` as `items` where both are equivalent."""
        match node:
            case ast.Call(func=ast.Attribute(value=owner, attr="keys")):
                return self.text(owner, least)
            case _:
                return self.text(node, least)


def _same(clauses: list[ast.comprehension], *parts: ast.expr) -> bool:
    """Tell whether a comprehension only copies its iterable."""
    if len(clauses) != 1 or clauses[0].ifs:
        return False
    target = clauses[0].target
    targets = target.elts if isinstance(target, ast.Tuple) else [target]
    names = [part.id if isinstance(part, ast.Name) else None for part in parts]
    return names == [name.id for name in targets if isinstance(name, ast.Name)]
