"""Checks around every edit: the spec must be valid before and afterwards."""

from __future__ import annotations

from collections.abc import Callable

from meshgen.refactor.errors import RefusedEditError
from meshgen.spec.check import check_text
from meshgen.spec.model import Spec

BOM = "\ufeff"


def edited(text: str, change: Callable[[str, Spec], str]) -> str:
    """Return `text` changed by `change`; a byte order mark is preserved.

    Raises:
        RefusedEditError: The spec has findings, before or after the change.
    """
    mark = BOM if text.startswith(BOM) else ""
    body = text.removeprefix(BOM)
    spec = _valid(body, "the spec has errors; fix them first")
    after = change(body, spec)
    _valid(after, "the edit would make the spec invalid")
    return mark + after


def _valid(text: str, reason: str) -> Spec:
    spec, findings = check_text("the spec", text)
    if spec is None:
        raise RefusedEditError(reason, text, findings)
    return spec
