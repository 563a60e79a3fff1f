"""Cells of `tf.contrib.rnn` that make their variables in `call`.

Source: TensorFlow 1.15, contrib/rnn/python/ops/rnn_cell.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tensormill.graph.shapes import TensorShape
from tensormill.graph.tensor import Tensor
from tensormill.ops.activations import relu
from tensormill.ops.dilated_convolution import convolution
from tensormill.ops.dropout import dropout
from tensormill.ops.elementwise_unary import sigmoid, tanh
from tensormill.ops.joining import concat, split
from tensormill.ops.matrix_multiplication import matmul
from tensormill.ops.normalization import bias_add
from tensormill.rnn.cells import RNNCell, UnitSizes
from tensormill.rnn.linear import linear
from tensormill.rnn.lstm import LSTMStateTuple, MemorySizes
from tensormill.rnn.normalized_cells import layer_normalized
from tensormill.variables.initializers import Constant, Zeros
from tensormill.variables.scope import get_variable_scope, variable_scope
from tensormill.variables.store import get_variable

__all__ = [
    "Conv1DLSTMCell",
    "Conv2DLSTMCell",
    "Conv3DLSTMCell",
    "ConvLSTMCell",
    "LayerNormBasicLSTMCell",
    "NASCell",
    "UGRNNCell",
]


class LayerNormBasicLSTMCell(MemorySizes, RNNCell):
    """An LSTM with normalised gates and dropout of the candidates (https://arxiv.org/abs/1607.06450).

    Args:
      num_units: the size of the memory and of the output.
      forget_bias: added to the forget gates.
      input_size: not used.
      activation: of the candidates and of the memory; tanh by default.
      layer_norm: whether to normalise.
      norm_gain: the first value of the gains.
      norm_shift: the first value of the shifts.
      dropout_keep_prob: the probability that an entry of a candidate stays.
      dropout_prob_seed: of the random numbers.
      reuse: whether to reuse variables.
    """

    def __init__(
        self,
        num_units: int,
        forget_bias: float = 1.0,
        input_size: Any = None,
        activation: Callable[..., Any] = tanh,
        layer_norm: bool = True,
        norm_gain: float = 1.0,
        norm_shift: float = 0.0,
        dropout_keep_prob: Any = 1.0,
        dropout_prob_seed: int | None = None,
        reuse: bool | None = None,
    ) -> None:
        super().__init__(_reuse=reuse)
        self._num_units = num_units
        self._activation = activation
        self._forget_bias = forget_bias
        self._keep_prob = dropout_keep_prob
        self._seed = dropout_prob_seed
        self._layer_norm = layer_norm
        self._norm_gain = norm_gain
        self._norm_shift = norm_shift

    def _normalized(self, values: Tensor, scope: str) -> Tensor:
        if not self._layer_norm:
            return values
        return layer_normalized(values, scope, self._norm_gain, self._norm_shift, values.dtype)

    def call(self, inputs: Any, state: Any) -> tuple[Tensor, LSTMStateTuple]:  # type: ignore[override]
        """Return the output and the next state."""
        memory, output = state
        gates = self._linear(concat([inputs, output], 1))
        i, j, f, o = split(value=gates, num_or_size_splits=4, axis=1)
        i, j = self._normalized(i, "input"), self._normalized(j, "transform")
        f, o = self._normalized(f, "forget"), self._normalized(o, "output")
        candidate = self._activation(j)
        if not isinstance(self._keep_prob, float) or self._keep_prob < 1:
            candidate = dropout(candidate, self._keep_prob, seed=self._seed)
        memory = memory * sigmoid(f + self._forget_bias) + sigmoid(i) * candidate
        memory = self._normalized(memory, "state")
        output = self._activation(memory) * sigmoid(o)
        return output, LSTMStateTuple(memory, output)

    def _linear(self, joined: Tensor) -> Tensor:
        size = 4 * self._num_units
        kernel = get_variable("kernel", [joined.get_shape()[-1], size], dtype=joined.dtype)
        result = matmul(joined, kernel)
        if self._layer_norm:
            return result
        return bias_add(result, get_variable("bias", [size], dtype=joined.dtype))


class UGRNNCell(UnitSizes, RNNCell):
    """The update gate network (https://arxiv.org/abs/1611.09913).

    Args:
      num_units: the size of the state.
      initializer: of the kernel.
      forget_bias: added to the gates.
      activation: of the candidates; tanh by default.
      reuse: whether to reuse variables.
    """

    def __init__(
        self,
        num_units: int,
        initializer: Any = None,
        forget_bias: float = 1.0,
        activation: Callable[..., Any] = tanh,
        reuse: bool | None = None,
    ) -> None:
        super().__init__(_reuse=reuse)
        self._num_units = num_units
        self._initializer = initializer
        self._forget_bias = forget_bias
        self._activation = activation

    def call(self, inputs: Any, state: Any) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        """Return the output, twice.

        Raises:
          ValueError: the depth of the inputs is not known.
        """
        if inputs.get_shape().with_rank(2)[1].value is None:
            raise ValueError("Could not infer input size from inputs.get_shape()[-1]")
        with variable_scope(get_variable_scope(), initializer=self._initializer):
            values = linear(concat([inputs, state], 1), 2 * self._num_units, True)
            gate, candidate = split(axis=1, num_or_size_splits=2, value=values)
            candidate = self._activation(candidate)
            gate = sigmoid(gate + self._forget_bias)
            output = gate * state + (1.0 - gate) * candidate
        return output, output


class NASCell(MemorySizes, RNNCell):
    """The cell that a search found (https://arxiv.org/abs/1611.01578).

    Args:
      num_units: the size of the memory.
      num_proj: the size of the output; that of the memory by default.
      use_bias: whether there are biases.
      reuse: whether to reuse variables.
      **kwargs: of `Layer`.
    """

    def __init__(
        self,
        num_units: int,
        num_proj: int | None = None,
        use_bias: bool = False,
        reuse: bool | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(_reuse=reuse, **kwargs)
        self._num_units = num_units
        self._num_proj = num_proj
        self._use_bias = use_bias

    def call(self, inputs: Any, state: Any) -> tuple[Tensor, LSTMStateTuple]:  # type: ignore[override]
        """Return the output and the next state.

        Raises:
          ValueError: the depth of the inputs is not known.
        """
        memory, before = state
        depth = inputs.get_shape().with_rank(2)[1].value
        if depth is None:
            raise ValueError("Could not infer input size from inputs.get_shape()[-1]")
        units, dtype = self._num_units, inputs.dtype
        recurrent = get_variable("recurrent_kernel", [self.output_size, 8 * units], dtype)
        kernel = get_variable("kernel", [depth, 8 * units], dtype)
        from_state, from_inputs = matmul(before, recurrent), matmul(inputs, kernel)
        if self._use_bias:
            bias = get_variable("bias", [8 * units], dtype, initializer=Zeros())
            from_state = bias_add(from_state, bias)
        m = split(axis=1, num_or_size_splits=8, value=from_state)
        x = split(axis=1, num_or_size_splits=8, value=from_inputs)
        first = [
            sigmoid(x[0] + m[0]), relu(x[1] + m[1]), sigmoid(x[2] + m[2]), relu(x[3] * m[3]),
            tanh(x[4] + m[4]), sigmoid(x[5] + m[5]), tanh(x[6] + m[6]), sigmoid(x[7] + m[7]),
        ]  # fmt: skip
        injected = tanh(tanh(first[0] * first[1]) + memory)
        memory = injected * tanh(first[2] + first[3])
        other = tanh(tanh(first[4] * first[5]) + sigmoid(first[6] + first[7]))
        output = tanh(memory * other)
        if self._num_proj is not None:
            projection = get_variable("projection_weights", [units, self._num_proj], dtype)
            output = matmul(output, projection)
        return output, LSTMStateTuple(memory, output)


class ConvLSTMCell(RNNCell):
    """An LSTM whose maps are convolutions (https://arxiv.org/abs/1506.04214).

    Args:
      conv_ndims: the number of spatial dimensions: 1, 2 or 3.
      input_shape: the shape of an input without the batch: [*space, channels].
      output_channels: the number of channels of the output.
      kernel_shape: the window.
      use_bias: whether there are biases.
      skip_connection: whether the inputs are joined to the outputs.
      forget_bias: added to the forget gates.
      initializers: not used.
      name: the name of the variable scope.

    Raises:
      ValueError: `input_shape` does not fit.
    """

    def __init__(
        self,
        conv_ndims: int,
        input_shape: Sequence[int],
        output_channels: int,
        kernel_shape: Sequence[int],
        use_bias: bool = True,
        skip_connection: bool = False,
        forget_bias: float = 1.0,
        initializers: Any = None,
        name: str = "conv_lstm_cell",
    ) -> None:
        super().__init__(name=name)
        if conv_ndims != len(input_shape) - 1:
            raise ValueError(f"Invalid input_shape {input_shape} for conv_ndims={conv_ndims}.")
        self._conv_ndims = conv_ndims
        self._output_channels = output_channels
        self._kernel_shape = list(kernel_shape)
        self._use_bias = use_bias
        self._forget_bias = forget_bias
        self._skip_connection = skip_connection
        self._total_channels = output_channels + (input_shape[-1] if skip_connection else 0)
        space = list(input_shape[:-1])
        size = TensorShape([*space, output_channels])
        self._state_size = LSTMStateTuple(size, size)
        self._output_size = TensorShape([*space, self._total_channels])

    @property
    def state_size(self) -> LSTMStateTuple:
        """The shapes of the memory and of the output."""
        return self._state_size

    @property
    def output_size(self) -> TensorShape:
        """The shape of the output."""
        return self._output_size

    def call(self, inputs: Any, state: Any, scope: Any = None) -> tuple[Tensor, LSTMStateTuple]:  # type: ignore[override]
        """Return the output and the next state."""
        memory, hidden = state
        values = self._convolved([inputs, hidden], 4 * self._output_channels)
        gates = split(value=values, num_or_size_splits=4, axis=self._conv_ndims + 1)
        input_gate, candidate, forget_gate, output_gate = gates
        memory = sigmoid(forget_gate + self._forget_bias) * memory
        memory += sigmoid(input_gate) * tanh(candidate)
        output = tanh(memory) * sigmoid(output_gate)
        if self._skip_connection:
            output = concat([output, inputs], axis=-1)
        return output, LSTMStateTuple(memory, output)

    def _convolved(self, values: list[Tensor], channels: int) -> Tensor:
        depths: list[Any] = [value.get_shape().as_list()[-1] for value in values]
        depth = sum(depths)
        dtype = values[0].dtype
        kernel = get_variable("kernel", [*self._kernel_shape, depth, channels], dtype=dtype)
        result = convolution(concat(values, axis=-1), kernel, "SAME")
        if not self._use_bias:
            return result
        return result + get_variable(
            "biases", [channels], dtype=dtype, initializer=Constant(0.0, dtype=dtype)
        )


class Conv1DLSTMCell(ConvLSTMCell):
    """An LSTM whose maps are convolutions of signals; see `ConvLSTMCell`."""

    def __init__(self, name: str = "conv_1d_lstm_cell", **kwargs: Any) -> None:
        super().__init__(conv_ndims=1, name=name, **kwargs)


class Conv2DLSTMCell(ConvLSTMCell):
    """An LSTM whose maps are convolutions of images; see `ConvLSTMCell`."""

    def __init__(self, name: str = "conv_2d_lstm_cell", **kwargs: Any) -> None:
        super().__init__(conv_ndims=2, name=name, **kwargs)


class Conv3DLSTMCell(ConvLSTMCell):
    """An LSTM whose maps are convolutions of volumes; see `ConvLSTMCell`."""

    def __init__(self, name: str = "conv_3d_lstm_cell", **kwargs: Any) -> None:
        super().__init__(conv_ndims=3, name=name, **kwargs)
