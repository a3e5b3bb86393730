"""Change parts of scalars where they are written, in quotes, escapes and folded lines, too."""

from __future__ import annotations

import re
from collections.abc import Iterable

from meshgen.refactor.yaml.document import Document, Splice, spliced
from meshgen.refactor.yaml.emit import scalar
from meshgen.spec.yaml.load import load
from meshgen.spec.yaml.tree import Scalar


def rewritten(found: Document, changes: Iterable[tuple[Scalar, Splice]]) -> str:
    """The text of `found` with all `changes`; a splice counts in the text of its scalar.

    Several changes of one text that is written oddly are made at once.
    """
    splices: list[Splice] = []
    odd: dict[int, tuple[Scalar, list[Splice]]] = {}
    for written, splice in changes:
        if written.shift is None:
            _, inner = odd.setdefault(written.span[0], (written, []))
            inner.append(splice)
        else:
            start = written.span[0] + written.shift
            splices.append(Splice(start + splice.start, start + splice.end, splice.text))
    splices += (_as_written(found, written, inner) for written, inner in odd.values())
    return spliced(found.text, splices)


def _as_written(found: Document, written: Scalar, inner: list[Splice]) -> Splice:
    """A text with escapes or on several lines: changed as it is written if that can be told."""
    meant = spliced(written.text, inner)
    start, end = written.span
    source = found.text[start:end]
    outer = [_outer(written.text, source, splice) for splice in inner]
    if None not in outer:
        changed = spliced(source, [splice for splice in outer if splice])
        root, findings = load(f"k: {changed}\n")
        value = root.entries[0].value if root and not findings else None
        if isinstance(value, Scalar) and value.text == meant:
            return Splice(start, end, changed)
    return Splice(start, end, scalar(meant, inside=True))


def _outer(text: str, source: str, splice: Splice) -> Splice | None:
    """Where the word that `splice` changes in `text` stands in `source`, None if not certain."""
    word = re.compile(
        rf"(?<![A-Za-z0-9_]){re.escape(text[splice.start : splice.end])}(?![A-Za-z0-9_])"
    )
    seen = [match.start() for match in word.finditer(text)]
    places = [match.span() for match in word.finditer(source)]
    if len(seen) != len(places) or splice.start not in seen:
        return None
    return Splice(*places[seen.index(splice.start)], splice.text)
