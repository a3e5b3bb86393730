"""The pictures of the documentation."""

from __future__ import annotations

import re

from docs.generate import ROOT


def test_the_demonstration_is_indented_by_places_not_by_blanks() -> None:
    picture = (ROOT / "docs" / "demo.svg").read_text(encoding="utf-8")
    starts = [
        (float(x), text) for x, text in re.findall(r'<text[^>]* x="([\d.]+)"[^>]*>([^<]+)', picture)
    ]
    assert not any(text.startswith("&#160;") for _, text in starts)
    assert len({x for x, text in starts if text.strip()}) >= 5
