"""Cells whose state is gated without a map of the state to candidates.

Source: TensorFlow 1.15, contrib/rnn/python/ops/rnn_cell.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.graph.tensor import Tensor
from tensormill.layers.arguments import activation_function
from tensormill.layers.base import InputSpec
from tensormill.ops.elementwise_unary import sigmoid
from tensormill.ops.identities import identity
from tensormill.ops.joining import concat, split
from tensormill.ops.matrix_multiplication import matmul
from tensormill.ops.normalization import bias_add
from tensormill.rnn.cells import LayerRNNCell, input_depth
from tensormill.variables import keras_initializers

__all__ = ["CFNCell", "MinimalRNNCell"]


class _PlainCell(LayerRNNCell):
    """A cell with the arguments of layers of Keras."""

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "ones",
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        """Say how the cell is made.

        Args:
          units: the size of the state.
          activation: of the candidates, a function or its name.
          kernel_initializer: of the kernels.
          bias_initializer: of the bias of the gates.
          name: the name of the layer.
          dtype: of the variables.
          **kwargs: of `Layer`.
        """
        super().__init__(name=name, dtype=dtype, **kwargs)
        self.input_spec = InputSpec(ndim=2)
        self.units = units
        self.activation: Callable[..., Any] = activation_function(activation) or identity
        self.kernel_initializer = keras_initializers.get(kernel_initializer)
        self.bias_initializer = keras_initializers.get(bias_initializer)

    @property
    def state_size(self) -> int:
        """The number of units."""
        return self.units

    @property
    def output_size(self) -> int:
        """The number of units."""
        return self.units


class MinimalRNNCell(_PlainCell):
    """The minimal network: inputs are mapped, and an update gate chooses.

    See https://arxiv.org/abs/1806.05394.
    """

    def build(self, input_shape: Any) -> None:
        """Make the variables."""
        depth = input_depth(input_shape)
        self.kernel = self.add_weight(
            "kernel",
            shape=[depth + 2 * self.units, self.units],
            initializer=self.kernel_initializer,
        )
        self.bias = self.add_weight("bias", shape=[self.units], initializer=self.bias_initializer)
        self.built = True

    def call(self, inputs: Any, state: Any) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        """Return the output, twice."""
        depth = input_depth(inputs.get_shape())
        of_inputs, of_gates = split(self.kernel, [depth, 2 * self.units], axis=0)
        candidate = self.activation(matmul(inputs, of_inputs))
        update = sigmoid(bias_add(matmul(concat([candidate, state], 1), of_gates), self.bias))
        output = update * state + (1 - update) * candidate
        return output, output


class CFNCell(_PlainCell):
    """The chaos free network: without inputs, the state decays.

    See https://arxiv.org/abs/1612.06212. The input gates are 1 less those of the paper, so that a
    bias of ones lets little in at first.
    """

    def build(self, input_shape: Any) -> None:
        """Make the variables."""
        depth = input_depth(input_shape)
        self.kernel = self.add_weight(
            "kernel", shape=[depth, 3 * self.units], initializer=self.kernel_initializer
        )
        self.recurrent_kernel = self.add_weight(
            "recurrent_kernel",
            shape=[self.units, 2 * self.units],
            initializer=self.kernel_initializer,
        )
        self.bias = self.add_weight(
            "bias", shape=[2 * self.units], initializer=self.bias_initializer
        )
        self.built = True

    def call(self, inputs: Any, state: Any) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        """Return the output, twice."""
        input_depth(inputs.get_shape())
        of_gates, of_inputs = split(self.kernel, [2 * self.units, self.units], axis=1)
        gates = matmul(state, self.recurrent_kernel) + matmul(inputs, of_gates)
        forget, kept_out = split(sigmoid(bias_add(gates, self.bias)), 2, axis=1)
        candidate = self.activation(matmul(inputs, of_inputs))
        output = forget * self.activation(state) + (1 - kept_out) * candidate
        return output, output
