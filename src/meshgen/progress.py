"""How long work says what it is doing."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str], None]
"""Called with one word for each stage that takes noticeable time."""


def silent(stage: str) -> None:
    """Report nothing."""
