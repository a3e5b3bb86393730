"""Whether an edit of Python code changes anything but its layout."""

from __future__ import annotations

import ast
import inspect
import io
import tokenize

_LAYOUT = b" \t\r\n\f'\"(),;\\"


def only_reformatted(before: bytes, after: bytes) -> bool:
    """Whether both texts are the same code with the same comments, laid out differently.

    What formatters change is layout: white space, quotes, trailing commas, parentheses. Nothing
    else is: a word added to a comment or to a docstring is an edit.
    """
    # Nearly every edit ends here, after a few microseconds: it adds or removes a character.
    if _bare(before) != _bare(after):
        return False
    try:
        return _code(before) == _code(after) and _comments(before) == _comments(after)
    except (SyntaxError, ValueError, RecursionError, tokenize.TokenError):
        return False


def _bare(source: bytes) -> bytes:
    """The characters that no formatter touches; it may change the case of `0XFF` and `U"..."`."""
    return source.translate(None, _LAYOUT).removeprefix(b"\xef\xbb\xbf").lower()


def _code(source: bytes) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            _normalise_docstring(node)
        elif isinstance(node, ast.Constant):
            node.kind = None  # the `u` of u"..."
    return ast.dump(tree)


def _normalise_docstring(
    node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef,
) -> None:
    match node.body:
        case [ast.Expr(value=ast.Constant(value=str(text)) as constant), *_]:
            lines = inspect.cleandoc(text).splitlines()
            constant.value = "\n".join(line.rstrip() for line in lines).strip()


def _comments(source: bytes) -> list[str]:
    return [
        token.string.rstrip()
        for token in tokenize.tokenize(io.BytesIO(source).readline)
        if token.type == tokenize.COMMENT
    ]
