"""Imports every kernel module, so that the kernel registry is whole."""

from __future__ import annotations

from tensormill.kernels import (
    basics,
    math,
    resource_variable,
    state,
    state_scatter,
)

__all__ = [
    "basics",
    "math",
    "resource_variable",
    "state",
    "state_scatter",
]
