"""Something that is wrong."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """A promise that was not kept.

    Attributes:
        promise: The promise, in a few words.
        about: What it is about, e.g. the id of an order.
        detail: What was found instead.
    """

    promise: str
    about: str
    detail: str

    def __str__(self) -> str:
        return f"{self.promise}: {self.about}: {self.detail}"
