"""Specs to derive capacity from."""

from __future__ import annotations

from pathlib import Path

from meshgen.spec.check import check_text
from meshgen.spec.model import Spec

ROOT = Path(__file__).parents[2]
SHOP = (ROOT / "specs" / "shop.yaml").read_text(encoding="utf-8")
NOTES = """\
meshgen: 1
name: notes
services:
  note:
    store: postgresql
    aggregates:
      Note:
        id: note_id
        state: {text: string}
        events:
          NoteWritten: {text: string}
        commands:
          WriteNote: {roles: [writer], input: {text: string}, creates: NoteWritten}
    queries:
      ListNotes: {of: Note, sort: [text], page: 20}
projections:
  board:
    store: postgresql
    key: {partition: [note_id]}
    row: {note_id: uuid, text: string}
    on: {note.NoteWritten: {insert: {}}}
    queries:
      Notes: {page: 20}
gateway:
  auth: {issuer: "https://id.example.com", audience: notes}
bffs:
  web:
    endpoints:
      GET /home: {notes: board.Notes(), own: "note.ListNotes()?"}
processes:
  notes: [note, board]
"""


def checked(text: str) -> Spec:
    """Return the spec in `text`, which must be valid."""
    spec, findings = check_text("spec.yaml", text)
    assert spec is not None, findings
    return spec


def notes(peak: str = "note.WriteNote: 10/s", *, slo: str = "", more: str = "") -> Spec:
    """Return the notes with a peak, and other lines of the SLO and of the spec."""
    lines = "".join(f"  {line}\n" for line in slo.splitlines())
    return checked(f"{NOTES}slo:\n{lines}  peak:\n    {peak}\n{more}")


PROCESSES = {"notes": ("note", "board"), "web": ("web",)}
