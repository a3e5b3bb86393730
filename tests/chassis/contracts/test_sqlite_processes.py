"""Several processes on one SQLite file, one of which is killed."""

from __future__ import annotations

from pathlib import Path

from .killed_processes import check


async def test_what_was_acknowledged_is_there_and_nothing_is_half_there(tmp_path: Path) -> None:
    await check(tmp_path, "unit")
