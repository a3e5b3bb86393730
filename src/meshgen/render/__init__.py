"""Render a plan: tasks in, `path -> bytes` out, in memory and deterministic."""

from __future__ import annotations

from meshgen.render.rendering import File, render

__all__ = ["File", "render"]
