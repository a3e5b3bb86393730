"""`remove`: something goes, unless something else still refers to it."""

from __future__ import annotations

from meshgen.refactor.errors import RefusedEditError
from meshgen.refactor.references import Mention, mentions
from meshgen.refactor.selectors import name_of, path_of
from meshgen.refactor.validation import edited
from meshgen.refactor.yaml.delete import cut
from meshgen.refactor.yaml.document import Document, Path, document
from meshgen.spec.diagnostics import Finding


def remove(text: str, *names: str) -> str:
    """`text` without the named things.

    A name is a unit (`shipping`), something in one (`order.OrderShipped`), a type, or a way through
    the keys (`order.policies.1`, `catalog.on.product.PriceChanged`). A unit leaves its process by
    itself; a list or mapping that is empty then goes, too.

    Raises `MeshgenError` when there is no such thing, `RefusedEditError` with every place that
    still refers to it, or with what would be wrong with the rest.
    """
    return edited(text, lambda body, _: _without(body, names))


def _without(text: str, names: tuple[str, ...]) -> str:
    found = document(text)
    gone = {path_of(found, name) for name in names}
    left = _left(found, gone)
    inhabited = {m.path for m in left if m.path[0] == "processes"}
    referring = [m for m in left if m.path[0] != "processes"]
    if referring:
        raise _refused(found, referring)
    for path in sorted(gone | inhabited, key=lambda p: found.node(p).span, reverse=True):
        if document(text).has(path):  # it may have gone with what it was alone in
            text = cut(text, path)
    return text


def _left(found: Document, gone: set[Path]) -> list[Mention]:
    """What stays and mentions something that goes."""
    every = list(mentions(found.root))
    things = {m.thing for m in every if m.declares and _is_in(m.path, gone)}
    return [m for m in every if m.thing in things and not _is_in(m.path, gone)]


def _is_in(path: Path, gone: set[Path]) -> bool:
    return any(path[: len(other)] == other for other in gone)


def _refused(found: Document, referring: list[Mention]) -> RefusedEditError:
    """All references in the order of the file; of `unit.Name` only one is listed."""
    by_place: dict[tuple[int, int], Mention] = {}
    for mention in referring:
        by_place[mention.scalar.span] = mention
    hint = "change it first, or remove both in one command"
    findings = tuple(
        Finding(m.scalar.at, f"`{name_of(found, m.path)}` refers to `{m.thing}`", hint)
        for m in sorted(by_place.values(), key=lambda m: m.scalar.at)
    )
    return RefusedEditError("something else refers to what is to be removed", found.text, findings)
