"""Render parts of a project: `path -> file` out, in memory and deterministic."""

from __future__ import annotations

from meshgen.filesystem.files import File
from meshgen.render.process import Worker, worker
from meshgen.render.rendering import render

__all__ = ["File", "Worker", "render", "worker"]
