"""Long short-term memory (Hochreiter and Schmidhuber 1997; https://arxiv.org/abs/1409.2329).

Source: TensorFlow 1.15, python/ops/rnn_cell_impl.py.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from tensormill.graph import dtypes, tf_logging
from tensormill.graph.constants import constant
from tensormill.graph.dtypes import DType
from tensormill.graph.tensor import Tensor
from tensormill.layers.arguments import activation_function
from tensormill.layers.base import InputSpec
from tensormill.ops.arithmetic import add, multiply
from tensormill.ops.clipping import clip_by_value
from tensormill.ops.elementwise_unary import sigmoid, tanh
from tensormill.ops.joining import concat, split
from tensormill.ops.matrix_multiplication import matmul
from tensormill.ops.normalization import bias_add
from tensormill.ops.slicing import slice as slice_of
from tensormill.rnn.cells import LayerRNNCell, check_cell_dtypes, input_depth
from tensormill.variables.initializers import Zeros
from tensormill.variables.partitioners import fixed_size_partitioner

__all__ = [
    "BasicLSTMCell",
    "LSTMCell",
    "LSTMStateTuple",
    "MemorySizes",
    "warn_of_joined_state",
]


class LSTMStateTuple(NamedTuple):
    """The state of an LSTM.

    Attributes:
      c: the memory [batch, units].
      h: the output [batch, units or projected units].
    """

    c: Any
    h: Any

    @property
    def dtype(self) -> DType:
        """The dtype of both.

        Raises:
          TypeError: they have two.
        """
        c, h = self
        if c.dtype != h.dtype:
            raise TypeError(f"Inconsistent internal state: {c.dtype} vs {h.dtype}")
        found: DType = c.dtype
        return found


class MemorySizes:
    """The sizes of a cell with a memory, whose output may be projected."""

    _num_units: int
    _num_proj: int | None = None

    @property
    def state_size(self) -> Any:
        """The sizes of the memory and of the output."""
        return LSTMStateTuple(self._num_units, self.output_size)

    @property
    def output_size(self) -> int:
        """The size of the projection, or the number of units."""
        return self._num_proj or self._num_units


def warn_of_joined_state(cell: Any) -> None:
    """Say that a state that is one tensor costs time."""
    tf_logging.warning(
        "%s: Using a concatenated state is slower and will soon be deprecated.  Use "
        "state_is_tuple=True.",
        cell,
    )


class BasicLSTMCell(LayerRNNCell):
    """The LSTM without peepholes, clipping and projection.

    Args:
      num_units: the size of the memory and of the output.
      forget_bias: added to the forget gates, so that nothing is forgotten in the beginning.
      state_is_tuple: the state is an `LSTMStateTuple`, not one tensor [batch, 2 * units].
      activation: a function or its name; tanh by default.
      reuse: whether to reuse variables.
      name: the name of the variable scope.
      dtype: of the variables; by default that of the first input.
      **kwargs: of `Layer`.
    """

    _settings = ("num_units", "forget_bias", "state_is_tuple", "activation", "reuse")

    def __init__(
        self,
        num_units: int,
        forget_bias: float = 1.0,
        state_is_tuple: bool = True,
        activation: Any = None,
        reuse: bool | None = None,
        name: Any = None,
        dtype: Any = None,
        **kwargs: Any,
    ):
        super().__init__(_reuse=reuse, name=name, dtype=dtype, **kwargs)
        check_cell_dtypes(self.dtype)
        if not state_is_tuple:
            warn_of_joined_state(self)
        self.input_spec = InputSpec(ndim=2)
        self._num_units = num_units
        self._forget_bias = forget_bias
        self._state_is_tuple = state_is_tuple
        self._activation = activation_function(activation) or tanh

    @property
    def state_size(self) -> Any:
        """An `LSTMStateTuple`, or one int."""
        units = self._num_units
        return LSTMStateTuple(units, units) if self._state_is_tuple else 2 * units

    @property
    def output_size(self) -> int:
        """The number of units."""
        return self._num_units

    def build(self, input_shape: Any) -> None:
        """Make the kernel and the bias."""
        depth, units = input_depth(input_shape), self._num_units
        check_cell_dtypes(self.dtype)
        self._kernel = self.add_variable("kernel", shape=[depth + units, 4 * units])
        self._bias = self.add_variable(
            "bias", shape=[4 * units], initializer=Zeros(dtype=self.dtype or "float32")
        )
        self.built = True

    def call(self, inputs: Any, state: Any) -> tuple[Tensor, Any]:  # type: ignore[override]
        """Return the output and the next state."""
        check_cell_dtypes(inputs, state)
        one = constant(1, dtype=dtypes.int32)
        if self._state_is_tuple:
            c, h = state
        else:
            c, h = split(value=state, num_or_size_splits=2, axis=one)
        gates = bias_add(matmul(concat([inputs, h], 1), self._kernel), self._bias)
        i, j, f, o = split(value=gates, num_or_size_splits=4, axis=one)
        forget_bias = constant(self._forget_bias, dtype=f.dtype)
        kept = multiply(c, sigmoid(add(f, forget_bias)))
        new_c = add(kept, multiply(sigmoid(i), self._activation(j)))
        new_h = multiply(self._activation(new_c), sigmoid(o))
        if self._state_is_tuple:
            return new_h, LSTMStateTuple(new_c, new_h)
        return new_h, concat([new_c, new_h], 1)


class LSTMCell(LayerRNNCell):
    """The LSTM with peepholes, clipping and projection (Sak et al. 2014).

    Args:
      num_units: the size of the memory.
      use_peepholes: the gates see the memory.
      cell_clip: the memory stays within [-cell_clip, cell_clip].
      initializer: of the kernels and the peepholes.
      num_proj: the size of the output after a projection; by default there is no projection.
      proj_clip: the projected output stays within [-proj_clip, proj_clip].
      num_unit_shards: into how many slices the kernel is cut.
      num_proj_shards: the same for the projection.
      forget_bias: added to the forget gates, so that nothing is forgotten in the beginning.
      state_is_tuple: the state is an `LSTMStateTuple`, not one tensor.
      activation: a function or its name; tanh by default.
      reuse: whether to reuse variables.
      name: the name of the variable scope.
      dtype: of the variables; by default that of the first input.
      **kwargs: of `Layer`.
    """

    _settings = (
        "num_units", "use_peepholes", "cell_clip", "initializer", "num_proj", "proj_clip",
        "num_unit_shards", "num_proj_shards", "forget_bias", "state_is_tuple", "activation",
        "reuse",
    )  # fmt: skip

    def __init__(
        self,
        num_units: int,
        use_peepholes: bool = False,
        cell_clip: float | None = None,
        initializer: Any = None,
        num_proj: int | None = None,
        proj_clip: float | None = None,
        num_unit_shards: int | None = None,
        num_proj_shards: int | None = None,
        forget_bias: float = 1.0,
        state_is_tuple: bool = True,
        activation: Any = None,
        reuse: bool | None = None,
        name: Any = None,
        dtype: Any = None,
        **kwargs: Any,
    ):
        super().__init__(_reuse=reuse, name=name, dtype=dtype, **kwargs)
        check_cell_dtypes(self.dtype)
        if not state_is_tuple:
            warn_of_joined_state(self)
        self.input_spec = InputSpec(ndim=2)
        self._num_units = num_units
        self._use_peepholes = use_peepholes
        self._cell_clip = cell_clip
        self._initializer = initializer
        self._num_proj = num_proj
        self._proj_clip = proj_clip
        self._num_unit_shards = num_unit_shards
        self._num_proj_shards = num_proj_shards
        self._forget_bias = forget_bias
        self._state_is_tuple = state_is_tuple
        self._activation = activation_function(activation) or tanh
        self._output_size = num_proj or num_units

    @property
    def state_size(self) -> Any:
        """An `LSTMStateTuple`, or one int."""
        if self._state_is_tuple:
            return LSTMStateTuple(self._num_units, self._output_size)
        return self._num_units + self._output_size

    @property
    def output_size(self) -> int:
        """The number of units after the projection."""
        return self._output_size

    def build(self, input_shape: Any) -> None:
        """Make the kernel, the bias, the peepholes and the projection."""
        depth, units = input_depth(input_shape), self._num_units
        check_cell_dtypes(self.dtype)
        initializer = self._initializer
        self._kernel = self.add_variable(
            "kernel",
            shape=[depth + self._output_size, 4 * units],
            initializer=initializer,
            partitioner=_shards(self._num_unit_shards),
        )
        self._bias = self.add_variable(
            "bias", shape=[4 * units], initializer=Zeros(dtype=self.dtype or "float32")
        )
        if self._use_peepholes:
            self._forget_peephole, self._input_peephole, self._output_peephole = (
                self.add_variable(f"w_{gate}_diag", shape=[units], initializer=initializer)
                for gate in "fio"
            )
        if self._num_proj is not None:
            self._projection = self.add_variable(
                "projection/kernel",
                shape=[units, self._num_proj],
                initializer=initializer,
                partitioner=_shards(self._num_proj_shards),
            )
        self.built = True

    def call(self, inputs: Any, state: Any) -> tuple[Tensor, Any]:  # type: ignore[override]
        """Return the output and the next state."""
        check_cell_dtypes(inputs, state)
        units = self._num_units
        if self._state_is_tuple:
            c, h = state
        else:
            c = slice_of(state, [0, 0], [-1, units])
            h = slice_of(state, [0, units], [-1, self._output_size])
        gates = bias_add(matmul(concat([inputs, h], 1), self._kernel), self._bias)
        i, j, f, o = split(value=gates, num_or_size_splits=4, axis=1)
        if self._use_peepholes:
            c = sigmoid(f + self._forget_bias + self._forget_peephole * c) * c + sigmoid(
                i + self._input_peephole * c
            ) * self._activation(j)
        else:
            c = sigmoid(f + self._forget_bias) * c + sigmoid(i) * self._activation(j)
        if self._cell_clip is not None:
            c = clip_by_value(c, -self._cell_clip, self._cell_clip)
        if self._use_peepholes:
            h = sigmoid(o + self._output_peephole * c) * self._activation(c)
        else:
            h = sigmoid(o) * self._activation(c)
        if self._num_proj is not None:
            h = matmul(h, self._projection)
            if self._proj_clip is not None:
                h = clip_by_value(h, -self._proj_clip, self._proj_clip)
        return h, LSTMStateTuple(c, h) if self._state_is_tuple else concat([c, h], 1)


def _shards(count: int | None) -> Any:
    return None if count is None else fixed_size_partitioner(count)
