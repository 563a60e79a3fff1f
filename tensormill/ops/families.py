"""Imports every op module, so that the registry is whole."""

from __future__ import annotations

from tensormill.ops import basics, math, state

__all__ = ["basics", "math", "state"]
