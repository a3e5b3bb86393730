"""What is generated from the grammar is up to date."""

from __future__ import annotations

import pytest

from docs.generate import ROOT, generated

FILES = generated()


@pytest.mark.parametrize("path", FILES)
def test_a_generated_file_is_up_to_date(path: str) -> None:
    written = (ROOT / path).read_text(encoding="utf-8")
    assert written == FILES[path], "run `make docs`"
