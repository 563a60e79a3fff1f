"""Imports every op module, so that the registry is whole."""

from __future__ import annotations

from tensormill.ops import (
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
