"""Decisions, and the answers that they need: replica rows, and the answers of ports."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from itertools import count
from typing import Any, TypeVar
from uuid import UUID, uuid5

from chassis.domain import Answers, Context, Lookup, Question, Unanswered
from chassis.runtime.adapters import Adapters
from chassis.runtime.rows import Rows
from chassis.runtime.work import Work

T = TypeVar("T")


class Impatient(Exception):
    """A decision needs the answer of a port, for which this work does not wait."""


class DecisionRunner:
    """Runs decisions and fetches the answers that they need."""

    def __init__(self, replicas: Mapping[type, Rows[Any]], adapters: Adapters) -> None:
        self._replicas = replicas
        self._adapters = adapters

    async def decide(
        self,
        decision: Callable[[Context], Iterable[T]],
        context: Callable[[Answers], Context],
        work: Work,
    ) -> tuple[T, ...]:
        """Run a decision, again for each answer that it lacks.

        Args:
            decision: The decision, given its context.
            context: Makes a context with the answers found so far.
            work: Where rows are read.

        Returns:
            What the decision yields.

        Raises:
            Impatient: A port would have to answer, but `work` is not patient.
        """
        answers = Answers()
        while True:
            try:
                return tuple(decision(context(answers)))
            except Unanswered as missing:
                answer = await self._answer(missing.question, work)
                answers = answers.plus(missing.question, answer)

    async def _answer(self, question: Question[object], work: Work) -> object:
        if isinstance(question, Lookup):
            row = await self._replicas[question.kind].get(work, str(question.id))
            return row.state if row else None
        if not work.patient:
            raise Impatient
        return await self._adapters.answer(question)


def contexts(message_id: UUID, now: datetime) -> Callable[[Answers], Context]:
    """Return a function that makes the contexts for the decision on one message.

    New ids derive from the id of the message, so they are the same when the decision is repeated.
    """

    def context(answers: Answers) -> Context:
        numbers = count(1)
        return Context(
            now=now, new_id=lambda: uuid5(message_id, f"id:{next(numbers)}"), answers=answers
        )

    return context
