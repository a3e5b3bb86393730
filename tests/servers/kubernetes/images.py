"""Images of single programs, which need nothing beside them."""

from __future__ import annotations

import io
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager

from tests.servers.kubernetes.programs import program

POD = "meshgen/pod:test"
"""The program `pod`: every pod has a container of it beside its own ones."""
COREDNS = "meshgen/coredns:test"

_PROGRAMS = {POD: ("pod", "pod"), COREDNS: ("coredns", "coredns")}


@contextmanager
def program_images() -> Iterator[list[str]]:
    """Make the images in the Docker engine of this machine, and remove them afterwards."""
    try:
        for image, (module, name) in _PROGRAMS.items():
            _import(image, module, name)
        yield list(_PROGRAMS)
    finally:
        subprocess.run(["docker", "rmi", *_PROGRAMS], check=False, capture_output=True)


def _import(image: str, module: str, name: str) -> None:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        archive.add(program(module, name), arcname=name)
    entry = f'ENTRYPOINT ["/{name}"]'
    command = ["docker", "import", "--change", entry, "-", image]
    subprocess.run(command, input=content.getvalue(), check=True, capture_output=True)
