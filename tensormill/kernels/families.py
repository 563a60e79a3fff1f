"""Imports every kernel module, so that the kernel registry is whole."""

from __future__ import annotations

from tensormill.kernels import basics, math, state

__all__ = ["basics", "math", "state"]
