"""Projects that come from somebody else: what is in `.meshgen` was tampered with."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import shutil
import tarfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

from meshgen.project.state import archive_path
from tests.mutants import hostile
from tests.mutants.attempt import Box

PATHS = (
    *(
        "../outside/precious",
        "../../outside/new",
        "/etc/passwd",
        "/tmp/new",
        ".git/hooks/pre-commit",
    ),
    *("a/../../outside/new", "./README.md", "a//b", "C:/x", "a\\..\\b", "", ".", "..", "x" * 5000),
    *(
        ".meshgen/state.json",
        ".meshgen/work/1.old",
        "services",
        "README.md/x",
        "a\nb",
        "\udc80",
        "a\0b",
    ),
)
TEMPLATES = (
    *(
        "{{ 7 * 7 }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{% include '/etc/passwd' %}",
    ),
    *("{% extends '../../../../etc/passwd' %}", "{{ cycler.__init__.__globals__.os.popen('id') }}"),
    *(
        "{% for a in range(99999999) %}x{% endfor %}",
        "{{ 'x' * 9999999999 }}",
        "{{ 10 ** 10 ** 9 }}",
    ),
    *(
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{{ [0] * 99999999999 }}",
        "{{ undefined.x }}",
    ),
    *(
        "{% raw %}",
        "{{",
        "{% if %}",
        "{{ service }}",
        "{{ _copier_conf }}",
        "\x00\xff",
        "{% set x = x %}",
    ),
    *(
        "{{ service.name | attr('__class__') }}",
        "{{ '%999999999d' % 1 }}",
        "{{ dict | list }}",
        "def f(:",
    ),
    *(
        "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}",
        "\\udc80",
        "{#",
    ),
)
TEMPLATE_PATHS = (
    *("service/template/README.md.jinja", "service/template/{{ '../' * 9 }}outside/new.jinja"),
    *(
        "service/template/src/{{ service.package }}/service.py.jinja",
        "project/template/README.md.jinja",
    ),
    *(
        "service/template/{% yield a from [1, 2] %}{{ a }}{% endyield %}.jinja",
        "service/copier.yml",
    ),
    *(
        "project/template/.git/hooks/pre-commit",
        "project/template/.meshgen/state.json",
        "nothing/x",
    ),
    *(
        "project/template/{{ '/tmp/new' }}.jinja",
        "chassis/src/chassis/new.py",
        "project/template/{{.jinja",
    ),
    *(
        "gateway/template/envoy.yaml.jinja",
        "contracts/template/x.jinja",
        "project/template/notes.yaml",
    ),
    *("bff/template/{% for %}.jinja", "service/template/a/b/c/d.txt", "service/template/..jinja"),
)
SETTINGS = (
    *(
        "_tasks: [touch ../outside/new]",
        "_jinja_extensions: [os.system]",
        "_migrations: []",
        "a: &a [*a]",
    ),
    *(
        "_subdirectory: ../..",
        "_external_data: {x: /etc/passwd}",
        "!!python/object/apply:os.system [id]",
    ),
    *(
        "_templates_suffix: ''",
        "_exclude: []",
        "[]",
        "",
        "_envops: {}",
        "service: {type: yaml, default: 1}",
    ),
)
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("update",),
    ("update", "--accept-data-loss", "--json"),
    ("diff",),
    ("diff", "--stat", "--json"),
    ("adopt", "--replace"),
    ("adopt",),
    ("resolve", "--all", "--ours"),
    ("resolve", "--all", "--theirs"),
    ("graph",),
    ("rename", "note.NoteWritten", "NoteTaken"),
    ("remove", "note.ListNotes"),
    ("add-service", "shipping"),
    ("templates", "list"),
    ("templates", "export", "service"),
    ("doctor", "--json"),
)


def tamper(random: Random, project: Path, box: Box) -> None:
    """Change a project a few times; a link that leads out or a pipe is the last change.

    Another change could go through the link or wait for the pipe, and it is meshgen that is tried.
    """
    for _ in range(random.randint(1, 3)):
        if _leads_out(project) or _has_pipe(project):
            return
        ways = (_file, _file, _json, _json, _archive, _journal, _overlay, _spec)
        with suppress(OSError, RecursionError):  # an earlier change is in the way
            random.choice(ways)(random, project, box)


def _leads_out(project: Path) -> bool:
    root = os.path.realpath(project)
    links = (path for path in (project / ".meshgen", *project.rglob("*")) if path.is_symlink())
    return any(not f"{os.path.realpath(link)}/".startswith(f"{root}/") for link in links)


def _has_pipe(project: Path) -> bool:
    return any(path.is_fifo() for path in (project / ".meshgen", *project.rglob("*")))


def _file(random: Random, project: Path, box: Box) -> None:
    """Replace a file or folder of `.meshgen` by something that it should not be."""
    known = sorted(path for path in (project / ".meshgen").rglob("*") if not path.is_symlink())
    _replace(random, random.choice([project / ".meshgen", *known]), box)


def _spec(random: Random, project: Path, box: Box) -> None:
    found = sorted(project.glob("*.yaml"))
    if not found or random.random() < 0.5:
        _replace(random, random.choice([*sorted(project.iterdir()), project / "notes.yaml"]), box)
        return
    data = found[0].read_bytes() if found[0].is_file() else b""
    at = random.randrange(len(data) + 1)
    _written(found[0], data[:at] + random.choice(hostile.TEXTS).encode() + data[at + 9 :])


def _replace(random: Random, path: Path, box: Box) -> None:
    data = path.read_bytes() if path.is_file() else b""
    at = random.randrange(len(data) + 1)
    targets = [
        box.outside / "precious",
        box.outside,
        "/dev/zero",
        path.name,
        "nowhere",
        "/etc/passwd",
    ]
    targets += [box.outside / "new", project_relative(path), "/dev/stdin", "/proc/self/mem"]
    ways: tuple[Callable[[], object], ...] = (
        lambda: None,
        lambda: _written(path, data[:at]),
        lambda: _written(path, data[:at] + random.randbytes(20) + data[at:]),
        lambda: _written(path, b"[" * 100_000),
        lambda: _written(path, b"\xff" * 300),
        lambda: _link(path, str(random.choice(targets))),
        lambda: _link(path, str(random.choice(targets))),
        lambda: _huge(path),
        lambda: _fifo(path),
        lambda: _folder(path),
        lambda: _mode(path, random.choice((0, 0o444, 0o111))),
    )
    way = random.choice(ways)
    if way is ways[0]:
        _gone(path)
    way()


def project_relative(path: Path) -> str:
    """Return a way to the folder above, which makes a loop of links."""
    return str(Path("..") / path.parent.name)


def _json(random: Random, project: Path, box: Box) -> None:
    """Change a value in one of the documents."""
    names = ("state.json", "cache.json", "identities.yaml")
    path = project / ".meshgen" / random.choice(names)
    try:
        text = path.read_text(encoding="utf-8")
        document = json.loads(text)
    except (OSError, ValueError):
        if path.is_file() and not path.is_symlink():
            lines = path.read_bytes().splitlines(keepends=True)
            if lines:
                line = random.randrange(len(lines))
                lines[line] = random.choice((_value(random), b"", lines[line] * 2))
                _written(path, b"".join(lines))
        return
    owners = [owner for owner in _owners(document) if owner]
    owner = random.choice(owners)
    key = random.choice(list(owner) if isinstance(owner, dict) else range(len(owner)))
    match random.randrange(4):
        case 0:
            del owner[key]
        case 1 if isinstance(owner, dict):
            owner[random.choice(PATHS)] = owner.pop(key)
        case _:
            owner[key] = random.choice(
                (*PATHS, None, 1, -1, 1e308, 10**400, True, [], {}, [[]], {"a": {}}, "0" * 64)
            )
    with_large = json.dumps(document) if random.random() < 0.9 else "[" * 50_000
    _written(path, with_large.encode("utf-8", "surrogatepass"))


def _value(random: Random) -> bytes:
    return random.choice(hostile.TEXTS + PATHS).encode("utf-8", "replace") + b"\n"


def _owners(document: Any) -> list[Any]:
    found, todo = [], [document]
    while todo:
        node = todo.pop()
        if isinstance(node, dict | list):
            found.append(node)
            todo += node.values() if isinstance(node, dict) else node
    return found


def _archive(random: Random, project: Path, box: Box) -> None:
    """Put something hostile into an archive, with the right hash."""
    state = project / ".meshgen/state.json"
    try:
        document = json.loads(state.read_bytes())
        part = random.choice(sorted(document["parts"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError):
        return
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for _ in range(random.randint(1, 3)):
            entry = tarfile.TarInfo(random.choice(PATHS).replace("\0", "").replace("\udc80", "x"))
            entry.type = random.choice(
                (
                    tarfile.REGTYPE,
                    tarfile.SYMTYPE,
                    tarfile.LNKTYPE,
                    tarfile.DIRTYPE,
                    tarfile.FIFOTYPE,
                )
            )
            entry.linkname = str(box.outside / "precious")
            content = b"x" * random.choice((0, 10, 1000))
            entry.size = len(content) if entry.type == tarfile.REGTYPE else 0
            tar.addfile(entry, io.BytesIO(content))
    content = stream.getvalue()
    if random.random() < 0.2:
        content = bytes(random.choice((300, 30)) * 2**20)
    packed = gzip.compress(content, 1)
    if random.random() < 0.2:
        packed = packed[: len(packed) // 2]
    place = project / archive_path(str(part))
    if place.parent.is_dir() and not place.is_symlink():
        _written(place, packed)
    document["parts"][part] = hashlib.sha256(content).hexdigest()
    if not state.is_symlink():
        _written(state, json.dumps(document).encode())


def _journal(random: Random, project: Path, box: Box) -> None:
    """Leave what an interrupted update would have left, but with other names."""
    work = project / ".meshgen/work"
    if random.random() < 0.15:
        _link(work, str(box.outside))
        return
    _folder(work)
    content = b"#!/bin/sh\n"
    known = f"-{hashlib.sha256(content).hexdigest()}"
    for number in range(3):
        _written(work / f"{number}.old", content)
        _written(work / f"{number}.new", content)

    def entry() -> dict[str, object]:
        path = random.choice((*PATHS, "README.md", "services/note/x"))
        made: dict[str, object] = {"path": path, "before": known, "after": None}
        made |= {"old": random.choice(("0.old", "1.old", "../../x", *PATHS[:3])), "new": None}
        if random.random() < 0.5:
            made |= {"after": known, "new": random.choice(("0.new", "2.new", None))}
        if random.random() < 0.3:
            made |= {"before": None, "old": None}
        if random.random() < 0.2:
            made[random.choice(list(made))] = random.choice((1, [], None, {}, "x"))
        return made

    folders = [random.choice((*PATHS, "new/folder")) for _ in range(random.randrange(3))]
    entries = [entry() for _ in range(random.randrange(4))]
    text = json.dumps({"entries": entries, "folders": folders}).encode("utf-8", "surrogatepass")
    name = random.choice(("journal.json", "journal.done", "journal.draft"))
    _written(work / name, text if random.random() < 0.9 else text[: len(text) // 2])
    if random.random() < 0.15:
        _replace(random, work / random.choice((name, "0.old", "0.new")), box)


def _overlay(random: Random, project: Path, box: Box) -> None:
    """Add templates of the project's own."""
    root = project / ".meshgen/templates"
    for _ in range(random.randint(1, 3)):
        path = root / random.choice(TEMPLATE_PATHS)
        text = random.choice(SETTINGS if path.name == "copier.yml" else TEMPLATES)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        _written(path, text.encode("utf-8", "replace"))
        if random.random() < 0.15:
            _replace(random, random.choice((path, path.parent)), box)


def _gone(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _written(path: Path, data: bytes) -> None:
    if path.is_symlink() or not path.is_file():
        _gone(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _huge(path: Path) -> None:
    """A sparse file."""
    _written(path, b"{")
    os.truncate(path, 2**33)


def _link(path: Path, target: str) -> None:
    _gone(path)
    path.symlink_to(target)


def _fifo(path: Path) -> None:
    _gone(path)
    os.mkfifo(path)


def _folder(path: Path) -> None:
    _gone(path)
    path.mkdir(parents=True)


def _mode(path: Path, mode: int) -> None:
    if path.exists() and not path.is_symlink():
        path.chmod(mode)
