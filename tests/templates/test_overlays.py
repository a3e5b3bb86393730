"""Templates of the user's own: they stay through updates, and what could run is refused."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from meshgen.errors import MeshgenError
from meshgen.operations.new import create
from meshgen.operations.templates import export, list_templates
from meshgen.operations.update import update
from meshgen.output.overlays import OVERLAYS, read_overlays
from meshgen.output.templates import CONFIG, content_folder, read_template, template_names
from tests.templates.systems import SPECS
from tests.trees import digest

LICENCE = "services/note/LICENSE"
SERVICE = "service/template"


def write(folder: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a licence in each service."""
    folder = tmp_path_factory.mktemp("own")
    own = write(
        folder / "own", {f"{SERVICE}/LICENSE.jinja": "Licence of {{ service.name }}\nEnd\n"}
    )
    return create(folder / "notes", SPECS["minimal"], templates=own).target


@pytest.fixture
def project(pristine: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(pristine, tmp_path / "notes"))


def test_a_new_project_keeps_the_templates_it_was_made_with(project: Path) -> None:
    assert (project / LICENCE).read_text() == "Licence of note\nEnd\n"
    assert (project / OVERLAYS / SERVICE / "LICENSE.jinja").exists()
    assert update(project).nothing
    (project / ".meshgen/cache.json").unlink()  # as after `git clone`
    assert update(project).nothing


def test_a_changed_template_is_merged_with_edits_and_touches_its_services_only(
    project: Path,
) -> None:
    (project / LICENCE).write_text("Licence of note\nEnd\nby hand\n")
    write(project / OVERLAYS, {f"{SERVICE}/LICENSE.jinja": "The licence\nEnd\n"})
    done = update(project)
    assert done.rendered == ("services/note",)
    assert not done.undecided
    assert (project / LICENCE).read_text() == "The licence\nEnd\nby hand\n"
    assert update(project).rendered == ()


def test_a_changed_spec_keeps_what_the_templates_add(project: Path) -> None:
    spec = project / "notes.yaml"
    spec.write_text(spec.read_text().replace("name: notes", "name: memos"))
    update(project)
    assert (project / LICENCE).read_text() == "Licence of note\nEnd\n"


def test_a_file_of_meshgens_is_replaced_and_a_python_file_is_formatted(project: Path) -> None:
    path = "src/{{ service.package }}/domain/__init__.py.jinja"
    text = "NAME  =  {{ service.name | py }}\n"
    write(project / OVERLAYS, {f"{SERVICE}/{path}": text})
    update(project)
    written = project / "services/note/src/notes_note/domain/__init__.py"
    assert written.read_text() == 'NAME = "note"\n'
    (listed,) = [each for each in list_templates(project / OVERLAYS) if each.name == "service"]
    assert listed.replaced == (f"template/{path}",)
    assert listed.added == ("template/LICENSE.jinja",)


def test_without_its_template_a_file_goes(project: Path) -> None:
    shutil.rmtree(project / OVERLAYS)
    update(project)
    assert not (project / LICENCE).exists()


@pytest.mark.parametrize("name", template_names())
def test_an_exported_template_changes_nothing_until_it_is_edited(tmp_path: Path, name: str) -> None:
    done = export(name, tmp_path)
    assert read_overlays(tmp_path) == {}
    inside = "src/" if name == "chassis" else "template/"
    path = next(path for path in done.files if path.startswith(inside))
    (tmp_path / name / path).write_text("# mine\n")
    assert read_overlays(tmp_path)[name].content == {path: b"# mine\n"}
    with pytest.raises(MeshgenError, match="already exists"):
        export(name, tmp_path)


def test_a_file_of_a_template_is_exported_with_its_settings(tmp_path: Path) -> None:
    done = export("service", tmp_path, ["ports.py"])
    assert len(done.files) == 3
    with pytest.raises(MeshgenError, match="no file 'nothing'"):
        export("service", tmp_path, ["nothing"])
    with pytest.raises(MeshgenError, match="no template 'nothing'"):
        export("nothing", tmp_path)


SETTINGS = {
    "tasks": "_tasks: [touch {marker}]",
    "migrations": "_migrations: [{{version: v1, before: [touch {marker}]}}]",
    "extensions": "_jinja_extensions: [meshgen.render.extension.Meshgen, os.path]",
    "no extensions": "_jinja_extensions: []",
    "external data": "_external_data: {{secret: /etc/passwd}}",
    "envops": "_envops: {{undefined: jinja2.Undefined}}",
    "subdirectory": "_subdirectory: ../../..",
    "suffix": "_templates_suffix: .py",
    "exclude": "_exclude: []",
    "skip": "_skip_if_exists: [LICENSE]",
    "answers file": "_answers_file: ../answers.yml",
    "message": "_message_after_copy: hello",
    "symlinks": "_preserve_symlinks: true",
    "include": "x: !include /etc/passwd",
    "object": "x: !!python/object/apply:os.system [touch {marker}]",
    "two documents": "service: {{type: yaml}}\n---\n_tasks: [touch {marker}]",
    "another question": "secret: {{type: str, default: x}}",
    "a default": 'service: {{type: yaml, default: "{{{{ 1 }}}}"}}',
    "a validator": 'service: {{type: yaml, validator: "{{{{ 1 }}}}"}}',
    "a list": "[1]",
    "no yaml": "{{",
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_settings_that_are_not_meshgens_are_refused(tmp_path: Path, setting: str) -> None:
    marker = tmp_path / "marker"
    config = SETTINGS[setting].format(marker=marker)
    own = write(tmp_path / "own", {f"service/{CONFIG}": config, f"{SERVICE}/x": "x"})
    with pytest.raises(MeshgenError, match=CONFIG):
        read_overlays(own)
    assert not marker.exists()


def test_meshgens_own_settings_are_not_refused(tmp_path: Path) -> None:
    for name in template_names():
        config = read_template(name)[CONFIG].decode()
        place = f"{name}/{content_folder(name).name}/x" if name != "chassis" else f"{name}/x"
        write(tmp_path, {f"{name}/{CONFIG}": config, place: "x"})
    assert read_overlays(tmp_path).keys() == set(template_names())


@pytest.mark.parametrize(
    "link", ["service/template/x", "service/template/folder", f"service/{CONFIG}", "service", "."]
)
def test_a_symbolic_link_is_refused(tmp_path: Path, link: str) -> None:
    place = tmp_path / "own" / link
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to("/etc" if "x" not in link else "/etc/passwd")
    with pytest.raises(MeshgenError):
        read_overlays(tmp_path / "own")


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / SERVICE).mkdir(parents=True)
    os.mkfifo(tmp_path / SERVICE / "pipe")
    with pytest.raises(MeshgenError, match="not a regular file"):
        read_overlays(tmp_path)


@pytest.mark.parametrize(
    "path",
    [
        "nothing/template/x",
        "service/x",
        "service/copier.yaml",
        "service/templates/x",
        "service/template/..x",
        "service/template/a\nb",
        "service/template/a\\b",
    ],
)
def test_a_path_that_no_template_has_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(MeshgenError):
        read_overlays(write(tmp_path, {path: "x"}))


HOSTILE = {
    "upwards": ("service/template/{{ '.' ~ '.' }}/{{ '.' ~ '.' }}/x", "x"),
    "to the root": ("service/template/{{ '%c' % 47 }}tmp/x", "x"),
    "into git": ("project/template/.git/hooks/pre-commit", "x"),
    "into the base": ("project/template/.meshgen/state.json", "x"),
    "into a service": ("project/template/services/note/x", "x"),
    "into another template": ("project/template/gateway/envoy.yaml", "x"),
    "into the chassis": ("project/template/libs/chassis/x.py", "x"),
    "over the spec": ("project/template/notes.yaml", "x"),
    "through classes": ("service/template/x.jinja", "{{ system.__class__.__mro__ }}"),
    "through globals": ("service/template/x.jinja", "{{ range.__globals__ }}"),
    "through a file": ("service/template/x.jinja", "{% include '/etc/passwd' %}"),
    "through a filter": ("service/template/x.jinja", "{{ '/etc/*' | fileglob }}"),
    "through the environment": ("service/template/x.jinja", "{{ '$HOME' | expandvars }}"),
    "through nothing": ("service/template/x.jinja", "{{ nothing }}"),
    "code that is none": ("service/template/x.py", "def"),
    "more than the memory": ("service/template/x.jinja", "{{ 'x' * 10**11 }}"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_template_is_refused_and_nothing_is_written(project: Path, case: str) -> None:
    path, text = HOSTILE[case]
    write(project / OVERLAYS, {path: text})
    before = digest(project)
    with pytest.raises(MeshgenError):
        update(project)
    after = {p: d for p, d in digest(project).items() if "/work/" not in p}
    assert after == {p: d for p, d in before.items() if "/work/" not in p}


def with_processor_time(seconds: int) -> Callable[..., subprocess.Popen[str]]:
    """Start processes with a limit that a system may have."""
    limit = partial(resource.setrlimit, resource.RLIMIT_CPU, (seconds, seconds + 1))
    return partial(subprocess.Popen, preexec_fn=limit)


def test_a_template_whose_rendering_the_system_ends_is_named(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loops = "{% for a in range(99999) %}" * 3 + "{% endfor %}" * 3
    write(project / OVERLAYS, {"service/template/x.jinja": loops})
    monkeypatch.setattr(subprocess, "Popen", with_processor_time(3))
    with pytest.raises(MeshgenError, match="took too much time or memory"):
        update(project)


def test_a_file_that_would_fill_the_disk_is_refused(project: Path) -> None:
    line = "{{ 'x' * 99999999 }}"
    write(project / OVERLAYS, {"service/template/x.jinja": line})
    with pytest.raises(MeshgenError, match="too large"):
        update(project)


def test_a_template_that_does_not_end_is_stopped(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loops = "{% for a in range(99999) %}" * 3 + "{% endfor %}" * 3
    write(project / OVERLAYS, {"service/template/x.jinja": loops})
    monkeypatch.setattr("meshgen.render.rendering.OWN_TEMPLATES_LIMIT", 3.0)
    with pytest.raises(MeshgenError, match="did not finish within 3 seconds"):
        update(project)
