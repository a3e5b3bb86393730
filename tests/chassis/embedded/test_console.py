"""What is printed on a terminal, and elsewhere."""

from __future__ import annotations

import io

import pytest
from chassis.embedded.console import Console


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def _say(console: Console) -> None:
    console.progress("1/2 ready")
    console.progress("2/2 ready")
    console.line(console.good("up"))
    console.table(("NAME", "READY"), [("a", console.bad("no")), ("long", "yes")])


def test_on_a_terminal_progress_moves_and_results_have_colours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    terminal = Terminal()
    _say(Console(terminal))
    assert terminal.getvalue() == (
        "1/2 ready\r\x1b[K2/2 ready\r\x1b[K\x1b[32mup\x1b[0m\n"
        "NAME  READY\na     \x1b[31mno\x1b[0m\nlong  yes\n"
    )


def test_elsewhere_there_are_plain_lines() -> None:
    file = io.StringIO()
    _say(Console(file))
    assert file.getvalue() == "up\nNAME  READY\na     no\nlong  yes\n"


def test_colours_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert Console(Terminal()).good("up") == "up"
