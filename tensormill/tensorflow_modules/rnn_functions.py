"""Functions of `tensorflow.python.ops.rnn_cell_impl` that programs use and that are not public.

Source: TensorFlow 1.15, python/ops/rnn_cell_impl.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.rnn.state_shapes import joined_dims, joined_shape

__all__ = ["joined"]

_BIAS_VARIABLE_NAME = "bias"
_WEIGHTS_VARIABLE_NAME = "kernel"


def joined(prefix: Any, suffix: Any, static: bool = False) -> Any:
    """Return the shape of `prefix` before `suffix`: a tensor, or sizes where `static` is set."""
    if not static:
        return joined_shape(prefix, suffix)
    dims = joined_dims(prefix, suffix)
    return None if dims is None else list(dims)
