"""Tools for OpenAPI documents, from PyPI: a validator, a client generator, and schemathesis.

They have an environment of their own, because schemathesis is a plugin of pytest wherever it is.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from tests.servers.server import home_of

_REQUIREMENTS = Path(__file__).parent / "requirements.txt"
_INSTALL = ("--quiet", "--no-build", "--compile-bytecode", "--require-hashes")
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "allow_header_conformance",
    "missing_required_header",
    "ignored_auth",
)
"""What is checked. Left out is whether all that fits a schema is accepted: JSON Schema takes `3.0`
for an integer, units do not."""


def validate(*documents: Path) -> None:
    """Check that documents are valid ones of their version of OpenAPI."""
    _run("openapi-spec-validator", *map(str, documents))


def try_out(document: str, url: str, token: str, *, examples: int, rate: int, folder: Path) -> str:
    """Send what a document allows, and what it does not; return what was found.

    Args:
        document: The URL of the document.
        url: The URL that its paths belong to.
        token: A token.
        examples: The number of random requests to each operation, besides those at its limits.
        rate: The number of requests in a second.
        folder: The working directory.
    """
    options = {
        "--url": url,
        "--header": f"Authorization: Bearer {token}",
        "--checks": ",".join(CHECKS),
        "--max-examples": str(examples),
        "--rate-limit": f"{rate}/s",
        "--phases": "examples,coverage,fuzzing",
        "--suppress-health-check": "all",
        "--generation-database": "none",
        "--seed": "1",
    }
    arguments = [part for option in options.items() for part in option]
    return _run(
        "schemathesis",
        "run",
        document,
        *arguments,
        "--no-color",
        "--continue-on-failure",
        cwd=folder,
    )


def generate_client(document: Path, folder: Path) -> None:
    """Generate a package, the client of a document, into `folder`; a warning is an error."""
    options = ("--meta", "none", "--fail-on-warning", "--output-path", str(folder))
    _run("openapi-python-client", "generate", "--path", str(document), *options)


def run_script(script: Path, *arguments: str, packages: Sequence[Path]) -> str:
    """Run a script that uses generated clients, which are in `packages`; return what it printed."""
    path = os.pathsep.join(map(str, packages))
    return _run("python", str(script), *arguments, PYTHONPATH=path)


def _run(program: str, *arguments: str, cwd: Path | None = None, **env: str) -> str:
    programs = home() / "bin"
    command: Sequence[str] = [str(programs / program), *arguments]
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, "PATH": path, **env},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@cache
def home() -> Path:
    """Return the environment, which is made if it is new: by one thread."""
    folder = home_of("openapi", _REQUIREMENTS)
    complete = folder / "complete"
    if not complete.exists():
        # Its scripts name the folder, so it cannot be moved; what is incomplete is made again.
        uv = str(Path(sys.executable).with_name("uv"))
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(folder)], check=True)
        subprocess.run(
            [uv, "pip", "install", *_INSTALL, "-r", str(_REQUIREMENTS)],
            env={**os.environ, "VIRTUAL_ENV": str(folder)},
            check=True,
        )
        complete.touch()
    return folder
