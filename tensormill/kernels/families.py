"""Imports every kernel module, so that the kernel registry is whole."""

from __future__ import annotations

from tensormill.kernels import (
    basics,
    math,
    partial_runs,
    resource_variable,
    state,
    state_scatter,
    training,
)

__all__ = [
    "basics",
    "math",
    "partial_runs",
    "resource_variable",
    "state",
    "state_scatter",
    "training",
]
