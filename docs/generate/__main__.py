"""`make docs`: write the files that are generated from the grammar."""

from __future__ import annotations

from docs.generate import ROOT, generated

for path, text in generated().items():
    (ROOT / path).write_text(text, encoding="utf-8")
    print(path)
