"""The commands of docs/operations.md are commands of the program, with these options."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from chassis.ops.__main__ import _parser

TEXT = (Path(__file__).parents[3] / "docs" / "operations.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^    shop-ops (.+)$", TEXT, re.M)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_documented_command_is_understood(command: str) -> None:
    assert callable(_parser().parse_args(shlex.split(command)).run)


def test_every_command_is_documented() -> None:
    documented = {tuple(shlex.split(command)[:2]) for command in COMMANDS}
    areas = {
        "dlq": ("list", "show", "replay", "drop"),
        "saga": ("list", "show", "resume", "settle"),
        "projection": ("status", "rebuild", "pause", "resume"),
        "outbox": ("status",),
        "events": ("browse", "tail"),
        "state": ("order",),
        "migrate": ("--dry-run", "order"),
    }
    assert documented == {(area, name) for area, names in areas.items() for name in names}
