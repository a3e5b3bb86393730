"""Find what `order`, `order.OrderPlaced` or `order.policies.0` refers to."""

from __future__ import annotations

from collections.abc import Iterable

from meshgen.errors import MeshgenError
from meshgen.refactor.references import Mention, mentions
from meshgen.refactor.yaml.document import Document, Path, child
from meshgen.spec.hints import meant
from meshgen.spec.yaml.tree import Mapping, Node
from meshgen.unicode import printable


def declared(document: Document, name: str, others: Iterable[str] = ()) -> Mention:
    """Return the declaration of `name`: `unit`, `unit.Name`, a type, or an unambiguous `Name`.

    `others` are further names to suggest.

    Raises:
        MeshgenError: There is no such element, or more than one.
    """
    known = [mention for mention in mentions(document.root) if mention.declares]
    found = [mention for mention in known if str(mention.thing) == name]
    found = found or [mention for mention in known if mention.thing.name == name]
    if not found:
        names = [str(m.thing) if "." in name else m.thing.name for m in reversed(known)]
        names += others if "." in name else ()
        raise MeshgenError(f"there is no `{printable(name)}` in the spec", meant(name, names))
    if len(found) > 1:
        raise MeshgenError(f"`{name}` is ambiguous: {_listed(found)}", _choices(found))
    return found[0]


def _listed(found: list[Mention]) -> str:
    lines = (f"the {m.declares} `{m.thing}` in line {m.scalar.at.line}" for m in found)
    return ", ".join(lines)


def _choices(found: list[Mention]) -> str | None:
    names = {str(mention.thing): None for mention in found}
    return "use one of " + ", ".join(f"`{name}`" for name in names) if len(names) > 1 else None


def path_of(document: Document, name: str) -> Path:
    """Return the path of `name`: of a declaration, or of keys below a declaration or the root.

    Raises:
        MeshgenError: There is no such path.
    """
    known = [mention for mention in mentions(document.root) if mention.declares]
    if any(name in (str(mention.thing), mention.thing.name) for mention in known):
        return declared(document, name).path
    starts = sorted(
        (m for m in known if name.startswith(f"{m.thing}.")), key=lambda m: str(m.thing)
    )
    for mention in reversed(starts):  # the longest first
        rest = name.removeprefix(f"{mention.thing}.")
        if (way := _resolve(document.node(mention.path), rest)) is not None:
            return (*mention.path, *way)
    if (way := _resolve(document.root, name)) is not None:
        return way
    return declared(document, name).path  # raises the error, with a suggestion


def name_of(document: Document, path: Path) -> str:
    """Return the name by which `path_of` finds `path`."""
    known = {m.path: str(m.thing) for m in mentions(document.root) if m.declares}
    for length in range(len(path), 0, -1):
        if path[:length] in known:
            return ".".join([known[path[:length]], *map(str, path[length:])])
    return ".".join(map(str, path))


def _resolve(node: Node, name: str) -> Path | None:
    """Split `name` into keys and indices; keys may contain dots."""
    if not name:
        return ()
    for step in _steps(node, name):
        rest = name.removeprefix(str(step)).removeprefix(".")
        if (way := _resolve(child(node, step), rest)) is not None:
            return (step, *way)
    return None


def _steps(node: Node, name: str) -> list[str | int]:
    if isinstance(node, Mapping):
        keys = [entry.key.text for entry in node.entries]
        return [k for k in keys if k and (name == k or name.startswith(f"{k}."))]
    head = name.partition(".")[0]
    try:
        child(node, int(head))
    except (KeyError, ValueError):
        return []
    return [int(head)]
