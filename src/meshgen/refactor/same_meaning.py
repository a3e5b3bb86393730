"""After a rename every name means what it meant, and every field is filled as it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from meshgen.refactor.filling import place_of
from meshgen.refactor.renaming import LeftOut, Renaming, Written
from meshgen.refactor.resolution import Meaning, Resolution
from meshgen.refactor.yaml.document import Path

Uses = dict[tuple[Path, bool], list[Meaning]]


def hold(
    renaming: Renaming, after: Resolution, written: Sequence[Written], left_out: Sequence[LeftOut]
) -> None:
    """Compare with what was before. Raises `RefusedEditError` at the first difference."""
    now = after.uses()
    _hold_written(renaming, after, now, written)
    added = {_path(after, write) for write in written}
    gone = {out.path for out in left_out}
    was = {
        (renaming.moved(path), is_key): (path, [renaming.now(m) for m in meanings])
        for (path, is_key), meanings in renaming.before.uses().items()
    }
    for key, (path, meanings) in was.items():
        if key[0] not in gone and now.get(key) != meanings:
            raise renaming.taken(renaming.before.document.node(path).at)
    new = {key for key in now if key[0] not in added} - was.keys()
    if new or _fills(renaming, written, left_out) != after.fills() or _ties(renaming, after):
        raise renaming.taken(renaming.part.scalar.at)


def _path(after: Resolution, write: Written) -> Path:
    return (*place_of(after.document.text, write.site), write.name)


def _hold_written(
    renaming: Renaming, after: Resolution, now: Uses, written: Sequence[Written]
) -> None:
    """What was written means the same as what it is instead of."""
    for write in written:
        path = _path(after, write)
        target, source = map(renaming.now, renaming.before.filled(write.fill))
        sound = now.get((path, True)) == [target]
        if not sound or (source and now.get((path, False)) != [source]):
            raise renaming.taken(write.site.scalar.at)


def _fills(
    renaming: Renaming, written: Sequence[Written], left_out: Sequence[LeftOut]
) -> Counter[tuple[Meaning, Meaning]]:
    """What should fill itself now."""
    found = Counter((out.target, out.source) for out in left_out)
    of = renaming.target
    for fill in renaming.before.index.fills:
        if any(write.fill is fill for write in written):
            continue
        target, source = map(renaming.now, renaming.before.filled(fill))
        inherits = of in (fill.target, fill.source)  # else it would have been written
        found[target, () if inherits else source] += 1
    return found


def _ties(renaming: Renaming, after: Resolution) -> bool:
    """Whether something is now found by the name alone."""
    path = renaming.moved(renaming.part.path)
    return any(after.meaning(tie.of) == path for tie in after.index.ties)
