"""`rename` of a field or a member: every mention of it, and what it fills by its name alone."""

from __future__ import annotations

from collections.abc import Iterator

from meshgen.errors import MeshgenError
from meshgen.refactor.errors import RefusedEditError
from meshgen.refactor.fields import Part
from meshgen.refactor.filling import fill_in, leave_out
from meshgen.refactor.former import remember_part
from meshgen.refactor.renaming import LeftOut, Renaming, Written
from meshgen.refactor.resolution import Resolution, Spot
from meshgen.refactor.same_meaning import hold
from meshgen.refactor.yaml.document import Path
from meshgen.refactor.yaml.rewrite import rewritten
from meshgen.spec.analysis.index import Fill, Records, Use
from meshgen.spec.grammar.names import MEMBER, field_fault
from meshgen.spec.yaml.tree import Scalar


def renamed_field(text: str, part: Part, new: str, applied: str | None) -> str:
    """`text` with a field or a member called `new` wherever it is mentioned.

    `applied` is the spec that the project was last updated to.

    Raises `MeshgenError` when it cannot have this name, `RefusedEditError` when something is found
    by its name alone, or would mean something else.
    """
    return _renamed(Renaming(Resolution(text), part, new), applied)


def new_name(part: Part, new: str) -> str:
    """The bare new name. Raises `MeshgenError` when it is none."""
    owner, _, name = new.rpartition(".")
    if owner and f"{owner}.{part.name}" not in part.names:
        message = f"`{part}` cannot become `{new}`: renaming moves nothing somewhere else"
        raise MeshgenError(message, f"write `{name}`")
    if part.kind == "id":
        message = f"`{part.name}` is an aggregate's id, which cannot be renamed yet"
        raise MeshgenError(message, "stores, streams and commands on their way are keyed by it")
    if fault := MEMBER.fault(name, "a member") if part.kind == "member" else field_fault(name):
        raise MeshgenError(*fault)
    if name == part.name:
        raise MeshgenError(f"`{part}` has this name already")
    return name


def _renamed(renaming: Renaming, applied: str | None) -> str:
    before, part = renaming.before, renaming.part
    if ties := before.ties(renaming.target):
        raise renaming.refused("something goes by this name", ties)
    renaming.change(Spot(part.scalar, part.path, part.kind == "field"), part.name, renaming.new)
    for use in before.index.uses:
        if (name := _name_at(renaming, use)) != use.place.name:
            renaming.change(before.spot(use.place), use.place.name, name)
    text = rewritten(before.document, renaming.splices.values())
    text = remember_part(text, renaming.moved(part.path), part, renaming.new, applied)
    written = list(_written(renaming))
    for site in {write.site.path: write.site for write in written}.values():
        fills = {write.name: write.value for write in written if write.site == site}
        text = fill_in(text, site, fills)
    after = Resolution(text)
    if after.findings:  # whoever checks the result says what is wrong
        return text
    tidy, left_out = _tidied(renaming, after)
    try:
        hold(renaming, tidy, written, left_out)
    except RefusedEditError:  # what it left out was needed: say, a step that is undone inherits it
        hold(renaming, after, written, ())
        return text
    return tidy.document.text


def _name_at(renaming: Renaming, use: Use) -> str:
    """How a name is written then: a bare one is qualified if it would be that of two fields."""
    name = renaming.new if use.of == renaming.target else use.place.name
    if name != renaming.new or not use.record:
        return name
    return _qualified(renaming, name, use.record, use.records)


def _qualified(renaming: Renaming, name: str, record: str, records: Records) -> str:
    for other, fields in records.items():
        names = {
            renaming.new if variable.declared == renaming.target else key
            for key, variable in fields.items()
            if variable.kind != "answer"
        }
        if other != record and name in names:
            return f"{record}.{name}"
    return name


def _written(renaming: Renaming) -> Iterator[Written]:
    """What fills itself no longer; what is undone inherits what is written at its step."""
    found = [_write(renaming, f) for f in renaming.before.index.fills if _breaks(renaming, f)]
    said = {_said(write) for write in found if not _undoes(write)}
    for write in found:
        if not _undoes(write) or write.fill.inherited or _said(write) not in said:
            yield write


def _write(renaming: Renaming, fill: Fill) -> Written:
    name = renaming.new if fill.target == renaming.target else fill.name
    source = renaming.new if fill.source == renaming.target else fill.name
    value = fill.inherited or _qualified(renaming, source, fill.record, fill.records)
    return Written(renaming.before.site(fill), name, value, fill)


def _breaks(renaming: Renaming, fill: Fill) -> bool:
    """Whether one of the two names of a fill changes."""
    if renaming.target in (fill.target, fill.source):
        return True
    key = (*_step(renaming.before.site(fill).path), "with", fill.name)
    return fill.inherited is not None and key in renaming.keys


def _undoes(write: Written) -> bool:
    return "undo" in write.site.path[6:]


def _said(write: Written) -> tuple[Path, str, str]:
    return _step(write.site.path), write.name, write.value


def _step(path: Path) -> Path:
    """The step of a saga to which something belongs."""
    return path[:6]


def _tidied(renaming: Renaming, after: Resolution) -> tuple[Resolution, list[LeftOut]]:
    """Without those assignments that now say what goes without saying."""
    found: list[LeftOut] = []
    uses = renaming.before.uses()
    for (path, is_key), targets in uses.items():
        sources = uses.get((path, False), [])
        of = renaming.before.meaning(renaming.target)
        if not is_key or len(sources) != 1 or of not in (*targets, *sources):
            continue
        out = LeftOut(renaming.moved(path), *map(renaming.now, (targets[0], sources[0])))
        if (tidier := _without(after, out)) is not None:
            after = tidier
            found.append(out)
    return after, found


def _without(after: Resolution, out: LeftOut) -> Resolution | None:
    """Without an assignment, if its field then fills itself from the same source."""
    value = after.document.node(out.path)
    if not isinstance(value, Scalar) or value.text.rpartition(".")[2] != out.path[-1]:
        return None
    try:
        found = Resolution(leave_out(after.document.text, out.path))
    except MeshgenError:
        return None
    gained = found.fills() - after.fills()
    return found if not found.findings and (out.target, out.source) in gained else None
