"""`python -m demo.picture`: what the demonstration prints, as docs/demo.svg."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parents[1]
WIDTH = 112
LINES_OF_A_VALUE = 7
CELL = 12.2  # the width of a character in the picture

_INDENTED = re.compile(
    r'x="(?P<x>[\d.]+)" y="(?P<y>[\d.]+)" textLength="(?P<length>[\d.]+)"(?P<rest>[^>]*>)'
    r"(?P<blanks>(?:&#160;)+)"
)


def main() -> None:
    """Run the demonstration and draw its output, long values cut short."""
    done = subprocess.run(
        [sys.executable, "-m", "demo"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    console = Console(record=True, width=WIDTH, file=sys.stderr)
    console.print(Text("$ make demo", style="bold"))
    for line in _shortened(done.stdout.splitlines()):
        style = "bold green" if _is_heading(line) else ""
        console.print(Text(line[:WIDTH], style=style), highlight=True)
    picture = console.export_svg(title="meshgen", unique_id="demo")
    # The reader's own monospaced font will do: a picture should fetch nothing.
    picture = re.sub(r"@font-face \{.*?\}", "", picture, flags=re.DOTALL)
    (ROOT / "docs" / "demo.svg").write_text(indented(picture), encoding="utf-8")


def indented(picture: str) -> str:
    """The picture with every text moved to where it starts.

    Some viewers drop the blanks at the start of a text, even those that do not break.
    """

    def moved(text: re.Match[str]) -> str:
        blanks = text["blanks"].count("&#160;") * CELL
        x, length = float(text["x"]) + blanks, float(text["length"]) - blanks
        return f'x="{x:.1f}" y="{text["y"]}" textLength="{length:.1f}"{text["rest"]}'

    return _INDENTED.sub(moved, picture)


def _shortened(lines: list[str]) -> list[str]:
    shown: list[str] = []
    deep = 0
    for line in lines:
        deep = deep + 1 if line.startswith("   ") else 0
        if deep < LINES_OF_A_VALUE:
            shown.append(line)
        elif deep == LINES_OF_A_VALUE:
            shown.append("    ...")
    return shown


def _is_heading(line: str) -> bool:
    return line.startswith(("An order", "A payment", "The gateway", "..."))


if __name__ == "__main__":
    main()
