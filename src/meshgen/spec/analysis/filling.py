"""Fields filled from fields of the same name, and fields without a value."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from meshgen.spec.analysis.context import Check, Fields, Names
from meshgen.spec.analysis.index import Fill
from meshgen.spec.analysis.kinds import can_be_empty, can_be_left_out, fits
from meshgen.spec.diagnostics import Position
from meshgen.spec.hints import closest
from meshgen.spec.model import Field
from meshgen.spec.syntax import AssignmentSyntax


def given(assignments: Iterable[AssignmentSyntax], targets: Fields) -> set[str]:
    """Return the targets of assignments, even if misspelled: these are not reported as missing."""
    names = {assignment.target.text for assignment in assignments}
    left = [field.name for field in targets if field.name not in names]
    misspelt = {closest(name, left) for name in names if name not in targets}
    return names | {name for name in misspelt if name}


def check_filled(
    check: Check,
    targets: Iterable[Field],
    given: Collection[str],
    sources: Sequence[tuple[str, Fields]],
    at: Position,
    what: str,
    hint: str,
    *,
    names: Names | None = None,
    sent: bool = False,
) -> None:
    """Every target is `given`, filled by the first source with its name, or may be empty.

    `what` names the owner of the targets; `hint` tells how to fill a field, with `{field}` in it;
    `names` are those of the expressions there; `sent` says that they are fields of a message.
    """
    optional = can_be_left_out if sent else can_be_empty
    for target in targets:
        if target.name in given:
            continue
        source = next(((label, f) for label, f in sources if not f.missing(target.name)), None)
        if source is None:
            if not optional(target):
                check.error(
                    at, f"`{target.name}` of {what} has no value", hint.format(field=target.name)
                )
            continue
        label, fields = source
        same = fields.known.get(target.name)
        if same is not None and not fits(same.type, target.type):
            other = f"but `{same.type}` in {label}"
            message = f"`{target.name}` is `{target.type}` in {what}, {other}"
            check.error(at, message, hint.format(field=target.name))
        elif same is not None and names is not None:
            check.index.fills += _fills(at, target, same, names)


def _fills(at: Position, target: Field, source: Field, names: Names) -> list[Fill]:
    """The filling of `target`; none if another name, which has a finding, hides its source."""
    return [
        Fill(at, target.name, target.at, source.at, record, names.records)
        for record, fields in names.records.items()
        if source.name in fields and fields[source.name].declared == source.at
    ][:1]
