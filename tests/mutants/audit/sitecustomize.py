"""Notes what a process writes outside of its box.

Every Python that has this folder on its path imports it.

Audit events: https://docs.python.org/3/library/audit_events.html.
"""

from __future__ import annotations

import os
import sys

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES = {
    "os.mkdir": (0,),
    "os.rmdir": (0,),
    "os.remove": (0,),
    "os.rename": (0, 1),
    "os.link": (1,),
    "os.symlink": (1,),
    "os.chmod": (0,),
    "os.chown": (0,),
    "os.truncate": (0,),
    "shutil.rmtree": (0,),
    "shutil.copyfile": (1,),
    "shutil.move": (0, 1),
}


def watch(box: str, log: str) -> None:
    """Write the path of every change outside of `box` to `log`."""
    allowed = (os.path.realpath(box) + os.sep, "/dev/")

    def note(event: str, path: object) -> None:
        if isinstance(path, int) or path in (None, log):
            return
        folder, name = os.path.split(os.path.abspath(os.fsdecode(path)))  # type: ignore[arg-type]
        place = os.path.join(os.path.realpath(folder), name)
        if event == "open":  # which follows links
            place = os.path.realpath(place)
        if not (place + os.sep).startswith(allowed):
            handle = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            os.write(handle, f"{event} {place}\n".encode(errors="replace"))
            os.close(handle)

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            if isinstance(flags, int) and flags & _WRITES:
                note(event, path)
        elif event in _CHANGES:
            if isinstance(arguments[-1], int) and arguments[-1] >= 0 and event != "os.mkdir":
                return  # relative to an open folder, as within `shutil.rmtree`
            for place in _CHANGES[event]:
                note(event, arguments[place])

    sys.addaudithook(hook)


if "MUTANTS_BOX" in os.environ:
    watch(os.environ["MUTANTS_BOX"], os.environ["MUTANTS_LOG"])
