"""`make examples`: bring examples/ up to date with the specs and with this meshgen.

examples/answers holds answers for each template, to render it alone with stock Copier. What
examples/shop differs by from what comes out of `meshgen new` are its hand-written lines; they
are written down in `shop.patch`, so that a test can tell them from a mistake.
"""

from __future__ import annotations

import difflib
import json
import subprocess
import tempfile
from pathlib import Path

import yaml

from meshgen.operations.new import create
from meshgen.operations.update import update
from meshgen.output.plan import as_json, chassis_answers, plan
from meshgen.project.state import FOLDER
from meshgen.spec.check import read_spec
from meshgen.system.lower import resolve

ROOT = Path(__file__).parents[1]
SHOP = ROOT / "examples" / "shop"
STATE = ".meshgen"
PATCH = ROOT / "examples" / "shop.patch"
SPEC = ROOT / "specs" / "shop.yaml"
ANSWERS = ROOT / "examples" / "answers"


def difference(pristine: Path, actual: Path) -> str:
    """What `actual` differs by from `pristine`, as a unified diff; untracked local files aside."""
    ours, theirs = _texts(actual), _texts(pristine)
    parts: list[str] = []
    for path in sorted(ours.keys() | theirs.keys()):
        before, after = theirs.get(path, ""), ours.get(path, "")
        parts += difflib.unified_diff(
            before.splitlines(keepends=True),
            after.splitlines(keepends=True),
            f"a/{path}",
            f"b/{path}",
        )
    return "".join(parts)


def _texts(root: Path) -> dict[str, str]:
    """The files of a project that belong into version control."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "."],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    inside = [root / name for name in listed.stdout.splitlines()]
    files = inside if listed.returncode == 0 else list(root.rglob("*"))  # the pristine one
    return {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
        for path in files
        if path.is_file() and FOLDER not in path.parts  # archives; what they hold is compared
    }


def example_answers() -> dict[str, str]:
    """The smallest answers for each template that the shop and the smallest system have."""
    meshes = [resolve(read_spec(ROOT / "specs" / name)) for name in ("minimal.yaml", "shop.yaml")]
    rows = [(row.template, as_json(row.answers)) for mesh in meshes for row in plan(mesh)]
    rows.append(("chassis", as_json(chassis_answers(meshes[0]))))
    smallest = dict(sorted(rows, key=lambda row: len(row[1]), reverse=True))
    return {
        f"{template}.yml": yaml.safe_dump(json.loads(text), sort_keys=False, width=100)
        for template, text in smallest.items()
    }


def main() -> None:
    """Update the project as its owner would, and write down what is hand-written in it."""
    done = update(SHOP, spec=SPEC.read_bytes())
    for change in done.undecided:
        print(f"to decide: {change.path}")
    with tempfile.TemporaryDirectory() as folder:
        pristine = create(Path(folder) / "shop", SPEC).target
        PATCH.write_text(difference(pristine, SHOP), encoding="utf-8")
    ANSWERS.mkdir(exist_ok=True)
    for name, text in example_answers().items():
        (ANSWERS / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
