"""Write down what filled itself by its name, and take out what then says nothing new."""

from __future__ import annotations

from collections.abc import Mapping

from meshgen.refactor.resolution import Spot
from meshgen.refactor.yaml.delete import cut
from meshgen.refactor.yaml.document import Path, Splice, document, spliced
from meshgen.refactor.yaml.emit import Text, Value, flow
from meshgen.refactor.yaml.insert import put
from meshgen.refactor.yaml.style import style_of
from meshgen.spec.grammar import COMMAND, DISPATCH, EVENT, STEP
from meshgen.spec.yaml.tree import Mapping as Tree

_EMITTING = COMMAND.alternatives
_SENT = ("undo", "on_failure")
_ORDER = tuple(dict.fromkeys((*STEP.names, *DISPATCH.names, "event", "when", *EVENT.names)))


def place_of(text: str, site: Spot) -> Path:
    """The mapping that says what fills the fields at `site`; it need not be there yet."""
    path = site.path
    if not site.is_key:
        if path[-1] in _EMITTING:
            return (*path, site.scalar.text)
        return (*path, "with") if path[-1] in _SENT else (*path[:-1], "with")
    if path[-2] == "events":
        return (*path, "sets")
    if path[-2] == "on":
        reaction = document(text).node(path)
        assert isinstance(reaction, Tree)
        return (*path, reaction.entries[0].key.text)
    return path


def fill_in(text: str, site: Spot, fills: Mapping[str, str]) -> str:
    """`text` with `fills`, fields and the expressions for them, written at `site`."""
    path, values = site.path, {name: Text(value) for name, value in fills.items()}
    whole: dict[str, Value] | None = None
    if not site.is_key and path[-1] in _EMITTING:
        whole = {site.scalar.text: dict(values)}
    elif not site.is_key and path[-1] in _SENT:
        whole = {"do": site.scalar.text, "with": dict(values)}
    found = document(text)
    if whole is not None:
        return spliced(text, [Splice(*found.node(path).span, flow(whole, style_of(found)))])
    place = place_of(text, site)
    for name, value in values.items():
        text = put(text, (*place, name), value, () if document(text).has(place) else _ORDER)
    return text


def leave_out(text: str, path: Path) -> str:
    """`text` without the assignment at `path`, and without what then holds nothing."""
    found = document(text)
    parent = found.node(path[:-1])
    assert isinstance(parent, Tree)
    alone = len(parent.entries) == 1
    if alone and path[-3] in _EMITTING:  # `emits: {OrderPlaced: {total: total}}`
        return spliced(text, [Splice(*found.node(path[:-2]).span, str(path[-2]))])
    if alone and path[-2] == "with" and path[-3] in _SENT:  # `undo: {do: ..., with: ...}`
        command = found.node((*path[:-2], "do"))
        start, end = command.span
        return spliced(text, [Splice(*found.node(path[:-2]).span, text[start:end])])
    return cut(text, path, hollow="on" in path[:-2])
