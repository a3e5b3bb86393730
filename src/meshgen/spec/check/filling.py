"""Fields that fill themselves from fields of the same name, and those that nobody fills."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from meshgen.errors import Position
from meshgen.spec.check.context import Check, Fields
from meshgen.spec.check.types import can_be_empty, fits
from meshgen.spec.model import Field


def check_filled(
    check: Check,
    targets: Iterable[Field],
    given: Iterable[str],
    sources: Sequence[tuple[str, Fields]],
    at: Position,
    what: str,
    hint: str,
) -> None:
    """Every target is `given`, filled by the first source with its name, or may be empty.

    `what` names the owner of the targets; `hint` tells how to fill a field, with `{field}` in it.
    """
    given = set(given)
    for target in targets:
        if target.name in given:
            continue
        source = next(((label, f) for label, f in sources if not f.missing(target.name)), None)
        if source is None:
            if not can_be_empty(target):
                check.error(
                    at, f"nothing fills `{target.name}` of {what}", hint.format(field=target.name)
                )
            continue
        label, fields = source
        same = fields.known.get(target.name)
        if same is not None and not fits(same.type, target.type):
            other = f"that of {label} is `{same.type}`"
            message = f"`{target.name}` of {what} is `{target.type}`, but {other}"
            check.error(at, message, hint.format(field=target.name))
