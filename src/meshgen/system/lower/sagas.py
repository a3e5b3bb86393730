"""Sagas: their steps, and the functions that build their commands."""

from __future__ import annotations

from meshgen.naming import identifier, snake, words
from meshgen.spec.model import Dispatch, Each, Ref, Saga, Step
from meshgen.system.index import Index
from meshgen.system.lower.identities import identity_of, starts_now
from meshgen.system.model import Argument, Call, DispatchView, OnFailureView, SagaView, StepView
from meshgen.system.pysource.annotations import duration
from meshgen.system.pysource.calls import EVENT, filled, from_sources, loop_view
from meshgen.testgen.cases.example_events import ExampleEvents
from meshgen.testgen.cases.sagas import saga_tests


def saga_refs(saga: Saga, index: Index) -> list[Ref]:
    """Return every message that the saga refers to."""
    return [*saga_events(saga, index), *saga_commands(saga)]


def saga_events(saga: Saga, index: Index) -> list[Ref]:
    """Return every event that the saga reacts to."""
    answers = [ref for step in saga.steps for ref in (*step.done, *step.failed)]
    undone = [ref for command in _on_the_way_back(saga) for ref in index.events_of(command)]
    return [saga.starts_on, *answers, *undone]


def saga_commands(saga: Saga) -> list[Ref]:
    """Return every command that the saga sends."""
    return [*(step.do.command for step in saga.steps), *_on_the_way_back(saga)]


def _on_the_way_back(saga: Saga) -> list[Ref]:
    """Return the commands of compensations, and the one after a failure."""
    dispatches = (*(step.undo for step in saga.steps), saga.on_failure)
    return [dispatch.command for dispatch in dispatches if dispatch]


def saga_view(saga: Saga, unit: str, index: Index, example_events: ExampleEvents) -> SagaView:
    """Return a saga of `unit`, with its functions and steps."""
    dispatches: dict[str, DispatchView] = {}
    steps = []
    for step in saga.steps:
        do = _dispatch(step.do, saga, index, each=step.each)
        undo = (
            _dispatch(step.undo, saga, index, each=step.each, known=step.do) if step.undo else None
        )
        steps.append(_step_view(step, do, undo, index))
        dispatches |= {view.function: view for view in (do, undo) if view}
    path = ("services", unit, "sagas", saga.name)
    identity = identity_of(index.identities, *path)
    failure = _dispatch(saga.on_failure, saga, index, failure=True) if saga.on_failure else None
    if failure:
        dispatches[failure.function] = failure
    return SagaView(
        name=saga.name,
        identity=snake(identity) if identity else None,
        module=identifier(saga.name),
        words=words(saga.name),
        id=saga.of,
        starts_on=saga.starts_on.name,
        from_now=starts_now(index.identities, path, saga.start),
        deadline=duration(saga.deadline) if saga.deadline else None,
        dispatches=tuple(dispatches.values()),
        steps=tuple(steps),
        on_failure=_on_failure_view(saga.on_failure, failure, index),
        testing=saga_tests(saga, index, example_events),
    )


def _step_view(step: Step, do: DispatchView, undo: DispatchView | None, index: Index) -> StepView:
    return StepView(
        loop=loop_view(step.each) if step.each else None,
        do=do.function,
        done=_events(step.done) or "None",
        failed=_events(step.failed),
        undo=undo.function if undo else None,
        undone=_events(index.events_of(step.undo.command)) if step.undo else None,
    )


def _on_failure_view(
    dispatch: Dispatch | None, view: DispatchView | None, index: Index
) -> OnFailureView | None:
    if dispatch is None or view is None:
        return None
    return OnFailureView(
        do=view.function, done=_events(index.events_of(dispatch.command)) or "None"
    )


def _events(refs: tuple[Ref, ...]) -> str | None:
    """Return the class of an event, or a tuple of classes."""
    names = [ref.name for ref in refs]
    if len(names) > 1:
        return f"({', '.join(names)})"
    return names[0] if names else None


def _dispatch(
    dispatch: Dispatch,
    saga: Saga,
    index: Index,
    *,
    each: Each | None = None,
    known: Dispatch | None = None,
    failure: bool = False,
) -> DispatchView:
    """Return the function that builds the command of `dispatch`.

    `known` are the values of the step that a compensation undoes.
    """
    event, command = index.event(saga.starts_on), index.command(dispatch.command)
    given = {sets.target: sets for sets in (known.with_ if known else ())}
    given |= {sets.target: sets for sets in dispatch.with_}
    arguments = filled(
        command.fields,
        tuple(given.values()),
        EVENT,
        from_sources(("event", event.fields)),
    )
    parameters = [Argument(name="event", value=saga.starts_on.name)]
    if each is not None:
        loop = loop_view(each)
        parameters.append(Argument(name=loop.variable, value=loop.annotation))
    if failure:
        parameters.append(Argument(name="failure", value="str"))
    return DispatchView(
        function=identifier(command.command.name),
        summary=_summary(dispatch, known, failure),
        parameters=tuple(parameters),
        command=Call(name=command.command.name, arguments=arguments),
    )


def _summary(dispatch: Dispatch, known: Dispatch | None, failure: bool) -> str:
    command = words(dispatch.command.name)
    if known is not None:
        return f"Compensate for `{known.command.name}`: {command}."
    return f"{command.capitalize()} after a failure." if failure else f"{command.capitalize()}."
