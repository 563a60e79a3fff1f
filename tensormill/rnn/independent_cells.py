"""Cells of `tf.contrib.rnn` whose units see their own states alone.

Source: TensorFlow 1.15, contrib/rnn/python/ops/rnn_cell.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.graph.default_scopes import name_scope
from tensormill.graph.tensor import Tensor
from tensormill.layers.base import InputSpec
from tensormill.ops.elementwise_unary import sigmoid, tanh
from tensormill.ops.joining import concat, split, tile
from tensormill.ops.matrix_multiplication import matmul
from tensormill.ops.normalization import bias_add
from tensormill.rnn.cells import LayerRNNCell, RNNCell, UnitSizes, input_depth
from tensormill.rnn.lstm import LSTMStateTuple, MemorySizes
from tensormill.variables.initializers import Constant, RandomUniform, Zeros

__all__ = ["CompiledWrapper", "IndRNNCell", "IndyGRUCell", "IndyLSTMCell", "SRUCell"]


class _UnitCell(UnitSizes, LayerRNNCell):
    """A cell whose state is one number a unit."""

    def __init__(
        self,
        num_units: int,
        activation: Callable[..., Any] | None,
        reuse: bool | None,
        name: str | None,
        **kwargs: Any,
    ) -> None:
        super().__init__(_reuse=reuse, name=name, **kwargs)
        self.input_spec = InputSpec(ndim=2)
        self._num_units = num_units
        self._activation = activation or tanh

    def _recurrent(self, name: str, size: int) -> Any:
        """Return the weights by which units see their own states."""
        initializer = RandomUniform(minval=-1, maxval=1, dtype=self.dtype)
        return self.add_variable(name, shape=[1, size], initializer=initializer)


class SRUCell(_UnitCell):
    """The simple recurrent unit (https://arxiv.org/abs/1709.02755).

    Args:
      num_units: the size of the state.
      activation: of the state; tanh by default.
      reuse: whether to reuse variables.
      name: the name of the layer.
      **kwargs: of `Layer`.
    """

    def __init__(
        self,
        num_units: int,
        activation: Callable[..., Any] | None = None,
        reuse: bool | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(num_units, activation, reuse, name, **kwargs)

    def build(self, input_shape: Any) -> None:
        """Make the variables."""
        depth = input_depth(input_shape)
        self._kernel = self.add_variable("kernel", shape=[depth, 4 * self._num_units])
        self._bias = self.add_variable(
            "bias", shape=[2 * self._num_units], initializer=Zeros(dtype=self.dtype)
        )
        self.built = True

    def call(self, inputs: Any, state: Any) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        """Return the output and the next state."""
        values = matmul(inputs, self._kernel)
        candidate, forget, reset, passed = split(value=values, num_or_size_splits=4, axis=1)
        gates = sigmoid(bias_add(concat([forget, reset], 1), self._bias))
        f, r = split(value=gates, num_or_size_splits=2, axis=1)
        following = f * state + (1.0 - f) * candidate
        return r * self._activation(following) + (1.0 - r) * passed, following


class IndRNNCell(_UnitCell):
    """The independently recurrent network (https://arxiv.org/abs/1803.04831).

    Args:
      num_units: the size of the state.
      activation: tanh by default.
      reuse: whether to reuse variables.
      name: the name of the layer.
      dtype: of the variables.
    """

    def __init__(
        self,
        num_units: int,
        activation: Callable[..., Any] | None = None,
        reuse: bool | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(num_units, activation, reuse, name, dtype=dtype)

    def build(self, input_shape: Any) -> None:
        """Make the variables."""
        depth = input_depth(input_shape)
        self._kernel_w = self.add_variable("kernel_w", shape=[depth, self._num_units])
        self._kernel_u = self._recurrent("kernel_u", self._num_units)
        self._bias = self.add_variable(
            "bias", shape=[self._num_units], initializer=Zeros(dtype=self.dtype)
        )
        self.built = True

    def call(self, inputs: Any, state: Any) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        """Return the output, twice."""
        values = matmul(inputs, self._kernel_w) + state * self._kernel_u
        output = self._activation(bias_add(values, self._bias))
        return output, output


class _InitializedCell(_UnitCell):
    """A cell with initializers of kernels and biases."""

    def __init__(
        self,
        num_units: int,
        activation: Callable[..., Any] | None,
        reuse: bool | None,
        kernel_initializer: Any,
        bias_initializer: Any,
        name: str | None,
        dtype: Any,
    ) -> None:
        super().__init__(num_units, activation, reuse, name, dtype=dtype)
        self._kernel_initializer = kernel_initializer
        self._bias_initializer = bias_initializer

    def _weights(self, prefix: str, own: str, depth: int, size: int, bias: Any) -> list[Any]:
        """Return kernel, recurrent weights and bias."""
        if self._bias_initializer is not None:
            bias = self._bias_initializer
        kernel = self.add_variable(
            prefix + own, shape=[depth, size], initializer=self._kernel_initializer
        )
        recurrent = self._recurrent(prefix + "kernel_u", size)
        return [kernel, recurrent, self.add_variable(prefix + "bias", [size], initializer=bias)]


class IndyGRUCell(_InitializedCell):
    """A gated recurrent unit whose units see their own states alone.

    Args:
      num_units: the size of the state.
      activation: of the candidates; tanh by default.
      reuse: whether to reuse variables.
      kernel_initializer: by default that of the variable scope.
      bias_initializer: by default ones for the gates, zeros for the candidates.
      name: the name of the layer.
      dtype: of the variables.
    """

    def __init__(
        self,
        num_units: int,
        activation: Callable[..., Any] | None = None,
        reuse: bool | None = None,
        kernel_initializer: Any = None,
        bias_initializer: Any = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            num_units, activation, reuse, kernel_initializer, bias_initializer, name, dtype
        )

    def build(self, input_shape: Any) -> None:
        """Make the variables."""
        depth, units = input_depth(input_shape), self._num_units
        ones, zeros = Constant(1.0, dtype=self.dtype), Zeros(dtype=self.dtype)
        self._gates = self._weights("gates/", "kernel_w", depth, 2 * units, ones)
        self._candidate = self._weights("candidate/", "kernel", depth, units, zeros)
        self.built = True

    def call(self, inputs: Any, state: Any) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        """Return the output, twice."""
        kernel, recurrent, bias = self._gates
        values = matmul(inputs, kernel) + tile(state, [1, 2]) * recurrent
        gates = sigmoid(bias_add(values, bias))
        reset, update = split(value=gates, num_or_size_splits=2, axis=1)
        kernel, recurrent, bias = self._candidate
        values = matmul(inputs, kernel) + (reset * state) * recurrent
        candidate = self._activation(bias_add(values, bias))
        output = update * state + (1 - update) * candidate
        return output, output


class IndyLSTMCell(MemorySizes, _InitializedCell):
    """An LSTM whose units see their own states alone (https://arxiv.org/abs/1903.08023).

    Args:
      num_units: the size of the memory.
      forget_bias: added to the forget gates.
      activation: of the candidates and of the memory; tanh by default.
      reuse: whether to reuse variables.
      kernel_initializer: by default that of the variable scope.
      bias_initializer: zeros by default.
      name: the name of the layer.
      dtype: of the variables.
    """

    def __init__(
        self,
        num_units: int,
        forget_bias: float = 1.0,
        activation: Callable[..., Any] | None = None,
        reuse: bool | None = None,
        kernel_initializer: Any = None,
        bias_initializer: Any = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            num_units, activation, reuse, kernel_initializer, bias_initializer, name, dtype
        )
        self._forget_bias = forget_bias

    def build(self, input_shape: Any) -> None:
        """Make the variables."""
        depth, zeros = input_depth(input_shape), Zeros(dtype=self.dtype)
        self._all = self._weights("", "kernel_w", depth, 4 * self._num_units, zeros)
        self.built = True

    def call(self, inputs: Any, state: Any) -> tuple[Tensor, LSTMStateTuple]:  # type: ignore[override]
        """Return the output and the next state."""
        memory, before = state
        kernel, recurrent, bias = self._all
        values = matmul(inputs, kernel) + tile(before, [1, 4]) * recurrent
        i, j, f, o = split(value=bias_add(values, bias), num_or_size_splits=4, axis=1)
        memory = memory * sigmoid(f + self._forget_bias) + sigmoid(i) * self._activation(j)
        output = self._activation(memory) * sigmoid(o)
        return output, LSTMStateTuple(memory, output)


class CompiledWrapper(RNNCell):
    """A cell that TensorFlow may compile; plans are compiled here in any case.

    Args:
      cell: the cell inside.
      compile_stateful: whether operations with a state may be compiled.
    """

    def __init__(self, cell: Any, compile_stateful: bool = False) -> None:
        super().__init__()
        self._cell = cell
        self._compile_stateful = compile_stateful

    @property
    def state_size(self) -> Any:
        """That of the cell inside."""
        return self._cell.state_size

    @property
    def output_size(self) -> Any:
        """That of the cell inside."""
        return self._cell.output_size

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """Return a state of zeros."""
        with name_scope(type(self).__name__ + "ZeroState", values=[batch_size]):
            return self._cell.zero_state(batch_size, dtype)

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:
        """Make the nodes of one step of the cell inside."""
        return self._cell(inputs, state, scope=scope)
