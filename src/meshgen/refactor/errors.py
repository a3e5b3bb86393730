"""An edit that is not made, and why."""

from __future__ import annotations

from meshgen.spec.diagnostics import Finding, SpecError


class RefusedEditError(SpecError):
    """Nothing was changed; `findings` say why.

    They speak of `text`: the spec as it is, or as the edit would have left it. `path` is unknown to
    what edits text; whoever has read the file fills it in with `of`.
    """

    def __init__(
        self, reason: str, text: str, findings: tuple[Finding, ...], path: str = "the spec"
    ) -> None:
        super().__init__(path, text, findings)
        self.reason = reason
        self.message = f"{path} was not changed: {reason}"
        self.args = (self.message,)

    def of(self, path: str) -> RefusedEditError:
        """The same for the file `path`."""
        return RefusedEditError(self.reason, self.text, self.findings, path)
