"""The stages up to rendering: from the text of a spec to the files of its project."""

from __future__ import annotations

from typing import Protocol

from meshgen.output.fingerprint import engine
from meshgen.output.moved_paths import former_paths, renames_of
from meshgen.output.parts import Part, parts_of
from meshgen.progress import Progress, silent
from meshgen.project.base import Rendering
from meshgen.project.render_cache import Memo
from meshgen.project.state import State
from meshgen.spec.check import check_text
from meshgen.spec.diagnostics import SpecError
from meshgen.spec.yaml.load import decoded
from meshgen.system.lower import resolve


class Generate(Protocol):
    """The signature of `generate`."""

    def __call__(
        self,
        path: str,
        spec: bytes,
        progress: Progress = ...,
        *,
        state: State | None = None,
        memo: Memo | None = None,
    ) -> Rendering: ...


def generate(
    path: str,
    spec: bytes,
    progress: Progress = silent,
    *,
    state: State | None = None,
    memo: Memo | None = None,
) -> Rendering:
    """Render the project of the spec with the text `spec`; messages call it `path`.

    With the `state` of a project, what `memo` knows to come out as it is there is not rendered.
    Raises SpecError for a spec with findings, MeshgenError if it is no text.
    """
    # Imported here: rendering needs libraries that `--help` and `check` should not wait for.
    from meshgen.render import render, worker

    progress("checking")
    text = decoded(path, spec)
    with worker() as renderer:
        checked, findings = check_text(path, text)
        if checked is None:
            raise SpecError(path, text, findings)
        mesh = resolve(checked)
        parts = parts_of(mesh)
        unchanged = _unchanged(parts, state, memo) if state and memo else {}
        wanted = [part for part in parts if part.name not in unchanged]
        files = render(mesh, wanted, renderer, progress)
    paths = [path for of_part in files.values() for path in of_part]
    return Rendering(
        engine=engine(),
        system=mesh.system.name,
        spec_file=mesh.system.spec_file,
        spec=spec,
        fingerprints={part.name: part.fingerprint for part in parts},
        files=files,
        unchanged=unchanged,
        moved=former_paths(paths, mesh, renames_of(checked, state)) if state else {},
    )


def _unchanged(parts: tuple[Part, ...], state: State, memo: Memo) -> dict[str, str]:
    """The parts that would be rendered to what the project has as its base already."""
    contents = {part.name: memo.content(engine(), part.name, part.fingerprint) for part in parts}
    return {
        name: content
        for name, content in contents.items()
        if content is not None and content == state.parts.get(name)
    }
