"""A table of figures: what was reached, what was the goal, and the ratio to a floor."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One figure.

    `ratio` is to `floor`, measured in the same run; it should be `most` at most, or `share` at
    least. The value should be `goal` at most, or `least` at least.
    """

    what: str
    value: float
    unit: str
    goal: float | None
    ratio: float | None
    floor: str
    most: float | None = None
    least: float | None = None
    share: float | None = None


def table(rows: Iterable[Row]) -> str:
    """Return the rows as a Markdown table."""
    lines = ["| what | measured | goal | reached | ratio |", "|---|---|---|---|---|"]
    for row in rows:
        goal = f"{row.goal:g} {row.unit}" if row.goal is not None else ""
        goal = f"{row.most:g} x" if row.most is not None else goal
        goal = f"{row.least:g} {row.unit} or more" if row.least is not None else goal
        goal = f"{row.share:g} x or more" if row.share is not None else goal
        reached = _reached(row)
        digits = 1 if row.share is None else 2
        ratio = f"{row.ratio:.{digits}f} x {row.floor}" if row.ratio is not None else ""
        lines.append(f"| {row.what} | {row.value:.3g} {row.unit} | {goal} | {reached} | {ratio} |")
    return "\n".join(lines)


def _reached(row: Row) -> str:
    """Whether a figure is what it should be, if it should be something."""
    if row.most is not None and row.ratio is not None:
        return "yes" if row.ratio <= row.most else "**no**"
    if row.share is not None and row.ratio is not None:
        return "yes" if row.ratio >= row.share else "**no**"
    if row.least is not None:
        return "yes" if row.value >= row.least else "**no**"
    return "" if row.goal is None else "yes" if row.value <= row.goal else "**no**"
