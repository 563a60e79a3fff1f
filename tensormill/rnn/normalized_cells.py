"""LSTM cells whose gates or whose weights are normalised.

Source: TensorFlow 1.15, contrib/rnn/python/ops/rnn_cell.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.default_scopes import control_dependencies
from tensormill.graph.tensor import Tensor
from tensormill.layers.model_normalization import layer_norm
from tensormill.ops.clipping import clip_by_value
from tensormill.ops.elementwise_unary import sigmoid, tanh
from tensormill.ops.joining import concat, split
from tensormill.ops.matrix_multiplication import matmul
from tensormill.ops.normalization import bias_add
from tensormill.ops.statistics import l2_normalize
from tensormill.rnn.cells import RNNCell
from tensormill.rnn.linear import input_parts, linear
from tensormill.rnn.lstm import LSTMStateTuple, MemorySizes
from tensormill.variables.initializers import Constant
from tensormill.variables.scope import get_variable_scope, variable_scope
from tensormill.variables.store import get_variable

__all__ = ["LayerNormLSTMCell", "WeightNormLSTMCell", "layer_normalized"]


def layer_normalized(
    values: Tensor, scope: str, gain: float, shift: float, dtype: Any = dtypes.float32
) -> Tensor:
    """Return normalised rows, with gains and shifts in a variable scope of their own.

    Args:
      values: [batch, depth].
      scope: the name of the scope.
      gain: the first value of the gains.
      shift: the first value of the shifts.
      dtype: of the variables.
    """
    shape = values.get_shape()[-1:]
    with variable_scope(scope):
        get_variable("gamma", shape=shape, initializer=Constant(gain), dtype=dtype)
        get_variable("beta", shape=shape, initializer=Constant(shift), dtype=dtype)
    return layer_norm(values, reuse=True, scope=scope)


class _ProjectedLSTMCell(MemorySizes, RNNCell):
    """An LSTM with peepholes, a projection and bounds; subclasses make the linear maps."""

    def __init__(
        self,
        num_units: int,
        use_peepholes: bool,
        cell_clip: float | None,
        initializer: Any,
        num_proj: int | None,
        proj_clip: float | None,
        forget_bias: float,
        activation: Callable[..., Any] | None,
        reuse: bool | None,
    ) -> None:
        super().__init__(_reuse=reuse)
        self._num_units = num_units
        self._use_peepholes = use_peepholes
        self._cell_clip = cell_clip
        self._initializer = initializer
        self._num_proj = num_proj
        self._proj_clip = proj_clip
        self._forget_bias = forget_bias
        self._activation = activation or tanh

    def _map(self, args: Any, size: int, bias: bool) -> Tensor:
        """Return a linear map of tensors, with the variables of the scope that is open."""
        raise NotImplementedError

    def _normalized(self, values: Tensor, scope: str) -> Tensor:
        """Return the values of a gate or of the memory."""
        return values

    def _step(self, inputs: Any, state: Any) -> tuple[Tensor, LSTMStateTuple]:
        """Return the output and the next state; the scope of the variables is open."""
        memory, before = state
        if inputs.get_shape().with_rank(2)[1].value is None:
            raise ValueError("Could not infer input size from inputs.get_shape()[-1]")
        gates = self._map([inputs, before], 4 * self._num_units, bias=True)
        i, j, f, o = split(value=gates, num_or_size_splits=4, axis=1)
        i, j = self._normalized(i, "input"), self._normalized(j, "transform")
        f, o = self._normalized(f, "forget"), self._normalized(o, "output")
        f = f + self._forget_bias
        if self._use_peepholes:
            of_forget, of_input, of_output = (
                get_variable(name, shape=[self._num_units], dtype=inputs.dtype)
                for name in ("w_f_diag", "w_i_diag", "w_o_diag")
            )
            f, i = f + of_forget * memory, i + of_input * memory
        memory = sigmoid(f) * memory + sigmoid(i) * self._activation(j)
        memory = self._normalized(memory, "state")
        if self._cell_clip is not None:
            memory = clip_by_value(memory, -self._cell_clip, self._cell_clip)
        gate = o + of_output * memory if self._use_peepholes else o
        output = sigmoid(gate) * self._activation(memory)
        if self._num_proj is not None:
            with variable_scope("projection"):
                output = self._map(output, self._num_proj, bias=False)
            if self._proj_clip is not None:
                output = clip_by_value(output, -self._proj_clip, self._proj_clip)
        return output, LSTMStateTuple(memory, output)


class LayerNormLSTMCell(_ProjectedLSTMCell):
    """An LSTM whose gates and memory are normalised (https://arxiv.org/abs/1607.06450).

    Args:
      num_units: the size of the memory.
      use_peepholes: whether the gates see the memory.
      cell_clip: bounds the magnitude of the memory.
      initializer: of the kernels.
      num_proj: the size of the output; that of the memory if None.
      proj_clip: bounds the magnitude of a projected output.
      forget_bias: added to the forget gates.
      activation: of the candidates and of the memory; tanh by default.
      layer_norm: whether to normalise.
      norm_gain: the first value of the gains.
      norm_shift: the first value of the shifts.
      reuse: whether to reuse variables.
    """

    def __init__(
        self,
        num_units: int,
        use_peepholes: bool = False,
        cell_clip: float | None = None,
        initializer: Any = None,
        num_proj: int | None = None,
        proj_clip: float | None = None,
        forget_bias: float = 1.0,
        activation: Callable[..., Any] | None = None,
        layer_norm: bool = False,
        norm_gain: float = 1.0,
        norm_shift: float = 0.0,
        reuse: bool | None = None,
    ) -> None:
        super().__init__(
            num_units, use_peepholes, cell_clip, initializer, num_proj, proj_clip, forget_bias,
            activation, reuse,
        )  # fmt: skip
        self._layer_norm = layer_norm
        self._norm_gain = norm_gain
        self._norm_shift = norm_shift

    def _map(self, args: Any, size: int, bias: bool) -> Tensor:
        # With normalisation the bias is made, as there are shifts, but not added.
        if bias and self._layer_norm:
            result = linear(args, size, bias=False)
            with variable_scope(get_variable_scope()) as scope:
                scope.set_partitioner(None)
                get_variable("bias", [size], result.dtype, Constant(0.0, dtype=result.dtype))
            return result
        return linear(args, size, bias)

    def _normalized(self, values: Tensor, scope: str) -> Tensor:
        if not self._layer_norm:
            return values
        return layer_normalized(values, scope, self._norm_gain, self._norm_shift)

    def call(self, inputs: Any, state: Any) -> tuple[Tensor, LSTMStateTuple]:  # type: ignore[override]
        """Return the output and the next state.

        Raises:
          ValueError: the depth of the inputs is not known.
        """
        with variable_scope(get_variable_scope(), initializer=self._initializer):
            return self._step(inputs, state)


class WeightNormLSTMCell(_ProjectedLSTMCell):
    """An LSTM whose kernels are directions and lengths (https://arxiv.org/abs/1602.07868).

    Args:
      num_units: the size of the memory.
      norm: whether to normalise.
      use_peepholes: whether the gates see the memory.
      cell_clip: bounds the magnitude of the memory.
      initializer: of the kernels.
      num_proj: the size of the output; that of the memory if None.
      proj_clip: bounds the magnitude of a projected output.
      forget_bias: added to the forget gates.
      activation: of the candidates and of the memory; tanh by default.
      reuse: whether to reuse variables.
    """

    def __init__(
        self,
        num_units: int,
        norm: bool = True,
        use_peepholes: bool = False,
        cell_clip: float | None = None,
        initializer: Any = None,
        num_proj: int | None = None,
        proj_clip: float | None = None,
        forget_bias: float = 1,
        activation: Callable[..., Any] | None = None,
        reuse: bool | None = None,
    ) -> None:
        super().__init__(
            num_units, use_peepholes, cell_clip, initializer, num_proj, proj_clip, forget_bias,
            activation, reuse,
        )  # fmt: skip
        self._scope: Any = "wn_lstm_cell"
        self._norm = norm

    def _map(self, args: Any, size: int, bias: bool) -> Tensor:
        if not self._norm:
            return linear(args, size, bias)
        parts, depth = input_parts(args)
        with variable_scope(get_variable_scope()) as scope:
            kernel = get_variable("kernel", [depth, size], dtype=parts[0].dtype)
            result = matmul(
                parts[0] if len(parts) == 1 else concat(parts, 1),
                self._directed(kernel, [int(part.shape[1]) for part in parts]),
            )
            if not bias:
                return result
            with variable_scope(scope) as inner:
                inner.set_partitioner(None)
                zero = Constant(0.0, dtype=result.dtype)
                return bias_add(result, get_variable("bias", [size], result.dtype, zero))

    @staticmethod
    def _directed(kernel: Any, depths: list[int]) -> Tensor:
        """Return the kernel with columns of lengths of their own for each input."""
        rows, start = [], 0
        with control_dependencies(None):
            for number, depth in enumerate(depths):
                part = kernel[start : start + depth, :]
                length = get_variable(f"norm_{number}", [part.shape[1]], dtype=part.dtype)
                rows.append(l2_normalize(part, axis=0) * length)
                start += depth
            return concat(rows, axis=0)

    def call(self, inputs: Any, state: Any) -> tuple[Tensor, LSTMStateTuple]:  # type: ignore[override]
        """Return the output and the next state.

        Raises:
          ValueError: the depth of the inputs is not known.
        """
        with variable_scope("wn_lstm_cell", initializer=self._initializer):
            return self._step(inputs, state)
