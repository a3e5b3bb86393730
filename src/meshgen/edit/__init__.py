"""Changes of a spec in place: from text to text, every other line as it was."""

from meshgen.edit.adding import add_aggregate, add_event, add_projection, add_service
from meshgen.edit.refusal import RefusedEditError
from meshgen.edit.removing import remove
from meshgen.edit.renaming import rename

__all__ = [
    "RefusedEditError",
    "add_aggregate",
    "add_event",
    "add_projection",
    "add_service",
    "remove",
    "rename",
]
