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

__all__ = ["Linear", "input_parts", "linear"]


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
    parts, depth = input_parts(args)
    dtype = parts[0].dtype
    with variable_scope(get_variable_scope()) as scope:
        kernel = get_variable(
            "kernel", [depth, output_size], dtype=dtype, initializer=kernel_initializer
        )
        result = _product(parts, kernel)
        if not bias:
            return result
        offset = _bias(scope, output_size, dtype, bias_initializer)
        return bias_add(result, offset)


class Linear:
    """A linear map whose variables are made once; called with what `linear` takes."""

    def __init__(
        self,
        args: Any,
        output_size: int,
        build_bias: bool,
        bias_initializer: Any = None,
        kernel_initializer: Any = None,
    ) -> None:
        """Make the variables; `build_bias` says whether there is a bias.

        Raises:
          ValueError: a depth is not known, or `args` is empty.
        """
        parts, depth = input_parts(args)
        dtype = parts[0].dtype
        self._bias: Any = None
        with variable_scope(get_variable_scope()) as scope:
            self._kernel = get_variable(
                "kernel", [depth, output_size], dtype=dtype, initializer=kernel_initializer
            )
            if build_bias:
                self._bias = _bias(scope, output_size, dtype, bias_initializer)

    def __call__(self, args: Any) -> Tensor:
        """Return the map of a tensor, or of a list of them side by side."""
        result = _product(list(args) if nest.is_nested(args) else [args], self._kernel)
        return result if self._bias is None else bias_add(result, self._bias)


def input_parts(args: Any) -> tuple[list[Any], int]:
    """Return the tensors of an argument, and the sum of their depths."""
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
    return parts, depth


def _product(parts: list[Any], kernel: Any) -> Tensor:
    return matmul(parts[0] if len(parts) == 1 else concat(parts, 1), kernel)


def _bias(scope: Any, output_size: int, dtype: Any, initializer: Any) -> Any:
    with variable_scope(scope) as inner:
        inner.set_partitioner(None)
        return get_variable(
            "bias",
            [output_size],
            dtype=dtype,
            initializer=initializer or Constant(0.0, dtype=dtype),
        )
