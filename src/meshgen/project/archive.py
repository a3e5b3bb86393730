"""A part's pristine files as one archive: the same files always give the same bytes.

A gzipped tar, so that anybody can look into it. Its hash is taken before compression, which other
versions of zlib do a little differently.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import zlib

from meshgen.filesystem.files import File, Files


class DamagedError(Exception):
    """The bytes are not an archive that `pack` made."""


def pack(files: Files) -> tuple[bytes, str]:
    """Return the archive of `files` and the hash of what is in it."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path, file in sorted(files.items()):
            entry = tarfile.TarInfo(path)  # no time, no owner
            entry.size = len(file.content)
            entry.mode = 0o755 if file.executable else 0o644
            tar.addfile(entry, io.BytesIO(file.content))
    content = stream.getvalue()
    return gzip.compress(content, mtime=0), hashlib.sha256(content).hexdigest()


def unpack(archive: bytes, digest: str) -> dict[str, File]:
    """Return the files in `archive`. Raises DamagedError unless its content has this hash."""
    try:
        content = gzip.decompress(archive)
    except (OSError, EOFError, zlib.error) as error:
        raise DamagedError(str(error)) from error
    if hashlib.sha256(content).hexdigest() != digest:
        raise DamagedError("its content is not what was written")
    files: dict[str, File] = {}
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        for entry in tar:
            reader = tar.extractfile(entry)
            assert reader is not None, "pack adds regular files only"
            files[entry.name] = File(reader.read(), bool(entry.mode & 0o100))
    return files
