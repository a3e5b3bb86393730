"""`meshgen graph`: diagrams of a spec."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from meshgen.errors import MeshgenError
from meshgen.graph.mermaid import mermaid
from meshgen.graph.model import Graph
from meshgen.graph.svg import svg
from meshgen.graph.views import context_map, event_flow, process
from meshgen.spec.hints import meant_or_one_of
from meshgen.spec.model import Saga, Spec
from meshgen.unicode import printable


class View(StrEnum):
    """What a diagram shows."""

    CONTEXT = "context"
    EVENTS = "events"
    PROCESS = "process"


class Format(StrEnum):
    """The format of a diagram."""

    MERMAID = "mermaid"
    SVG = "svg"


def picture(spec: Spec, view: View, of: str | None, form: Format) -> str:
    """Return a diagram as text.

    Args:
        spec: The spec to draw.
        view: What to show.
        of: The saga to show, as `Saga` or `service.Saga`; required if there are several.
        form: Mermaid or SVG.

    Raises:
        MeshgenError: There is no such saga, or it is ambiguous.
    """
    graph = _graph(spec, view, of)
    return mermaid(graph) if form is Format.MERMAID else svg(graph)


def _graph(spec: Spec, view: View, of: str | None) -> Graph:
    if view is View.PROCESS:
        return process(*_saga(spec, of))
    if of is not None:
        raise MeshgenError("`--of` requires `--view process`", "add it, or leave `--of` out")
    return context_map(spec) if view is View.CONTEXT else event_flow(spec)


def _saga(spec: Spec, of: str | None) -> tuple[str, Saga]:
    sagas = [(service.name, saga) for service in spec.services for saga in service.sagas]
    if not sagas:
        raise MeshgenError("the spec has no sagas", "`--view events` shows its policies")
    full = [f"{service}.{saga.name}" for service, saga in sagas]
    if of is None:
        if len(sagas) > 1:
            raise MeshgenError("the spec has several sagas", f"`--of`: {meant_or_one_of('', full)}")
        return sagas[0]
    found = [(h, s) for h, s in sagas if of in (f"{h}.{s.name}", s.name)]
    if not found:
        raise MeshgenError(f"there is no saga `{printable(of)}`", meant_or_one_of(of, full))
    if len(found) > 1:
        raise MeshgenError(f"`{of}` is ambiguous", meant_or_one_of("", full))
    return found[0]


def write(path: Path, text: str) -> None:
    """Write a diagram to a file, replacing it if it exists.

    Raises:
        MeshgenError: The file cannot be written.
    """
    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise MeshgenError(f"{path} cannot be written: {error.strerror}") from None
