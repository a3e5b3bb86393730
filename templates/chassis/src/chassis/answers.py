"""What backends-for-frontends answer, and what they read of other units."""

from __future__ import annotations

from typing import Generic, TypeVar

from chassis.messages import Value

T = TypeVar("T")


class Answer(Value):
    """A response, or a part of one.

    Of what a backend answers, only the fields of the model are read (tolerant reader).
    """


class Page(Answer, Generic[T]):
    """A page of rows, and the cursor of the next page; None on the last page."""

    items: list[T]
    next: str | None
