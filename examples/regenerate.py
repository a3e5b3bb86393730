"""`make examples`: generate examples/shop anew and put its hand-written lines back.

The hand-written lines are `shop.patch`: all that examples/shop differs by from what comes out of
`meshgen new`. To change them, edit examples/shop and run with `--record`.
"""

from __future__ import annotations

import difflib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from meshgen.base import FOLDER
from meshgen.new import create

ROOT = Path(__file__).parents[1]
SHOP = ROOT / "examples" / "shop"
PATCH = ROOT / "examples" / "shop.patch"
SPEC = ROOT / "specs" / "shop.yaml"


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


def main() -> None:
    """Regenerate, or with `--record` write down what was changed by hand."""
    with tempfile.TemporaryDirectory() as folder:
        pristine = create("shop", SPEC, Path(folder)).target
        if "--record" in sys.argv[1:]:
            PATCH.write_text(difference(pristine, SHOP), encoding="utf-8")
            return
        apply = ["git", "apply", "--whitespace=nowarn", str(PATCH)]
        if PATCH.read_text(encoding="utf-8"):
            subprocess.run(apply, cwd=pristine, check=True)
        shutil.rmtree(SHOP, ignore_errors=True)
        shutil.copytree(pristine, SHOP)


if __name__ == "__main__":
    main()
