"""After a rename every name means what it meant, and every field is filled as it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from meshgen.refactor.filling import place_of
from meshgen.refactor.renaming import LeftOut, Renaming, Written
from meshgen.refactor.resolution import Meaning, Resolution
from meshgen.refactor.yaml.document import Path
from meshgen.spec.diagnostics import Finding

Uses = dict[tuple[Path, bool], list[Meaning]]
Fills = Counter[tuple[Meaning, Meaning]]


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
    if new or _ties(renaming, after):
        raise renaming.taken(renaming.part.scalar.at)
    _hold_fills(_fills(renaming, written, left_out), after.fills(), renaming)


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


def _fills(renaming: Renaming, written: Sequence[Written], left_out: Sequence[LeftOut]) -> Fills:
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


def _hold_fills(was: Fills, now: Fills, renaming: Renaming) -> None:
    """Nothing fills itself that did not, or from something else."""
    for target, source in now - was:
        at = renaming.part.scalar.at
        message = f"`{_called(source)}` would fill `{_called(target)}`"
        message = message if source else f"`{_called(target)}` would be filled by another field"
        finding = Finding(at, message, "choose another name, or say first what fills it")
        raise renaming.refused(f"a field called `{renaming.new}` is filled by itself", [finding])
    if was != now:
        raise renaming.taken(renaming.part.scalar.at)


def _called(meaning: Meaning) -> str:
    names = [str(name) for name in meaning if name not in ("state", "input", "row")]
    return ".".join(names[-2:])


def _ties(renaming: Renaming, after: Resolution) -> bool:
    """Whether something is now found by the name alone."""
    path = renaming.moved(renaming.part.path)
    return any(after.meaning(tie.of) == path for tie in after.index.ties)
