"""Finds the answers that decisions ask for: replica rows, and what ports say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from itertools import count
from typing import Any, TypeVar
from uuid import UUID, uuid5

from chassis.domain import Answers as Known
from chassis.domain import Context, Lookup, Question, Unanswered
from chassis.runtime.rows import Rows
from chassis.service import Answer

T = TypeVar("T")


class Answers:
    """Makes decisions, and finds out what they turn out to need."""

    def __init__(self, replicas: Mapping[type, Rows[Any]], answers: Iterable[Answer]) -> None:
        self._replicas = replicas
        self._adapters = {answer.question: answer.adapter for answer in answers}

    async def decide(
        self,
        decision: Callable[[Context], Iterable[T]],
        context: Callable[[Known], Context],
    ) -> tuple[T, ...]:
        """Return what `decision` yields, making it anew for each answer that it lacks."""
        known = Known()
        while True:
            try:
                return tuple(decision(context(known)))
            except Unanswered as missing:
                known = known.plus(missing.question, await self._answer(missing.question))

    async def _answer(self, question: Question[object]) -> object:
        if isinstance(question, Lookup):
            row = await self._replicas[question.kind].get(str(question.id))
            return row.state if row else None
        return await self._adapters[type(question)](question)


def contexts(message_id: UUID, now: datetime) -> Callable[[Known], Context]:
    """Return what makes contexts for the decision on one message.

    New ids derive from the message's, so that they are the same however often the decision is made.
    """

    def context(answers: Known) -> Context:
        numbers = count(1)
        return Context(
            now=now, new_id=lambda: uuid5(message_id, f"id:{next(numbers)}"), answers=answers
        )

    return context
