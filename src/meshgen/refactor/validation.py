"""Around every edit: a valid spec goes in, a valid spec comes out, or none."""

from __future__ import annotations

from collections.abc import Callable

from meshgen.refactor.errors import RefusedEditError
from meshgen.spec.check import check_text
from meshgen.spec.model import Spec

BOM = "\ufeff"


def edited(text: str, change: Callable[[str, Spec], str]) -> str:
    """The text that `change` makes of `text`; a byte order mark in front stays where it is.

    Raises `RefusedEditError` when there are findings, before or afterwards.
    """
    mark = BOM if text.startswith(BOM) else ""
    body = text.removeprefix(BOM)
    spec = _valid(body, "it has to be a valid spec before it can be edited")
    after = change(body, spec)
    _valid(after, "this is what would be wrong with it then")
    return mark + after


def _valid(text: str, otherwise: str) -> Spec:
    spec, findings = check_text("the spec", text)
    if spec is None:
        raise RefusedEditError(otherwise, text, findings)
    return spec
