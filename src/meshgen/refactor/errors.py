"""The error of a refused edit."""

from __future__ import annotations

from meshgen.spec.diagnostics import Finding, SpecError


class RefusedEditError(SpecError):
    """An edit was refused and nothing was changed; `findings` say why.

    The findings refer to `text`: the spec as it is, or as it would be after the edit. Functions
    that edit text do not know the file; their callers add its path with `of`.
    """

    def __init__(
        self, reason: str, text: str, findings: tuple[Finding, ...], path: str = "the spec"
    ) -> None:
        super().__init__(path, text, findings)
        self.reason = reason
        self.message = f"{path} was not changed: {reason}"
        self.args = (self.message,)

    def of(self, path: str) -> RefusedEditError:
        """Return this error for the file `path`."""
        return RefusedEditError(self.reason, self.text, self.findings, path)
