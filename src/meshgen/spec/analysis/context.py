"""What every check needs: findings, types, sets of fields, expressions with their places."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from meshgen.spec.analysis.index import Fill, Index, Place, Use, uses_in
from meshgen.spec.analysis.kinds import bare, parts
from meshgen.spec.diagnostics import Position
from meshgen.spec.expressions import (
    Expression,
    ExpressionError,
    Origin,
    ReplicaType,
    Scope,
    Variable,
    compile_expression,
    literal,
)
from meshgen.spec.expressions.narrowing import present
from meshgen.spec.expressions.syntax import parse
from meshgen.spec.hints import meant, meant_or_one_of, one_of
from meshgen.spec.model import Assignment, Enum, Field, ValueObject
from meshgen.spec.parser.reading import Reading
from meshgen.spec.syntax import AssignmentSyntax, Word
from meshgen.spec.types import ObjectType, Type
from meshgen.spec.yaml.tree import Scalar
from meshgen.unicode import printable

MAX_EXPRESSION = 2000

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of one thing, by name.

    `broken` are those whose type could not be read; `partial` says that there may be more. Nothing
    is said about either a second time.
    """

    known: Mapping[str, Field] = field(default_factory=dict)
    broken: frozenset[str] = frozenset()
    partial: bool = False

    def __iter__(self) -> Iterator[Field]:
        return iter(self.known.values())

    def __contains__(self, name: str) -> bool:
        return name in self.known or name in self.broken

    def missing(self, name: str) -> bool:
        """Whether it is certain that there is no such field."""
        return name not in self and not self.partial

    def only(self, names: Iterable[str | None]) -> Fields:
        """The named ones among them."""
        wanted = set(names)
        return Fields(
            {n: f for n, f in self.known.items() if n in wanted}, self.broken & wanted, self.partial
        )

    def present(self, names: Iterable[str]) -> Fields:
        """These fields, of which the named ones are known not to be None."""
        there = {
            name: replace(known, type=bare(known.type))
            for name in names
            if (known := self.known.get(name))
        }
        return Fields({**self.known, **there}, self.broken, self.partial)

    def without(self, name: str | None) -> Fields:
        """These fields but for one."""
        known = {n: field for n, field in self.known.items() if n != name}
        return Fields(known, self.broken, self.partial)

    def with_first(self, first: Field) -> Fields:
        """These fields behind `first`."""
        return Fields({first.name: first, **self.known}, self.broken, self.partial)


class Names:
    """Builds a scope: bare names, and records that qualify them.

    broken: names whose type is not known; partial: there may be names that are not known
    absent: why a name is not there; present: names whose values are known not to be None
    """

    def __init__(self, types: Mapping[str, Enum | ValueObject]) -> None:
        self.types = types
        self.variables: dict[str, Variable] = {}
        self.records: dict[str, dict[str, Variable]] = {}
        self.replicas: dict[str, ReplicaType] = {}
        self.broken: set[str] = set()
        self.absent: dict[str, str] = {}
        self.ambiguous: dict[str, tuple[str, str]] = {}
        self.present: frozenset[str] = frozenset()
        self.partial = False

    def without(self, names: Iterable[str], reason: str) -> Names:
        """Remember why names that one may expect are not there."""
        self.absent.update(dict.fromkeys(names, reason))
        return self

    def fields(
        self,
        kind: Origin,
        fields: Fields,
        record: str | None = None,
        same: Collection[str | None] = (),
    ) -> Names:
        """Add fields as bare names, and as `record.name` if a record is given.

        A name that is there already is ambiguous, unless it is one of those that mean the `same`.
        """
        variables = {f.name: Variable(kind, f.name, f.type, f.at) for f in fields}
        for name, variable in variables.items():
            if name in self.variables and name not in same:
                self.ambiguous[name] = (self.variables[name].kind, kind)
            elif name not in self.broken:
                self.variables.setdefault(name, variable)
        if record:
            self.records[record] = variables
        self.broken |= fields.broken - self.variables.keys()
        self.partial |= fields.partial
        return self

    def record(self, name: str, kind: Origin, fields: Fields) -> Names:
        """Add fields that are only known as `name.field`."""
        self.records[name] = {f.name: Variable(kind, f.name, f.type, f.at) for f in fields}
        self.partial |= fields.partial or bool(fields.broken)
        return self

    def one(self, kind: Origin, name: str, type_: Type | None) -> Names:
        """Add a single name; a type of None means that it could not be found out."""
        if type_ is None:
            self.broken.add(name)
        else:
            self.variables[name] = Variable(kind, name, type_)
        return self

    def named(self, name: str, variable: Variable) -> Names:
        """Add `variable` under another name than its own: `caller` is the id of the caller."""
        self.variables[name] = variable
        return self

    def narrowed_by(self, condition: Expression, *, holds: bool = True) -> frozenset[str]:
        """The names, however written, that are not None if `condition` holds, or if it does not."""
        return self._narrowed_by(condition.tree, holds=holds)

    def narrowed_by_source(self, source: Scalar) -> frozenset[str]:
        """The same for a condition with a finding, so that nothing follows from the finding."""
        try:
            return self._narrowed_by(parse(source.text), holds=True)
        except ExpressionError:
            return frozenset()

    def _narrowed_by(self, tree: ast.expr, *, holds: bool) -> frozenset[str]:
        found = present(tree, holds=holds)
        return found | {other for name in found for other in self._same(name)}

    def qualified(self, record: str) -> set[str]:
        """The fields of `record` that are known not to be None."""
        prefix = f"{record}."
        return {n.removeprefix(prefix) for n in self.present if n.startswith(prefix)}

    def _same(self, path: str) -> Iterator[str]:
        """The other ways to write a path: `price` and `state.price`."""
        first, _, rest = path.partition(".")
        name, _, _ = rest.partition(".")
        variable, tail = self.records.get(first, {}).get(name), rest[len(name) :]
        if variable is None:
            variable, tail = self.variables.get(first), path[len(first) :]
        for record, variables in self.records.items():
            yield from (f"{record}.{n}{tail}" for n, v in variables.items() if v == variable)
        yield from (f"{n}{tail}" for n, v in self.variables.items() if v == variable)

    def scope(self, *, impure: bool = False) -> Scope:
        """Return the scope of expressions with these names."""
        return Scope(
            variables=self.variables,
            records=self.records,
            replicas=self.replicas,
            types=self.types,
            impure=impure,
            present=self.present,
            ambiguous=self.ambiguous,
        )


class Check:
    """The findings of one spec, its types, and what its names stand for."""

    def __init__(self, reading: Reading, index: Index | None = None) -> None:
        self.reading = reading
        self.index = index or Index()
        self.lost = reading.lost
        self.types: dict[str, Enum | ValueObject] = {}
        self.broken_types: set[str] = set()
        self.sizes: dict[str, int] = {}

    def error(self, at: Position, message: str, hint: str | None = None) -> None:
        """Add a finding."""
        self.reading.error(at, message, hint)

    def knows(self, *kinds: str) -> bool:
        """Whether everything under these keys could be read, so that a lack is a real one."""
        return self.lost.isdisjoint(kinds)

    def unknown(self, word: Word, what: str, known: Iterable[str]) -> None:
        """Say that there is no such thing."""
        self.error(
            word.at,
            f"there is no {what} `{printable(word.text)}`",
            meant_or_one_of(word.text, list(known)),
        )

    def names(self) -> Names:
        """Return an empty scope with the types of the spec."""
        return Names(self.types)

    def uses(self, word: Word, field: Field) -> None:
        """Remember that `word` stands for `field`."""
        self.index.uses.append(Use(Place(word.text, word.at, word.lead), field.at))

    def uses_member(self, place: Place, enum: str) -> None:
        """Remember that a member of `enum` is written at `place`."""
        self.index.uses.append(Use(place, (enum, place.name)))

    def expression(
        self, source: Scalar, names: Names, expected: Type | None, *, impure: bool = False
    ) -> Expression | None:
        """Compile `source`; None when there is a finding, here or for one of its names."""
        try:
            if not isinstance(source.value, str) and expected is not None:
                return literal(source.value, expected)
            if len(source.text) > MAX_EXPRESSION:
                raise ExpressionError(f"an expression has at most {MAX_EXPRESSION} characters", 0)
            found = compile_expression(source.text, names.scope(impure=impure), expected)
            self.index.uses += uses_in(found, source, names.records, self.types)
            return found
        except ExpressionError as error:
            if not self._follows(source, names):
                wrong = _NAME.match(source.text, error.offset)
                hint = names.absent.get(wrong[0]) if wrong else None
                self.error(source.inside(error.offset), error.message, hint or error.hint)
            return None

    def _follows(self, source: Scalar, names: Names) -> bool:
        """Whether what is wrong with an expression may follow from what was found before."""
        used = set(_NAME.findall(source.text))
        if names.partial or used & names.broken or used & self.broken_types:
            return True
        variables = (names.variables[name] for name in used if name in names.variables)
        return any(
            isinstance(part, ObjectType) and part.name in self.broken_types
            for variable in variables
            for part in parts(variable.type)
        )

    def assignments(
        self,
        assignments: Iterable[AssignmentSyntax],
        targets: Fields,
        what: str,
        names: Names,
        *,
        impure: bool = False,
        inherited_at: Position | None = None,
    ) -> tuple[Assignment, ...]:
        """Compile `{target: expression}`; `what` describes the owner of the targets in findings.

        `inherited_at`: what takes them from the step that it undoes.
        """
        found = []
        assignments = tuple(assignments)
        left = targets.known.keys() - {syntax.target.text for syntax in assignments}
        for syntax in assignments:
            target = targets.known.get(syntax.target.text)
            if target is None:
                if targets.missing(syntax.target.text):
                    hint = meant(syntax.target.text, left) or one_of(targets.known)
                    self.error(
                        syntax.target.at,
                        f"{what} has no field `{printable(syntax.target.text)}`",
                        hint,
                    )
                continue
            if inherited_at is None:
                self.uses(syntax.target, target)
            if syntax.value is None:
                continue
            if inherited_at is not None:
                self.index.fills.append(
                    Fill(inherited_at, target.name, target.at, inherited=syntax.value.text)
                )
            value = self.expression(syntax.value, names, target.type, impure=impure)
            if value is not None:
                found.append(Assignment(target=target.name, value=value, at=syntax.target.at))
        return tuple(found)
