"""Sagas: steps, their answers, compensation."""

from __future__ import annotations

from meshgen.spec.analysis.context import Check
from meshgen.spec.analysis.dispatch import build_dispatch, build_each
from meshgen.spec.analysis.index import Tie
from meshgen.spec.analysis.kinds import bare
from meshgen.spec.analysis.symbols import CommandSymbol, EventSymbol, ServiceSymbol, Symbols
from meshgen.spec.hints import meant_or_one_of
from meshgen.spec.model import Ref, Saga, Step
from meshgen.spec.syntax import SagaSyntax, StepSyntax, Word
from meshgen.spec.types import STRING, UUID
from meshgen.unicode import printable


def build_sagas(check: Check, symbols: Symbols, service: ServiceSymbol) -> tuple[Saga, ...]:
    """The sagas of a service."""
    home = service.syntax.name.text
    return tuple(
        saga for syntax in service.syntax.sagas if (saga := _saga(check, symbols, syntax, home))
    )


def _saga(check: Check, symbols: Symbols, syntax: SagaSyntax, home: str) -> Saga | None:
    start = symbols.event(syntax.starts_on, home) if syntax.starts_on else None
    _check_identity(check, syntax, start)
    steps = tuple(step for s in syntax.steps if (step := _step(check, symbols, s, start, home)))
    on_failure = None
    if syntax.on_failure:
        on_failure, _ = build_dispatch(check, symbols, syntax.on_failure, start, home, failure=True)
    _check_sent_once(check, syntax)
    if start is None or syntax.starts_on is None:
        return None
    return Saga(
        name=syntax.name.text,
        of=syntax.of.text if syntax.of else "",
        starts_on=symbols.ref(start, syntax.starts_on),
        deadline=syntax.deadline,
        steps=steps,
        on_failure=on_failure,
        start=syntax.start.text if syntax.start else None,
        renamed_from=syntax.renamed_from.text if syntax.renamed_from else None,
        at=syntax.name.at,
    )


def _check_sent_once(check: Check, syntax: SagaSyntax) -> None:
    """A saga sends a command from one place, which one function of its own describes."""
    sent = [dispatch for step in syntax.steps for dispatch in (step.do, step.undo) if dispatch]
    seen: dict[str, Word] = {}
    for dispatch in (*sent, *((syntax.on_failure,) if syntax.on_failure else ())):
        word = dispatch.command
        first = seen.setdefault(word.text.rpartition(".")[2], word)
        if first is not word:
            hint = "use `each` to send it several times, or define another command"
            check.error(word.at, f"`{word}` is already sent in line {first.at.line}", hint)


def _check_identity(check: Check, syntax: SagaSyntax, start: EventSymbol | None) -> None:
    if syntax.of is None or start is None:
        return
    field = start.whole.known.get(syntax.of.text)
    if field is not None and field.type != UUID:
        check.error(syntax.of.at, f"a saga needs a `uuid` as id; `{field.name}` is `{field.type}`")
    elif field is not None:
        check.uses(syntax.of, field)
    elif start.whole.missing(syntax.of.text):
        uuids = [f.name for f in start.whole if f.type == UUID]
        message = f"`{start.name}` has no field `{printable(syntax.of.text)}`"
        check.error(syntax.of.at, message, meant_or_one_of(syntax.of.text, uuids))


def _step(
    check: Check, symbols: Symbols, syntax: StepSyntax, start: EventSymbol | None, home: str
) -> Step | None:
    each, item = build_each(check, syntax.each, start)
    if syntax.do is None:
        return None
    do, command = build_dispatch(check, symbols, syntax.do, start, home, item=item)
    done, failed = _answers(check, symbols, syntax, command, home)
    undo = None
    if syntax.undo:
        undo, _ = build_dispatch(
            check, symbols, syntax.undo, start, home, item=item, inherited=syntax.do.with_
        )
    if do is None:
        return None
    return Step(each=each, do=do, done=done, failed=failed, undo=undo, at=syntax.at)


def _answers(
    check: Check, symbols: Symbols, syntax: StepSyntax, command: CommandSymbol | None, home: str
) -> tuple[tuple[Ref, ...], tuple[Ref, ...]]:
    """The events that end a step well, and badly; by default all others are good."""
    done = _events(check, symbols, syntax.done or (), command, home)
    failed = _events(check, symbols, syntax.failed or (), command, home)
    _tie_reasons(check, symbols, failed)
    for name in done.keys() & failed.keys():
        check.error(failed[name].at, f"`{name}` is both `done` and `failed`")
    if command is None or not command.complete or syntax.do is None:
        return tuple(done.values()), tuple(failed.values())
    named = len(syntax.done or ()) + len(syntax.failed or ())
    left = [name for name in command.emits if name not in done and name not in failed]
    if syntax.done is None:
        done = {name: Ref(unit=command.unit, name=name, at=syntax.do.command.at) for name in left}
        if not left:
            check.error(
                syntax.at,
                f"`{command.name}` has no event left that means success",
                "name it: `done: ...`",
            )
    elif left and len(done) + len(failed) == named:  # else a wrong name may mean what is left
        hint = "add it to `failed`" if syntax.failed is None else "add it to `done` or `failed`"
        check.error(
            syntax.do.command.at,
            f"`{command.name}` may cause `{left[0]}`, which is in neither `done` nor `failed`",
            hint,
        )
    return tuple(done.values()), tuple(failed.values())


def _tie_reasons(check: Check, symbols: Symbols, failed: dict[str, Ref]) -> None:
    """Remember that `failure` is the `reason` of the event that meant failure."""
    for name, ref in failed.items():
        service = symbols.services.get(ref.unit)  # that of a stream has a finding
        field = service.events[name].own.known.get("reason") if service else None
        if field is not None and bare(field.type) == STRING:
            message = f"the `reason` of `{name}` is the `failure` that the saga speaks of"
            hint = "leave it its name: `failure` is the text of the field `reason`"
            check.index.ties.append(Tie(ref.at, field.at, message, hint))


def _events(
    check: Check,
    symbols: Symbols,
    words: tuple[Word, ...],
    command: CommandSymbol | None,
    home: str,
) -> dict[str, Ref]:
    found: dict[str, Ref] = {}
    for word in words:
        event = symbols.event(word, home)
        if event is None:
            continue
        if (
            command
            and command.complete
            and (event.unit != command.unit or event.name not in command.emits)
        ):
            own = [
                name if command.unit == home else f"{command.unit}.{name}" for name in command.emits
            ]
            check.error(
                word.at,
                f"`{command.name}` never causes `{event.name}`",
                meant_or_one_of(word.text, own),
            )
            continue
        found[event.name] = symbols.ref(event, word)
    return found
