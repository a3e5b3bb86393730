"""Projects keep their table of identities, follow it, and refuse what would lose data."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from meshgen.cli.app import app
from meshgen.errors import MeshgenError
from meshgen.identities import IDENTITIES
from meshgen.operations.adopt import adopt
from meshgen.operations.generate import UNKNOWN
from meshgen.operations.new import create
from meshgen.operations.update import DataLossError, update
from meshgen.project.base import digest
from tests.update.variants import changed

CASES = Path(__file__).parents[1] / "evolution" / "cases"
SPEC = CASES / "query-renamed" / "before.yaml"
RENAMED = (
    ("          JobShelved: {sets", "          JobParked: {renamed_from: JobShelved, sets"),
    ("emits: JobShelved", "emits: JobParked"),
)
SWAPPED = (
    ("  note:\n    store", "  @:\n    renamed_from: watch\n    store"),
    ("  watch:\n    store", "  note:\n    renamed_from: note@\n    store"),
    ("  @:\n    renamed_from: watch", "  watch:\n    renamed_from: note"),
    ("renamed_from: note@", "renamed_from: watch"),
    ("note.", "watch."),
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return create(tmp_path / "lab", SPEC).target


def edit(root: Path, *changes: tuple[str, str]) -> None:
    path = root / "lab.yaml"
    path.write_text(changed(path.read_text(), *changes))


def table(root: Path) -> list[str]:
    return [line for line in (root / IDENTITIES).read_text().splitlines() if line[0] != "#"]


def code(root: Path, unit: str, module: str) -> str:
    return (root / f"services/{unit}/src/lab_{unit}/{module}.py").read_text()


def test_a_new_project_has_a_table_and_no_trace_of_it_in_its_code(project: Path) -> None:
    lines = table(project)
    paths = [line.partition(":")[0].split("/") for line in lines]
    assert paths == sorted(paths)
    assert "services/note/events/JobShelved: JobShelved" in lines
    units = [p for p in project.rglob("*.py") if "libs/chassis" not in p.as_posix()]
    assert not [p for p in units if "identity=" in p.read_text() or "stored=" in p.read_text()]


def test_a_rename_changes_one_line_and_what_is_stored_keeps_its_names(project: Path) -> None:
    before = table(project)
    edit(project, *RENAMED)
    update(project)
    (new,) = set(table(project)) - set(before)
    assert new == "services/note/events/JobShelved: JobParked"
    messages = (project / "libs/contracts/src/lab_contracts/__init__.py").read_text()
    assert "note.JobParked," in messages
    assert 'name="lab.note.JobShelved.v1"' in messages
    assert update(project).nothing


def test_services_that_swap_names_swap_files_and_keep_their_stores(project: Path) -> None:
    (project / "services/note/src/lab_note/policies.py").open("a").write("\n\n# of the notes\n")
    edit(project, *SWAPPED)
    done = update(project)
    assert not done.undecided
    assert code(project, "watch", "policies").endswith("\n\n# of the notes\n")
    assert 'name="watch",\n    identity="note"' in code(project, "watch", "service")
    assert 'name="note",\n    identity="watch"' in code(project, "note", "service")
    assert update(project).nothing


def test_a_project_from_before_gets_its_table_from_what_was_applied(project: Path) -> None:
    (project / IDENTITIES).unlink()
    edit(project, *RENAMED)
    update(project)
    assert "services/note/events/JobShelved: JobParked" in table(project)


def test_a_lost_base_does_not_lose_identities(project: Path) -> None:
    edit(project, *RENAMED)
    update(project)
    before = table(project)
    (project / ".meshgen/state.json").unlink()
    adopt(project)
    assert table(project) == before


def test_a_line_put_right_by_hand_is_followed(project: Path) -> None:
    edit(
        project,
        ("JobShelved: {sets", "JobParked: {sets"),
        ("emits: JobShelved", "emits: JobParked"),
    )
    with pytest.raises(DataLossError):
        update(project)
    path = project / IDENTITIES
    path.write_text(path.read_text().replace("JobShelved: JobShelved", "JobShelved: JobParked"))
    update(project)
    assert update(project).nothing


def test_a_table_that_is_damaged_is_refused(project: Path) -> None:
    with (project / IDENTITIES).open("a") as file:
        file.write("services/../../etc: passwd\n")
    count = len((project / IDENTITIES).read_text().splitlines())
    with pytest.raises(MeshgenError, match=rf"identities.yaml:{count}:1: not `path: name`"):
        update(project)


def test_branches_merge_line_by_line(project: Path) -> None:
    def git(*arguments: str) -> None:
        command = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", *arguments]
        subprocess.run(command, cwd=project, check=True, capture_output=True)

    def commit(branch: str, *changes: tuple[str, str]) -> None:
        git("checkout", "-q", "-b", branch, "main")
        edit(project, *changes)
        update(project)
        git("add", IDENTITIES)
        git("commit", "-q", "-m", branch)
        git("checkout", "-q", "-f", branch)

    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-q", "-m", "as it was")
    commit("one", *RENAMED)
    git("checkout", "-q", "-f", "main")
    commit("two", ("NotesOfStage: {", "NotesInStage: {renamed_from: NotesOfStage, "))
    git("merge", "-q", "one")
    assert "services/note/events/JobShelved: JobParked" in table(project)
    assert "projections/board/queries/NotesOfStage: NotesInStage" in table(project)


POLICY = "      - {on: NoteWritten, do: OpenJob, after: 10m"
LATER = (POLICY, "      - {on: NoteRemarked, do: ShelveJob, with: {job_id: note_id}}\n" + POLICY)
ON = "on(NoteRemarked, policies.shelve_job_on_note_remarked"


def test_a_policy_that_is_added_later_does_not_repeat_the_past(project: Path) -> None:
    assert "Start" not in code(project, "note", "service")
    edit(project, LATER)
    (notice,) = update(project).notices
    assert notice.message == "the new policy reacts to `note.NoteRemarked` from now on"
    line = "services/note/policies/shelve_job_on_note_remarked: "
    assert line + "{name: shelve_job_on_note_remarked, from: now}" in table(project)
    assert f"{ON}, start=Start.NOW)" in code(project, "note", "service")
    edit(project, ("NotesOfStage", "NotesInStage"))
    assert not update(project).notices  # its path is the collection's, as before
    assert f"{ON}, start=Start.NOW)" in code(project, "note", "service")


def test_a_policy_that_is_added_later_repeats_the_past_if_the_spec_says_so(project: Path) -> None:
    edit(project, LATER, ("job_id: note_id}}", "job_id: note_id}, from: beginning}"))
    status, output = run(project, "diff")
    assert status == 1
    said = "the new policy reacts to `note.NoteRemarked` from the beginning, past ones included"
    assert f"  lab.yaml:31:10: {said}\n" in output
    found = json.loads(run(project, "update", "--json")[1])
    assert [notice["message"] for notice in found["notices"]] == [said]
    assert f"{ON})" in code(project, "note", "service")


def run(root: Path, *arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, [*arguments, "--project", str(root)])
    return done.exit_code, done.output


def test_what_would_lose_data_is_refused_until_it_is_accepted(project: Path) -> None:
    edit(project, ("Stage: [open, done, shelved]", "Stage: [open, done]"))
    said = "`shelved` is gone from `Stage`: what is stored with it cannot be read"
    status, output = run(project, "update")
    assert status == 2
    assert f"lab.yaml:4:3: {said}" in output
    assert "--accept-data-loss" in output
    status, output = run(project, "diff")
    assert status == 1
    assert said in output
    assert "-    SHELVED" in output
    status, output = run(project, "diff", "--json")
    found: dict[str, Any] = json.loads(output)
    assert [loss["message"] for loss in found["data_loss"]] == [said]
    status, output = run(project, "update", "--json")
    found = json.loads(output)
    assert (status, found["ok"], found["findings"][0]["line"]) == (2, False, 4)
    assert run(project, "update", "--accept-data-loss")[0] == 0
    assert update(project).nothing


def test_what_is_removed_with_its_data_is_refused_until_it_is_accepted(project: Path) -> None:
    status, output = run(project, "remove", "board")
    assert status == 2
    assert "the projection `board` is gone" in output
    assert "board" in (project / "lab.yaml").read_text()
    assert run(project, "remove", "board", "--accept-data-loss")[0] == 0
    assert "projections/board: ~" in table(project)


def test_a_spec_that_cannot_be_read_any_more_says_so(project: Path) -> None:
    """As after an upgrade that reads the language otherwise: nothing is known, so it is asked."""
    state = project / ".meshgen/state.json"
    applied = project / ".meshgen/spec.yaml"
    applied.write_text(applied.read_text() + "unknown: key\n")
    found = json.loads(state.read_text())
    found["spec"] = digest(applied.read_bytes())
    state.write_text(json.dumps(found))
    with pytest.raises(DataLossError) as error:
        update(project)
    assert [loss.message for loss in error.value.findings] == [UNKNOWN.message]
    update(project, accept_data_loss=True)
    assert update(project).nothing
