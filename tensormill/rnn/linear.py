"""The linear map that cells in the manner of `tf.contrib.rnn` make in `call`.

Source: TensorFlow 1.15, contrib/rnn/python/ops/core_rnn_cell.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph import nest
from tensormill.graph.tensor import Tensor
from tensormill.ops.joining import concat
from tensormill.ops.matrix_multiplication import matmul
from tensormill.ops.normalization import bias_add
from tensormill.variables.initializers import Constant
from tensormill.variables.scope import get_variable_scope, variable_scope
from tensormill.variables.store import get_variable

__all__ = ["linear"]


def linear(
    args: Any,
    output_size: int,
    bias: bool,
    bias_initializer: Any = None,
    kernel_initializer: Any = None,
) -> Tensor:
    """Return `concat(args) * kernel + bias` with the variables `kernel` and `bias` of the scope.

    Args:
      args: a tensor [batch, depth], or a list of them.
      output_size: the number of outputs.
      bias: whether there is a bias.
      bias_initializer: zeros by default.
      kernel_initializer: by default that of the variable scope.

    Raises:
      ValueError: a depth is not known, or `args` is empty.
    """
    if args is None or (nest.is_nested(args) and not args):
        raise ValueError("`args` must be specified")
    parts = list(args) if nest.is_nested(args) else [args]
    depth = 0
    for part in parts:
        dims = part.dims
        if dims is None or len(dims) != 2:
            raise ValueError(f"linear is expecting 2D arguments: {[p.get_shape() for p in parts]}")
        if dims[1] is None:
            raise ValueError(
                f"linear expects shape[1] to be provided for shape {part.get_shape()}, but saw None"
            )
        depth += dims[1]
    dtype = parts[0].dtype
    with variable_scope(get_variable_scope()) as scope:
        kernel = get_variable(
            "kernel", [depth, output_size], dtype=dtype, initializer=kernel_initializer
        )
        joined = parts[0] if len(parts) == 1 else concat(parts, 1)
        result = matmul(joined, kernel)
        if not bias:
            return result
        with variable_scope(scope) as inner:
            inner.set_partitioner(None)
            initializer = bias_initializer or Constant(0.0, dtype=dtype)
            offset = get_variable("bias", [output_size], dtype=dtype, initializer=initializer)
        return bias_add(result, offset)
