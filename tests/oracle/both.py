"""Runs a program here and in TensorFlow, and holds the answers against each other."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np

import tensormill as tf


def run_here(source: str, **names: Any) -> Any:
    """Return what a program of `tf`, `np` and the names given assigns to `result`."""
    scope: dict[str, Any] = {"tf": tf, "np": np, **names}
    with tf.Graph().as_default():
        exec(source, scope)
    return scope["result"]


def answers_of_both(oracle: Any, program: str) -> tuple[Any, Any]:
    """Return what a program of `tf` and `np` assigns to `result`: here, and in TensorFlow."""
    source = textwrap.dedent(program)
    expected = oracle.run(source)
    return run_here(source), expected


def as_sent(value: Any) -> Any:
    """Return a result as it looks after its way through the oracle's pipe."""
    return [as_sent(item) for item in value] if isinstance(value, (list, tuple)) else value


def check_values(made: Any, expected: Any, rtol: float, atol: float = 0.0) -> None:
    """Hold arrays against those of TensorFlow: dtypes and shapes exactly, numbers nearly."""
    for index, (ours, theirs) in enumerate(zip(made, expected, strict=True)):
        assert ours.dtype == theirs.dtype, index
        assert ours.shape == theirs.shape, index
        np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=atol, err_msg=str(index))
