"""Parse text to a tree of the allowed subset of Python's syntax."""

from __future__ import annotations

import ast
import io
import tokenize
import warnings
from typing import TYPE_CHECKING

from meshgen.spec.expressions.model import ExpressionError
from meshgen.spec.grammar.limits import MAX_NUMBER
from meshgen.spec.hints import meant

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MAX_LENGTH = 500
MAX_DEPTH = 40

ALLOWED = (
    ast.Constant,
    ast.Name,
    ast.Attribute,
    ast.Subscript,
    ast.BinOp,
    ast.UnaryOp,
    ast.BoolOp,
    ast.Compare,
    ast.IfExp,
    ast.List,
    ast.Dict,
    ast.ListComp,
    ast.DictComp,
    ast.GeneratorExp,
    ast.Call,
)
_REFUSED: Mapping[type[ast.AST], tuple[str, str | None]] = {
    ast.Lambda: ("a `lambda` is not allowed here", None),
    ast.JoinedStr: ("f-strings are not allowed here", None),
    ast.NamedExpr: ("`:=` is not allowed here", None),
    ast.Set: ("sets are not allowed here", "write a list: `[a, b]`"),
    ast.SetComp: ("sets are not allowed here", "write a list: `[... for ...]`"),
    ast.Tuple: ("tuples are not allowed here", "write a list: `[a, b]`"),
    ast.Slice: ("slices are not allowed here", None),
    ast.Starred: ("`*` is allowed in lists only: `[*lines, line]`", None),
    ast.Await: ("`await` is not allowed here", None),
    ast.Yield: ("`yield` is not allowed here", None),
    ast.YieldFrom: ("`yield` is not allowed here", None),
}
_MISREAD = {
    "&&": "write `and`",
    "||": "write `or`",
    "!": "write `not`, or `!=`",
    "=": "write `==` to compare",
    "?": "write `a if condition else b`",
    "$": None,
    ";": None,
}


def parse(source: str) -> ast.expr:
    """Parse `source`.

    Raises:
        ExpressionError: It is not an allowed expression.
    """
    _limits(source)
    shift = len(source) - len(source.lstrip())
    text = source.strip()
    try:
        with (
            warnings.catch_warnings()
        ):  # an invalid escape is an error, not a warning on the terminal
            warnings.simplefilter("error")
            tree = ast.parse(text, mode="eval").body
    except SyntaxError as error:
        raise _misread(source, error, shift) from None
    except (ValueError, MemoryError, RecursionError):
        raise ExpressionError("this expression is nested too deeply", shift) from None
    _in_characters(tree, text, shift)
    _plain_tokens(text, shift)
    _whitelisted(tree)
    return tree


def closest(name: str, known: Iterable[str]) -> str | None:
    """Return the hint "did you mean ...?", or None when nothing is near."""
    return meant(name, sorted(known))  # sorted: a set has no order that could be relied on


def _limits(source: str) -> None:
    if not source.strip():
        raise ExpressionError("an expression is missing here", 0)
    if len(source) > MAX_LENGTH:
        message = f"an expression has at most {MAX_LENGTH} characters"
        advice = "move a part of it to an event or a value object"
        raise ExpressionError(message, MAX_LENGTH, advice)
    body = source.rstrip()
    for offset, character in enumerate(body):
        if character < " " or 0xD800 <= ord(character) <= 0xDFFF:
            message = f"the character U+{ord(character):04X} is not allowed in an expression"
            hint = "write the expression on one line" if character in "\r\n" else None
            raise ExpressionError(message, offset, hint)


def _misread(source: str, error: SyntaxError, shift: int) -> ExpressionError:
    offset = min(max((error.offset or 1) - 1, 0) + shift, max(len(source) - 1, 0))
    rest = source[offset:]
    for start in range(max(offset - 1, 0), offset + 1):
        for token, advice in _MISREAD.items():
            if source.startswith(token, start) and not source.startswith("==", start):
                return ExpressionError(f"`{token}` is not valid here", start, advice)
    if rest.startswith("**"):
        return ExpressionError("`**` is not valid here", offset)
    message = error.msg.partition(" (")[0]
    return ExpressionError(f"this is not an expression: {message}", offset)


def _in_characters(tree: ast.expr, text: str, shift: int) -> None:
    """Turn the byte offsets of `ast` into character offsets of the source."""
    encoded = None if text.isascii() else text.encode()
    for node in ast.walk(tree):
        if isinstance(node, ast.expr | ast.keyword):
            for name in ("col_offset", "end_col_offset"):
                column = getattr(node, name)
                if encoded is not None:
                    column = len(encoded[:column].decode(errors="ignore"))
                setattr(node, name, column + shift)


def _plain_tokens(text: str, shift: int) -> None:
    """Refuse what is not in the tree: comments and names with look-alike letters."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError):
        raise ExpressionError("this is not an expression", shift) from None
    for token in tokens:
        offset = token.start[1] + shift
        if token.type == tokenize.COMMENT:
            raise ExpressionError("comments are not allowed in expressions", offset)
        if token.type == tokenize.NAME and not token.string.isascii():
            raise ExpressionError(f"`{token.string}` is not a name", offset)


def _whitelisted(tree: ast.expr) -> None:
    """Refuse nodes that are not allowed, without recursion: the depth is unbounded."""
    pending: list[tuple[ast.AST, int]] = [(tree, 1)]
    while pending:
        node, depth = pending.pop()
        if depth > MAX_DEPTH:
            raise ExpressionError("this expression is nested too deeply", _offset(node))
        if isinstance(node, ast.expr):
            _allowed(node)
        pending.extend((child, depth + 1) for child in _children(node))


def _children(node: ast.AST) -> list[ast.AST]:
    """Return the parts of `node`, skipping a star in a list and a tuple after `for`."""
    if isinstance(node, ast.List):
        return [item.value if isinstance(item, ast.Starred) else item for item in node.elts]
    if isinstance(node, ast.comprehension):
        if node.is_async:
            raise ExpressionError("`async` is not allowed here", _offset(node.target))
        target = node.target
        targets = target.elts if isinstance(target, ast.Tuple) else [target]
        return [*targets, node.iter, *node.ifs]
    return list(ast.iter_child_nodes(node))


def _allowed(node: ast.expr) -> None:
    if not isinstance(node, ALLOWED):
        message, hint = _REFUSED.get(type(node), ("this is not allowed in an expression", None))
        raise ExpressionError(message, _offset(node), hint)
    if isinstance(node, ast.Constant):
        _constant(node)
    elif isinstance(node, ast.Attribute) and node.attr.startswith("_"):
        raise ExpressionError(f"`{node.attr}` is not allowed here", _offset(node))
    elif isinstance(node, ast.Name) and node.id.startswith("_") and node.id != "_":
        raise ExpressionError(f"`{node.id}` is not allowed here", _offset(node))


def _constant(node: ast.Constant) -> None:
    value = node.value
    if value is not None and not isinstance(value, str | int | float):
        raise ExpressionError("this kind of value is not allowed here", _offset(node))
    if isinstance(value, int) and value > MAX_NUMBER:
        raise ExpressionError(f"a number is at most {MAX_NUMBER}", _offset(node))
    if isinstance(value, str) and any(0xD800 <= ord(c) <= 0xDFFF or c == "\0" for c in value):
        raise ExpressionError("this string cannot be encoded as UTF-8", _offset(node))


def _offset(node: ast.AST) -> int:
    return int(getattr(node, "col_offset", 0))
