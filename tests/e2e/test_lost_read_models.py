"""The file of a read model is deleted: its rows come back from the event hub by themselves."""

from __future__ import annotations

from chassis.testing.system import System

from tests.e2e.conftest import Project
from tests.e2e.jobs import open_job
from tests.waiting import wait_until


def remove_rows(project: Project) -> None:
    files = list((project.root / ".local/data").glob("board.db*"))
    assert files
    for file in files:
        file.unlink()


def open_and_close_job(lab: Project) -> str:
    writer = System.running(lab.root).caller("writer")
    job = open_job(writer)
    writer.post(f"/jobs/{job}/close")
    writer.eventually(f"/board/{job}", closed=True)
    return job


def test_deleted_while_the_system_is_down(lab: Project) -> None:
    job = open_and_close_job(lab)
    lab.make("down")
    remove_rows(lab)
    lab.make("up")
    writer = System.running(lab.root).caller("writer")
    writer.eventually(f"/board/{job}", title="a job", closed=True)


def test_deleted_while_it_runs(lab: Project) -> None:
    """Its process ends, and the supervisor starts it again."""
    job = open_and_close_job(lab)
    writer = System.running(lab.root).caller("writer")
    before = lab.state.started["back"].pid
    remove_rows(lab)
    wait_until(lambda: lab.state.started["back"].pid != before, "a new process")
    writer.eventually(f"/board/{job}", title="a job", closed=True)
    assert open_and_close_job(lab)
