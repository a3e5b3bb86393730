"""Progress of long-running work."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str], None]
"""Called with the name of each stage that takes noticeable time."""


def silent(stage: str) -> None:
    """Ignore the progress."""
