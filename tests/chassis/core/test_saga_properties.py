"""However answers, refusals, duplicates, deadlines and retries come, a saga ends well or says why.

Random sagas run against a world that carries out their commands and remembers what it has done.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from chassis.codec import Codec
from chassis.messages import Command, CommandHandled, CommandRefused, Event
from chassis.saga import FanOut, OnFailure, Saga, Step
from chassis.saga.instance import Instance, Progress, Status
from chassis.saga.process import Process
from chassis.saga.schedule import TimerKind
from chassis.saga.transition import Dispatch, Transition
from chassis.testing import NOW
from hypothesis import given
from hypothesis import strategies as st

ID = UUID(int=1)
CODEC = Codec(Instance)


class Started(Event):
    key: UUID


class Do(Command):
    step: int
    item: int


class Undo(Command):
    step: int
    item: int


class Close(Command):
    reason: str


class Done(Event):
    pass


class Failed(Event):
    pass


class Undone(Event):
    pass


class Closed(Event):
    pass


def step(number: int, items: int | None, undo: bool, fails: bool) -> Any:
    """Step `number`; with `items`, it fans out."""
    failed: Any = Failed if fails else ()
    if items is None:
        return Step(
            do=lambda _: Do(step=number, item=0),
            done=Done,
            failed=failed,
            undo=(lambda _: Undo(step=number, item=0)) if undo else None,
            undone=Undone if undo else (),
        )
    return FanOut(
        each=lambda _: range(items),
        do=lambda _, item: Do(step=number, item=item),
        done=Done,
        failed=failed,
        undo=(lambda _, item: Undo(step=number, item=item)) if undo else None,
        undone=Undone if undo else (),
    )


forms = st.tuples(st.none() | st.integers(0, 3), st.booleans(), st.booleans())


@st.composite
def sagas(draw: st.DrawFn) -> Saga[Started]:
    """Any declaration."""
    declared = draw(st.lists(forms, min_size=1, max_size=4))
    last: OnFailure[Started] = OnFailure(do=lambda _, reason: Close(reason=reason), done=Closed)
    return Saga(
        name="any",
        starts_on=Started,
        id="key",
        steps=tuple(step(number, *form) for number, form in enumerate(declared)),
        deadline=draw(st.none() | st.just(timedelta(minutes=1))),
        on_failure=draw(st.none() | st.just(last)),
    )


@dataclass
class World:
    """Carries out commands; `process` and `instance` are the saga that sends them."""

    saga: Saga[Started]
    process: Process
    instance: Instance = field(init=False)
    flying: list[Dispatch] = field(default_factory=list)
    answered: list[tuple[UUID, Event]] = field(default_factory=list)
    sent: list[Dispatch] = field(default_factory=list)
    done: Counter[tuple[int, int]] = field(default_factory=Counter)
    undone: Counter[tuple[int, int]] = field(default_factory=Counter)
    closed: int = 0
    due: dict[TimerKind, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        event = Started(key=ID)
        self.follow(self.process.begin(event, cause=ID, correlation_id=ID, now=NOW))

    def follow(self, transition: Transition) -> None:
        """Take a transition over, as the engine does, and check what always holds."""
        for kind, due in transition.timers.items():
            self.due.pop(kind, None)
            if due is not None:
                self.due[kind] = due
        for dispatch in transition.dispatches:
            if isinstance(dispatch.command, Undo):
                self.check_compensation(dispatch.command)
            if isinstance(dispatch.command, Close):
                assert all(self.undone[place] for place in self.done if self.undoes(place))
        self.instance = transition.instance
        assert CODEC.decode(CODEC.encode(self.instance)) == self.instance
        self.flying += transition.dispatches
        self.sent += transition.dispatches
        assert len({dispatch.id for dispatch in self.sent}) == len(self.sent)
        self.check_visible()

    def check_compensation(self, command: Undo) -> None:
        """Only what is done is undone, the last step first, and nothing after the pivot."""
        assert self.done[command.step, command.item]
        assert not self.undone[command.step, command.item]
        assert not any(step >= self.saga.pivot for step, _ in self.done)
        later = [place for place in self.done if place[0] > command.step and self.undoes(place)]
        assert all(self.undone[place] for place in later)

    def check_visible(self) -> None:
        """It has ended, or it awaits an answer, tries again, or is stuck, and says why."""
        ended = self.instance.status in (Status.COMPLETED, Status.FAILED)
        stuck = self.instance.status is Status.STUCK
        waiting = {d.id for d in self.flying}
        assert self.instance.awaited_ids == waiting
        assert [ended, stuck, bool(waiting), TimerKind.RETRY in self.due].count(True) == 1
        assert not ended or not self.due
        if stuck or TimerKind.RETRY in self.due:
            assert self.instance.refusal

    def undoes(self, place: tuple[int, int]) -> bool:
        return self.saga.steps[place[0]].undo is not None

    def answer(self, number: int, outcome: str) -> None:
        """Carry out a command that is on its way: it succeeds, maybe without an event, or not."""
        if not self.flying:
            return
        dispatch = self.flying.pop(number % len(self.flying))
        event = self.carry_out(dispatch.command, outcome)
        self.answered.append((dispatch.id, event))
        transition = self.process.answered(self.instance, dispatch.id, event, NOW)
        assert transition is not None
        assert transition.answered == (dispatch.id,)
        self.follow(transition)

    def carry_out(self, command: Command, outcome: str) -> Event:
        if outcome == "refused":
            return CommandRefused(command=type(command).__name__, rule="rule")
        nothing = CommandHandled(command=type(command).__name__)
        match command:
            case Do():
                if outcome == "failed" and self.saga.steps[command.step].failed:
                    return Failed()
                self.done[command.step, command.item] += 1
                return nothing if outcome == "nothing" else Done()
            case Undo():
                self.undone[command.step, command.item] += 1
                return nothing if outcome == "nothing" else Undone()
        self.closed += 1
        return nothing if outcome == "nothing" else Closed()

    def repeat(self, number: int) -> None:
        """Deliver an answer again."""
        if self.answered:
            id, event = self.answered[number % len(self.answered)]
            assert self.process.answered(self.instance, id, event, NOW) is None

    def pass_deadline(self) -> None:
        """Let the deadline pass; also when there is none any more, as a late timer does."""
        before = self.instance
        self.follow(self.process.deadline(before, NOW))
        if before.step >= self.saga.pivot and not before.turned_back and not before.ended:
            assert self.instance.overdue
            assert not self.instance.turned_back
            assert self.instance.status is before.status

    def retry(self) -> None:
        """Let the pause pass; also when there is none any more."""
        self.follow(self.process.retry(self.instance, NOW))

    def resume(self) -> None:
        """Resume it by hand, which only has an effect if it is stuck."""
        transition = self.process.resume(self.instance, NOW)
        assert (transition is not None) == (self.instance.status is Status.STUCK)
        if transition is not None:
            self.follow(transition)

    def finish(self) -> None:
        """Let everything succeed from now on."""
        for _ in range(100):
            self.answer(0, "done")
            self.retry()
            self.resume()
        assert self.instance.ended, self.instance


choices = st.one_of(
    st.tuples(
        st.just("answer"),
        st.integers(0, 9),
        st.sampled_from(["done", "nothing", "failed", "refused"]),
    ),
    st.tuples(st.just("repeat"), st.integers(0, 9), st.just("")),
    st.tuples(st.sampled_from(["deadline", "retry", "resume"]), st.just(0), st.just("")),
)


def run(world: World, chosen: list[tuple[str, int, str]]) -> None:
    for what, number, outcome in chosen:
        match what:
            case "answer":
                world.answer(number, outcome)
            case "repeat":
                world.repeat(number)
            case "deadline":
                world.pass_deadline()
            case "retry":
                world.retry()
            case "resume":
                world.resume()


def check_end(world: World) -> None:
    """All is done, or all is undone; nothing is both, and nothing twice."""
    assert set(world.done.values()) <= {1}
    assert set(world.undone.values()) <= {1}
    everything = {
        (number, item)
        for number, step in enumerate(world.saga.steps)
        for item in range(len(step.commands(Started(key=ID))))
    }
    if world.instance.status is Status.COMPLETED:
        assert set(world.done) == everything
        assert not world.undone
        assert not world.closed
        assert {sent.progress for sent in world.instance.sent} <= {Progress.DONE}
        return
    assert not any(step >= world.saga.pivot for step, _ in world.done)
    assert set(world.undone) == {place for place in world.done if world.undoes(place)}
    assert world.instance.failure
    closings = [d for d in world.sent if isinstance(d.command, Close)]
    assert len(closings) == (world.saga.on_failure is not None)


@given(saga=sagas(), chosen=st.lists(choices, max_size=40))
def test_it_ends_completed_or_compensated(
    saga: Saga[Started], chosen: list[tuple[str, int, str]]
) -> None:
    world = World(saga, Process(saga))
    run(world, chosen)
    world.finish()
    check_end(world)
    sent = len(world.sent)
    run(world, [("deadline", 0, ""), ("retry", 0, ""), ("resume", 0, ""), ("repeat", 0, "")])
    assert len(world.sent) == sent


@given(saga=sagas(), before=st.lists(choices, max_size=10))
def test_what_is_always_refused_gets_stuck_or_turns_back(
    saga: Saga[Started], before: list[tuple[str, int, str]]
) -> None:
    """No command is sent without end."""
    world = World(saga, Process(saga))
    run(world, before)
    run(world, [("answer", 0, "refused"), ("retry", 0, "")] * 60)
    assert world.instance.ended or world.instance.status is Status.STUCK
    world.finish()
    check_end(world)
