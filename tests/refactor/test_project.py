"""The commands in a project: spec and files change together, and edits come along."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from meshgen.cli.app import app
from meshgen.operations.new import create
from meshgen.operations.update import update

ROOT = Path(__file__).parents[2]
MINE = "\n\ndef mine() -> int:\n    return 1\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new project, with a line of its owner's in the aggregate."""
    root = create(tmp_path / "notes", ROOT / "specs" / "minimal.yaml").target
    domain = root / "services/note/src/notes_note/domain/note.py"
    domain.write_text(domain.read_text(encoding="utf-8") + MINE, encoding="utf-8")
    monkeypatch.chdir(root)
    return root


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def texts(root: Path) -> dict[str, str]:
    """The project's files by path, but for the base."""
    return {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
        for path in root.rglob("*")
        if path.is_file() and ".meshgen" not in path.parts
    }


def test_a_renamed_service_takes_its_files_and_edits_along(project: Path) -> None:
    done = run("rename", "note", "memo")
    assert done.exit_code == 0, done.output
    assert not (project / "services/note").exists()
    domain = project / "services/memo/src/notes_memo/domain/note.py"
    assert domain.read_text(encoding="utf-8").endswith(MINE)
    assert "renamed_from: note" in (project / "notes.yaml").read_text(encoding="utf-8")
    assert update(project, write=False).nothing


def test_renamed_again_it_remembers_the_name_that_the_project_has(project: Path) -> None:
    for old, new in (("note", "memo"), ("memo", "jotting"), ("note.Note", "Jotting")):
        done = run("rename", old.replace("note.", "jotting."), new)
        assert done.exit_code == 0, done.output
    domain = project / "services/jotting/src/notes_jotting/domain/jotting.py"
    assert domain.read_text(encoding="utf-8").endswith(MINE)
    assert "renamed_from: memo" in (project / "notes.yaml").read_text(encoding="utf-8")
    assert update(project, write=False).nothing


def test_what_is_added_and_removed_leaves_no_trace(project: Path) -> None:
    before = texts(project)
    assert run("add-service", "tag", "--on", "NoteWritten").exit_code == 0
    assert (project / "services/tag/src/notes_tag/policies.py").is_file()
    assert run("add-projection", "index", "--on", "NoteWritten").exit_code == 0
    assert update(project, write=False).nothing
    assert run("remove", "tag", "index", "--accept-data-loss").exit_code == 0
    assert texts(project) == before
    assert update(project, write=False).nothing


def test_a_refused_edit_changes_nothing(project: Path) -> None:
    before = texts(project)
    assert run("remove", "note.WriteNote").exit_code == 2
    assert run("add-event", "Note", "NoteLost", "--sets", "text=1").exit_code == 2
    assert texts(project) == before


def test_a_dry_run_changes_nothing(project: Path) -> None:
    before = texts(project)
    assert "+  tag:" in run("add-service", "tag", "--dry-run").output
    assert texts(project) == before


def test_a_project_with_conflicts_is_not_edited(project: Path) -> None:
    domain = project / "services/note/src/notes_note/domain/note.py"
    text = domain.read_text(encoding="utf-8")
    domain.write_text(f"<<<<<<< ours\n{text}=======\n>>>>>>> theirs\n", encoding="utf-8")
    before = texts(project)
    done = run("rename", "note.NoteWritten", "NoteMade")
    assert done.exit_code == 2, done.output
    assert texts(project) == before


ADDITIONS = (
    "add-service delivery --on order.OrderPlaced --on order.OrderCancelled"
    " --emits DeliveryArranged --emits DeliveryRecalled",
    "add-service supplier",
    "add-service invoicing --store mongodb --aggregate Invoice --on payment.PaymentCaptured"
    " --on payment.PaymentRefunded --emits InvoiceIssued",
    "add-aggregate product Review --on shipping.ParcelDispatched"
    " --emits ReviewInvited --emits ReviewWritten",
    "add-event order.Order OrderReturned --field reason:string --sets status=cancelled",
    "add-event Shipment ParcelDelayed --on payment.PaymentRefunded",
    "add-projection parcels --on shipping.ParcelDispatched --on order.OrderConfirmed",
    "add-projection money --on PaymentCaptured --on PaymentDeclined --on PaymentRefunded",
    "add-projection prices --on ProductListed --on PriceChanged --on ProductDelisted --by category",
    "rename order sales",
    "rename sales.OrderPlaced OrderSubmitted",
    "rename OrderLine Position",
)


def test_what_is_added_passes_the_tests_that_come_with_it(tmp_path: Path) -> None:
    """The domain of everything that the commands propose, as its generated tests see it."""
    root = create(tmp_path / "shop", ROOT / "specs" / "shop.yaml").target
    for command in ADDITIONS:
        done = CliRunner().invoke(app, [*command.split(), "--project", str(root)])
        assert done.exit_code == 0, f"{command}\n{done.output}"
    sources = [str(path) for path in root.glob("*/*/src")]
    tested = ("delivery", "supplier", "invoicing", "product", "sales", "shipping")
    rows = ("parcels", "money", "prices")
    tests = [
        *(path for unit in tested for path in (root / "services" / unit).glob("tests/test_*.py")),
        *(root / "projections" / unit / "tests" / "test_rows.py" for unit in rows),
    ]
    checked = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider",
         *(str(path) for path in tests if path.name != "test_http.py")],
        cwd=root,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sources)},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout[-3000:] + checked.stderr[-1000:]
