"""From the text of a YAML file to a checked `Spec`, or to findings."""

from __future__ import annotations

import warnings
from contextlib import suppress
from pathlib import Path

from meshgen.spec.analysis import build_spec
from meshgen.spec.analysis.index import Index
from meshgen.spec.diagnostics import Finding, SpecError, TooManyFindings
from meshgen.spec.model import Spec
from meshgen.spec.parser import parse_spec
from meshgen.spec.parser.reading import Reading
from meshgen.spec.yaml.load import load, read_text


def check_text(
    path: str, text: str, index: Index | None = None
) -> tuple[Spec | None, tuple[Finding, ...]]:
    """Check the spec in `text`.

    Args:
        path: The name of the file in messages.
        text: The text of the file.
        index: Collects what the names of fields and members refer to.

    Returns:
        The spec, None if there are findings, and the findings in the order of the file.
    """
    root, findings = load(text)
    if root is None:
        return None, tuple(findings)
    reading = Reading()
    reading.findings += findings
    spec = None
    with warnings.catch_warnings(), suppress(TooManyFindings):
        warnings.simplefilter("ignore")  # ignore Python's warnings about expressions
        syntax = parse_spec(reading, root)
        spec = build_spec(reading, syntax, index) if syntax else None
    unique = dict.fromkeys(reading.findings)
    return spec, tuple(sorted(unique, key=lambda finding: finding.at))


def read_spec(path: Path) -> Spec:
    """Read and check the spec in the file `path`.

    Raises:
        SpecError: The spec has findings.
        MeshgenError: The file cannot be read.
    """
    text = read_text(path)
    spec, findings = check_text(str(path), text)
    if spec is None:
        raise SpecError(str(path), text, findings)
    return spec
