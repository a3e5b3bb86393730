"""Expressions as columns of Spark, and the schema of what they read."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from meshgen.spec.analysis.kinds import bare
from meshgen.spec.expressions import Access, Expression
from meshgen.spec.model import Each, Stream, ValueObject
from meshgen.spec.types import DECIMAL, EnumType, ListType, ObjectType, Scalar, Type
from meshgen.system.index import Index
from meshgen.system.model import Argument
from meshgen.system.pysource import literals

_TYPES = {
    "string": "STRING",
    "int": "BIGINT",
    "float": "DOUBLE",
    "decimal": "STRING",  # Spark would round it
    "bool": "BOOLEAN",
    "uuid": "STRING",
    "date": "DATE",
    "datetime": "TIMESTAMP",
}
_COLUMN = re.compile(r'sf\.col\(("[^"]*")\)')
_OPERATORS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*"}


@dataclass(slots=True)
class _Read:
    """A value that is read: its type, and which of its fields are."""

    type: Type
    fields: dict[str, _Read] = field(default_factory=dict)


class Reads:
    """What a job reads of the data of events, by the keys that it has on the wire."""

    def __init__(self, index: Index, stream: Stream) -> None:
        self._index = index
        self._events = [index.event(ref) for ref in stream.events]
        self._data: dict[str, _Read] = {}

    @property
    def fields(self) -> tuple[Argument, ...]:
        """The fields that have been read so far, with their types in Spark SQL."""
        return tuple(
            Argument(name=name, value=self._sql(read)) for name, read in self._data.items()
        )

    def event(self, name: str) -> dict[str, _Read]:
        """Read a field of the events; it has several keys if it was renamed in some of them."""
        found = {}
        for event in self._events:
            (known,) = (each for each in event.fields if each.name == name)
            path = ("services", event.service.name, "events", event.event.name, "fields", name)
            key = name if name == event.aggregate.id else self._index.identities.id(*path)
            found[key] = self._data.setdefault(key, _Read(bare(known.type)))
        return found

    def inside(self, read: _Read, name: str) -> tuple[str, _Read]:
        """Read a field of a value object; return its key, too."""
        type_ = read.type.item if isinstance(read.type, ListType) else read.type
        assert isinstance(type_, ObjectType)
        objects = (t for t in self._index.spec.types if isinstance(t, ValueObject))
        (object_,) = (each for each in objects if each.name == type_.name)
        (known,) = (each for each in object_.fields if each.name == name)
        key = self._index.identities.id("types", type_.name, "fields", name)
        return key, read.fields.setdefault(key, _Read(bare(known.type)))

    def _sql(self, read: _Read) -> str:
        match read.type:
            case ListType(item):
                return f"ARRAY<{self._sql(_Read(bare(item), read.fields))}>"
            case ObjectType():
                fields = (f"{key}: {self._sql(each)}" for key, each in read.fields.items())
                return f"STRUCT<{', '.join(fields)}>"
            case EnumType():
                return "STRING"
            case Scalar(name):
                return _TYPES[name]
        raise AssertionError(read.type)


@dataclass(frozen=True, slots=True)
class _Path:
    """The names of a column, of which one is there in each event, and what is read there."""

    names: tuple[str, ...]
    reads: tuple[_Read, ...]


class Columns:
    """Expressions of a stream as Python source."""

    def __init__(self, reads: Reads, item: str | None) -> None:
        """Create it.

        Args:
            reads: Remembers what is read.
            item: The column of the item of `each`.
        """
        self._reads = reads
        self._item = item
        self._items: tuple[_Read, ...] = ()

    def items(self, each: Each) -> str:
        """Return the list that is gone through; to be called before its items are used."""
        path = self._path(each.items, each.items.tree)
        self._items = path.reads
        return _argument(_column(path))

    def field(self, name: str) -> str:
        """Return a field of the events."""
        return _column(self._event(name))

    def of(self, expression: Expression) -> str:
        """Return `expression` as a column."""
        code = self._code(expression, expression.tree)
        return code if expression.refs else f"sf.lit({code})"

    def argument(self, expression: Expression) -> str:
        """Return `expression` as the argument of a function: a column, or the name of one."""
        return _argument(self.of(expression))

    def named(self, name: str, expression: Expression) -> str:
        """Return `expression` as a column of that name."""
        code = self.of(expression)
        is_primary = not isinstance(expression.tree, ast.BinOp | ast.UnaryOp)
        return f'{code if is_primary else f"({code})"}.alias("{name}")'

    def _code(self, of: Expression, node: ast.expr) -> str:
        match node:
            case ast.Constant():
                return literals.literal(node.value)
            case ast.UnaryOp():
                return f"-{self._operand(of, node.operand)}"
            case ast.BinOp():
                left, right = (self._operand(of, part) for part in (node.left, node.right))
                return f"{left} {_OPERATORS[type(node.op)]} {right}"
        return _column(self._path(of, node), is_decimal=of.types[node] == DECIMAL)

    def _operand(self, of: Expression, node: ast.expr) -> str:
        code = self._code(of, node)
        return f"({code})" if isinstance(node, ast.BinOp) else code

    def _path(self, of: Expression, node: ast.expr) -> _Path:
        ref = of.refs.get(node)
        if isinstance(ref, Access):
            return (
                self._of_item() if ref.variable.kind == "item" else self._event(ref.variable.name)
            )
        assert isinstance(node, ast.Attribute)
        owner = self._path(of, node.value)
        inside = [self._reads.inside(read, node.attr) for read in owner.reads]
        names = (f"{name}.{key}" for name, (key, _) in zip(_spread(owner), inside, strict=True))
        return _Path(tuple(dict.fromkeys(names)), tuple(read for _, read in inside))

    def _event(self, name: str) -> _Path:
        found = self._reads.event(name)
        return _Path(tuple(f"data.{key}" for key in found), tuple(found.values()))

    def _of_item(self) -> _Path:
        assert self._item is not None
        return _Path((self._item,), self._items)


def _spread(path: _Path) -> Iterable[str]:
    """Return a name for each of what is read."""
    return path.names * len(path.reads) if len(path.names) == 1 else path.names


def _column(path: _Path, *, is_decimal: bool = False) -> str:
    columns = [f'sf.col("{name}")' for name in path.names]
    code = columns[0] if len(columns) == 1 else f"sf.coalesce({', '.join(columns)})"
    if not is_decimal:
        return code
    return f'decimal("{path.names[0]}")' if len(columns) == 1 else f"decimal({code})"


def _argument(code: str) -> str:
    """Return the name of a column instead of the column."""
    name = _COLUMN.fullmatch(code)
    return name[1] if name else code
