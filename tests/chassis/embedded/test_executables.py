"""Where the servers' programs are found, and what is said when they are not."""

from __future__ import annotations

from importlib.metadata import Distribution, PackageNotFoundError
from pathlib import Path

import pytest
from chassis.embedded import executables
from chassis.embedded.errors import EmbeddedError
from chassis.embedded.executables import ENVOY, NATS_SERVER, Executable, find


@pytest.fixture
def without_wheels(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that the wheels are not built for, and nothing on its PATH."""

    def missing(name: str) -> Distribution:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(executables, "distribution", missing)
    monkeypatch.setenv("PATH", "")


@pytest.mark.parametrize("executable", [ENVOY, NATS_SERVER], ids=lambda each: each.name)
def test_the_program_of_the_wheel_is_taken(
    executable: Executable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    assert Path(find(executable)).stem == executable.name


@pytest.mark.usefixtures("without_wheels")
@pytest.mark.parametrize("executable", [ENVOY, NATS_SERVER], ids=lambda each: each.name)
def test_without_a_wheel_the_program_on_the_path_is_taken(
    executable: Executable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / executable.name
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find(executable) == str(program)


@pytest.mark.usefixtures("without_wheels")
@pytest.mark.parametrize("executable", [ENVOY, NATS_SERVER], ids=lambda each: each.name)
def test_a_missing_program_is_named_with_ways_to_get_it(executable: Executable) -> None:
    with pytest.raises(EmbeddedError) as error:
        find(executable)
    said = str(error.value)
    assert f"the program `{executable.name}` is missing" in said
    assert f"no {executable.name} is on the PATH" in said
    assert f"brew install {executable.name}" in said
