"""Whatever text a spec holds, the project is valid code and stays inside its folder."""

from __future__ import annotations

import ast
import json
import tomllib
from dataclasses import replace
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from meshgen.output.parts import parts_of
from meshgen.output.plan import Row, as_json, plan
from meshgen.output.templates import template_folder
from meshgen.render import render, worker
from meshgen.render.worker import Job, render_job
from meshgen.spec.check import read_spec
from meshgen.spec.model import Spec
from meshgen.system.lower import resolve
from meshgen.system.model import Mesh

SHOP = read_spec(Path(__file__).parents[2] / "specs" / "shop.yaml")
HOSTILE = ['"""', "'''", '"', "\\", "\n", "{{ 7*7 }}", "{% for %}", "{#", "$(id)", "`id`", "${X}"]
TEXT = st.lists(
    st.sampled_from([*HOSTILE, "\x00", "\u2028", "\u202e", "语", "😀", "../", "a"])
).map("".join)


def _with_text(spec: Spec, text: str) -> Spec:
    """The spec with `text` in every place that takes free text.

    Names of scenarios are none: they are left out, also from the peak.
    """
    assert spec.slo is not None
    names = {scenario.name for scenario in spec.scenarios}
    peaks = tuple(peak for peak in spec.slo.peaks if peak.name not in names)
    return replace(
        spec,
        summary=text,
        services=tuple(replace(service, summary=text or None) for service in spec.services),
        projections=tuple(replace(each, summary=text or None) for each in spec.projections),
        bffs=tuple(replace(bff, summary=text or None) for bff in spec.bffs),
        scenarios=(),
        slo=replace(spec.slo, peaks=peaks),
    )


def _check(path: str, text: str) -> None:
    match PurePosixPath(path).suffix:
        case ".py":
            ast.parse(text)
        case ".toml":
            tomllib.loads(text)
        case ".json":
            json.loads(text)
        case ".yaml" | ".yml" if "envoy" not in path:
            list(yaml.safe_load_all(text))


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TEXT)
@example('"""\nimport os\nos.system("id")\n"""')
@example("]\n[tool.uv]\nindex-url = 'x'")
def test_free_text_never_becomes_code(text: str) -> None:
    for row in _a_row_of_each_template(resolve(_with_text(SHOP, text))):
        job = Job(
            template=str(template_folder(row.template)),
            folder="unit",
            answers=json.loads(as_json(row.answers)),
        )
        with TemporaryDirectory() as folder:
            assert render_job(job, Path(folder)) is None
            for path in Path(folder).rglob("*"):
                if path.is_file():
                    _check(path.name, path.read_text(encoding="utf-8"))


def _a_row_of_each_template(mesh: Mesh) -> list[Row]:
    """Of the services the one with most in it."""
    rows = sorted(plan(mesh), key=lambda row: len(as_json(row.answers)))
    return list({row.template: row for row in rows}.values())


def test_a_hostile_spec_is_rendered_whole() -> None:
    """With formatting and all: the formatter would refuse what is not Python."""
    mesh = resolve(_with_text(SHOP, "".join(HOSTILE) + "😀\u202e"))
    with worker() as renderer:
        rendered = render(mesh, parts_of(mesh), renderer)
    files = {path: file for of_part in rendered.values() for path, file in of_part.items()}
    for path, file in files.items():
        assert not path.startswith(("/", "..")), path
        _check(path, file.content.decode())
        assert "\u202e" not in file.content.decode(), path
