"""Archives of the pristine files of a part, with reproducible bytes.

They are gzipped tars, which can be inspected with standard tools. The hash is that of the tar, as
the output of zlib depends on its version.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import zlib

from meshgen.filesystem.files import File, Files
from meshgen.filesystem.paths import is_inside

_LARGEST = 256 * 1024 * 1024


class DamagedError(Exception):
    """The archive was not created by `pack`, or is damaged."""


def pack(files: Files) -> tuple[bytes, str]:
    """Return the archive of `files` and the hash of what is in it."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path, file in sorted(files.items()):
            entry = tarfile.TarInfo(path)  # no timestamps, no owner
            entry.size = len(file.content)
            entry.mode = 0o755 if file.executable else 0o644
            tar.addfile(entry, io.BytesIO(file.content))
    content = stream.getvalue()
    return gzip.compress(content, mtime=0), hashlib.sha256(content).hexdigest()


def unpack(archive: bytes, digest: str) -> dict[str, File]:
    """Return the files in `archive`.

    Raises:
        DamagedError: Its content has another hash, or it is not one that `pack` makes.
    """
    try:
        with gzip.open(io.BytesIO(archive)) as stream:
            content = stream.read(_LARGEST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DamagedError(str(error)) from error
    if hashlib.sha256(content).hexdigest() != digest:
        raise DamagedError("its content was changed")
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as tar:
            return dict(_file(tar, entry) for entry in tar)
    except (tarfile.TarError, ValueError, OverflowError, OSError) as error:
        raise DamagedError(str(error)) from error


def _file(tar: tarfile.TarFile, entry: tarfile.TarInfo) -> tuple[str, File]:
    """A member of an archive; `pack` adds nothing but a project's regular files."""
    reader = tar.extractfile(entry) if entry.isreg() and is_inside(entry.name) else None
    if reader is None:
        raise DamagedError("it contains something other than files of a project")
    return entry.name, File(reader.read(), bool(entry.mode & 0o100))
