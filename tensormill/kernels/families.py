"""Imports every kernel module, so that the kernel registry is whole."""

from __future__ import annotations

from tensormill.kernels import (
    array_shapes,
    basics,
    casting,
    comparison,
    control_flow,
    elementwise_binary,
    elementwise_unary,
    filling,
    gathering,
    identities,
    joining,
    partial_runs,
    resource_variable,
    session_tensors,
    scattering,
    slicing,
    state,
    state_scatter,
    training,
    transposition,
)

__all__ = [
    "array_shapes",
    "basics",
    "casting",
    "comparison",
    "control_flow",
    "elementwise_binary",
    "elementwise_unary",
    "filling",
    "gathering",
    "identities",
    "joining",
    "partial_runs",
    "resource_variable",
    "session_tensors",
    "scattering",
    "slicing",
    "state",
    "state_scatter",
    "training",
    "transposition",
]
