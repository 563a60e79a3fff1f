"""Cells that compute what cuDNN's networks do, with variables that its parameters are saved as.

Source: TensorFlow 1.15, contrib/cudnn_rnn/python/ops/cudnn_rnn_ops.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph.tensor import Tensor
from tensormill.ops.elementwise_unary import sigmoid
from tensormill.ops.joining import concat, split
from tensormill.ops.matrix_multiplication import matmul
from tensormill.ops.normalization import bias_add
from tensormill.rnn.block_cells import LSTMBlockCell
from tensormill.rnn.cells import GRUCell, input_depth
from tensormill.variables.initializers import Constant, Zeros

__all__ = ["CudnnCompatibleGRUCell", "CudnnCompatibleLSTMCell"]


class CudnnCompatibleLSTMCell(LSTMBlockCell):
    """An LSTM without anything added to its forget gates.

    Args:
      num_units: the size of the memory and of the output.
      reuse: whether to reuse variables.
    """

    def __init__(self, num_units: int, reuse: bool | None = None) -> None:
        super().__init__(
            num_units,
            forget_bias=0.0,
            reuse=reuse,
            name="cudnn_compatible_lstm_cell",
        )


class CudnnCompatibleGRUCell(GRUCell):
    """A GRU that resets the product with its state, and not the state.

    Args:
      num_units: the size of the state.
      reuse: whether to reuse variables.
      kernel_initializer: of the kernels.
    """

    def __init__(
        self, num_units: int, reuse: bool | None = None, kernel_initializer: Any = None
    ) -> None:
        super().__init__(num_units, None, reuse, kernel_initializer)

    def build(self, input_shape: Any) -> None:
        """Make the kernels and the biases."""
        units, depth = self._num_units, input_depth(input_shape)
        dtype = self.dtype or "float32"
        kernel, bias = self._kernel_initializer, self._bias_initializer
        projections = {"input_projection": depth, "hidden_projection": units}
        self._gate_kernel = self.add_variable(
            "gates/kernel", shape=[depth + units, 2 * units], initializer=kernel
        )
        self._gate_bias = self.add_variable(
            "gates/bias", shape=[2 * units], initializer=bias or Constant(1.0, dtype=dtype)
        )
        kernels = [
            self.add_variable(f"candidate/{name}/kernel", shape=[rows, units], initializer=kernel)
            for name, rows in projections.items()
        ]
        biases = [
            self.add_variable(
                f"candidate/{name}/bias", shape=[units], initializer=bias or Zeros(dtype=dtype)
            )
            for name in projections
        ]
        self._projections = list(zip(kernels, biases, strict=True))
        self.built = True

    def call(self, inputs: Any, state: Any) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        """Return the output, twice."""
        gates = bias_add(matmul(concat([inputs, state], 1), self._gate_kernel), self._gate_bias)
        reset, update = split(sigmoid(gates), 2, 1)
        of_inputs, of_state = (
            bias_add(matmul(value, kernel), bias)
            for value, (kernel, bias) in zip((inputs, state), self._projections, strict=True)
        )
        candidate = self._activation(of_inputs + reset * of_state)
        output = (1 - update) * candidate + update * state
        return output, output
