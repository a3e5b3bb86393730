"""`remove`: delete elements, unless others still refer to them."""

from __future__ import annotations

from meshgen.refactor.errors import RefusedEditError
from meshgen.refactor.references import Mention, keys, mentions, units
from meshgen.refactor.selectors import name_of, path_of
from meshgen.refactor.validation import edited
from meshgen.refactor.yaml.delete import cut
from meshgen.refactor.yaml.document import Document, Path, document
from meshgen.spec.diagnostics import Finding

_FOLLOWING = ("processes", "slo", "capacity")  # sections that only list what is elsewhere


def remove(text: str, *names: str) -> str:
    """Return `text` without the named elements.

    A unit is also removed from its process, and a request from the peak of the SLO; a list or
    mapping that becomes empty is removed, too, and the capacity of a process that is gone.

    Args:
        text: A valid spec.
        names: Units (`shipping`), their elements (`order.OrderShipped`), types, or paths of keys
            (`order.policies.1`, `catalog.on.product.PriceChanged`).

    Raises:
        MeshgenError: There is no such element.
        RefusedEditError: Others refer to the elements, or the rest would be invalid.
    """
    return edited(text, lambda body, _: _without(body, names))


def _without(text: str, names: tuple[str, ...]) -> str:
    found = document(text)
    gone = {path_of(found, name) for name in names}
    left = _left(found, gone)
    following = {m.path for m in left if m.path[0] in _FOLLOWING}
    referring = [m for m in left if m.path[0] not in _FOLLOWING]
    if referring:
        raise _refused(found, referring)
    for path in sorted(gone | following, key=lambda p: found.node(p).span, reverse=True):
        if document(text).has(path):  # else removed together with its parent
            text = cut(text, path)
    return _without_capacity(text, keys(found.root, "processes"))


def _without_capacity(text: str, processes: frozenset[str]) -> str:
    """Return `text` without the capacity of those of `processes` that are gone."""
    left = document(text)
    for name in sorted(processes - keys(left.root, "processes") - units(left.root)):
        path = ("capacity", "processes", name)
        if document(text).has(path):
            text = cut(text, path)
    return text


def _left(found: Document, gone: set[Path]) -> list[Mention]:
    """Return the remaining references to what is removed."""
    every = list(mentions(found.root))
    things = {m.thing for m in every if m.declares and _is_in(m.path, gone)}
    return [m for m in every if m.thing in things and not _is_in(m.path, gone)]


def _is_in(path: Path, gone: set[Path]) -> bool:
    return any(path[: len(other)] == other for other in gone)


def _refused(found: Document, referring: list[Mention]) -> RefusedEditError:
    """List all references in the order of the file, each `unit.Name` once."""
    by_place: dict[tuple[int, int], Mention] = {}
    for mention in referring:
        by_place[mention.scalar.span] = mention
    hint = "change this reference first, or remove both with one command"
    findings = tuple(
        Finding(m.scalar.at, f"`{name_of(found, m.path)}` refers to `{m.thing}`", hint)
        for m in sorted(by_place.values(), key=lambda m: m.scalar.at)
    )
    return RefusedEditError("other parts of the spec refer to it", found.text, findings)
