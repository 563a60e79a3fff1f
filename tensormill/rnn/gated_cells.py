"""Further cells of `tf.contrib.rnn`: coupled gates, groups, phases, time and frequency.

Source: TensorFlow 1.15, contrib/rnn/python/ops/rnn_cell.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.collections import GraphKeys
from tensormill.graph.default_scopes import add_to_collection, get_collection
from tensormill.graph.tensor import Tensor
from tensormill.ops.activations import relu
from tensormill.ops.arithmetic import mod
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.casting import cast
from tensormill.ops.clipping import clip_by_value
from tensormill.ops.comparison import less
from tensormill.ops.elementwise_unary import exp, log, sigmoid, tanh
from tensormill.ops.filling import zeros
from tensormill.ops.gathering import where
from tensormill.ops.identities import stop_gradient
from tensormill.ops.joining import concat, split
from tensormill.ops.matrix_multiplication import matmul
from tensormill.ops.normalization import bias_add
from tensormill.ops.random import random_uniform
from tensormill.ops.slicing import slice as slice_of
from tensormill.rnn.cells import RNNCell, UnitSizes
from tensormill.rnn.linear import Linear
from tensormill.rnn.lstm import LSTMStateTuple, MemorySizes, warn_of_joined_state
from tensormill.rnn.normalized_cells import layer_normalized
from tensormill.variables.initializers import Constant, RandomUniform, Zeros
from tensormill.variables.scope import get_variable_scope, variable_scope
from tensormill.variables.store import get_variable

__all__ = [
    "CoupledInputForgetGateLSTMCell",
    "GLSTMCell",
    "IntersectionRNNCell",
    "PhasedLSTMCell",
    "TimeFreqLSTMCell",
    "sharded_variable",
]


def sharded_variable(name: str, shape: list[int], dtype: Any, num_shards: int) -> Any:
    """Return a matrix that is stored in several variables, by rows.

    Raises:
      ValueError: there are more shards than rows.
    """
    if num_shards > shape[0]:
        raise ValueError(f"Too many shards: shape={shape}, num_shards={num_shards}")
    least, more = divmod(shape[0], num_shards)
    parts = [
        get_variable(f"{name}_{i}", [least + (i < more), *shape[1:]], dtype=dtype)
        for i in range(num_shards)
    ]
    if len(parts) == 1:
        return parts[0]
    prefix = f"{get_variable_scope().name}/{name}/concat"
    for joined in get_collection(GraphKeys.CONCATENATED_VARIABLES):
        if joined.name == f"{prefix}:0":
            return joined
    made = concat(parts, 0, name=name + "/concat")
    add_to_collection(GraphKeys.CONCATENATED_VARIABLES, made)
    return made


class CoupledInputForgetGateLSTMCell(MemorySizes, RNNCell):
    """An LSTM that forgets as much as it takes in (https://arxiv.org/abs/1503.04069).

    Args:
      num_units: the size of the memory.
      use_peepholes: whether the gates see the memory.
      initializer: not used.
      num_proj: the size of the output; that of the memory if None.
      proj_clip: bounds the magnitude of the output.
      num_unit_shards: in how many variables the kernel is stored.
      num_proj_shards: likewise, the projection.
      forget_bias: added to the forget gates.
      state_is_tuple: whether the state is a tuple, not both parts joined.
      activation: of the candidates and of the memory.
      reuse: whether to reuse variables.
      layer_norm: whether to normalise.
      norm_gain: the first value of the gains.
      norm_shift: the first value of the shifts.
    """

    def __init__(
        self,
        num_units: int,
        use_peepholes: bool = False,
        initializer: Any = None,
        num_proj: int | None = None,
        proj_clip: float | None = None,
        num_unit_shards: int = 1,
        num_proj_shards: int = 1,
        forget_bias: float = 1.0,
        state_is_tuple: bool = True,
        activation: Callable[..., Any] = tanh,
        reuse: bool | None = None,
        layer_norm: bool = False,
        norm_gain: float = 1.0,
        norm_shift: float = 0.0,
    ) -> None:
        super().__init__(_reuse=reuse)
        if not state_is_tuple:
            warn_of_joined_state(self)
        self._num_units = num_units
        self._use_peepholes = use_peepholes
        self._num_proj = num_proj
        self._proj_clip = proj_clip
        self._shards = (num_unit_shards, num_proj_shards)
        self._forget_bias = forget_bias
        self._state_is_tuple = state_is_tuple
        self._activation = activation
        self._layer_norm = layer_norm
        self._norm_gain = norm_gain
        self._norm_shift = norm_shift

    @property
    def state_size(self) -> Any:
        """The sizes of the memory and of the output, or their sum."""
        sizes = super().state_size
        return sizes if self._state_is_tuple else sum(sizes)

    def _normalized(self, values: Tensor, scope: str) -> Tensor:
        if not self._layer_norm:
            return values
        return layer_normalized(values, scope, self._norm_gain, self._norm_shift)

    def call(self, inputs: Any, state: Any) -> Any:  # type: ignore[override]
        """Return the output and the next state.

        Raises:
          ValueError: the depth of the inputs is not known.
        """
        units = self._num_units
        width = units if self._num_proj is None else self._num_proj
        if self._state_is_tuple:
            memory, before = state
        else:
            memory = slice_of(state, [0, 0], [-1, units])
            before = slice_of(state, [0, units], [-1, width])
        dtype, depth = inputs.dtype, inputs.get_shape().with_rank(2)[1].value
        if depth is None:
            raise ValueError("Could not infer input size from inputs.get_shape()[-1]")
        kernel = sharded_variable("W", [depth + width, 3 * units], dtype, self._shards[0])
        bias = get_variable("B", shape=[3 * units], initializer=Zeros(), dtype=dtype)
        gates = matmul(concat([inputs, before], 1), kernel)
        if not self._layer_norm:
            gates = bias_add(gates, bias)
        j, f, o = split(value=gates, num_or_size_splits=3, axis=1)
        j, f = self._normalized(j, "transform"), self._normalized(f, "forget")
        o = self._normalized(o, "output")
        forget = f + self._forget_bias
        if self._use_peepholes:
            forget_diagonal = get_variable("W_F_diag", shape=[units], dtype=dtype)
            output_diagonal = get_variable("W_O_diag", shape=[units], dtype=dtype)
            forget = forget + forget_diagonal * memory
        kept = sigmoid(forget)
        memory = kept * memory + (1 - kept) * self._activation(j)
        memory = self._normalized(memory, "state")
        gate = o + output_diagonal * memory if self._use_peepholes else o
        output = sigmoid(gate) * self._activation(memory)
        if self._num_proj is not None:
            output = self._projected(output, dtype)
        if self._state_is_tuple:
            return output, LSTMStateTuple(memory, output)
        return output, concat([memory, output], 1)

    def _projected(self, output: Tensor, dtype: Any) -> Tensor:
        shape = [self._num_units, int(self._num_proj or 0)]
        output = matmul(output, sharded_variable("W_P", shape, dtype, self._shards[1]))
        if self._proj_clip is None:
            return output
        return clip_by_value(output, -self._proj_clip, self._proj_clip)


class TimeFreqLSTMCell(RNNCell):
    """An LSTM that goes along the frequencies of a step as well.

    Args:
      num_units: the size of the memory for each band of frequencies.
      use_peepholes: whether the gates see the memory.
      cell_clip: bounds the magnitude of the memory.
      initializer: not used.
      num_unit_shards: in how many variables the kernel is stored.
      forget_bias: added to the forget gates.
      feature_size: the size of a band.
      frequency_skip: how far bands are apart.
      reuse: whether to reuse variables.
    """

    def __init__(
        self,
        num_units: int,
        use_peepholes: bool = False,
        cell_clip: float | None = None,
        initializer: Any = None,
        num_unit_shards: int = 1,
        forget_bias: float = 1.0,
        feature_size: int | None = None,
        frequency_skip: int = 1,
        reuse: bool | None = None,
    ) -> None:
        super().__init__(_reuse=reuse)
        self._num_units = num_units
        self._use_peepholes = use_peepholes
        self._cell_clip = cell_clip
        self._num_unit_shards = num_unit_shards
        self._forget_bias = forget_bias
        self._feature_size = feature_size
        self._frequency_skip = frequency_skip

    @property
    def output_size(self) -> int:
        """The number of units."""
        return self._num_units

    @property
    def state_size(self) -> int:
        """The size of memory and output of one band."""
        return 2 * self._num_units

    def call(self, inputs: Any, state: Any) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        """Return the outputs and the next states of all bands, joined."""
        bands, units, dtype = self._bands(inputs), self._num_units, inputs.dtype
        depth = bands[0].get_shape().as_list()[1]
        shape = [int(depth or 0) + 2 * units, 4 * units]
        kernel = sharded_variable("W", shape, dtype, self._num_unit_shards)
        bias = get_variable("B", shape=[4 * units], initializer=Zeros(), dtype=dtype)
        peepholes: list[Any] = [0.0, 0.0, 0.0]
        if self._use_peepholes:
            names = ("W_F_diag", "W_I_diag", "W_O_diag")
            peepholes = [get_variable(name, shape=[units], dtype=dtype) for name in names]
        batch = inputs.get_shape()[0].value
        below = zeros([shape_of(inputs)[0] if batch is None else batch, units], dtype)
        outputs, states = [], []
        for number, band in enumerate(bands):
            memory = slice_of(state, [0, 2 * number * units], [-1, units])
            before = slice_of(state, [0, (2 * number + 1) * units], [-1, units])
            joined = concat([band, before, below], 1)
            gates = bias_add(matmul(joined, kernel), bias)
            i, j, f, o = split(value=gates, num_or_size_splits=4, axis=1)
            f = f + self._forget_bias
            if self._use_peepholes:
                f, i = f + peepholes[0] * memory, i + peepholes[1] * memory
            memory = sigmoid(f) * memory + sigmoid(i) * tanh(j)
            if self._cell_clip is not None:
                memory = clip_by_value(memory, -self._cell_clip, self._cell_clip)
            gate = o + peepholes[2] * memory if self._use_peepholes else o
            below = sigmoid(gate) * tanh(memory)
            outputs.append(below)
            states += [memory, below]
        joined_outputs = outputs[0] if len(outputs) == 1 else concat(outputs, 1)
        return joined_outputs, concat(states, 1)

    def _bands(self, inputs: Any) -> list[Tensor]:
        depth = inputs.get_shape().with_rank(2)[-1].value
        if depth is None:
            raise ValueError("Cannot infer input_size from static shape inference.")
        size = int(self._feature_size or 0)
        count = int((depth - size) / self._frequency_skip) + 1
        return [
            slice_of(inputs, [0, number * self._frequency_skip], [-1, size])
            for number in range(count)
        ]


class IntersectionRNNCell(UnitSizes, RNNCell):
    """The +RNN, which passes on in depth as in time (https://arxiv.org/abs/1611.09913).

    Args:
      num_units: the size of the state.
      num_in_proj: whether inputs of another size are projected.
      initializer: of the kernels.
      forget_bias: added to the gates.
      y_activation: of the candidates of the output.
      reuse: whether to reuse variables.
    """

    def __init__(
        self,
        num_units: int,
        num_in_proj: int | None = None,
        initializer: Any = None,
        forget_bias: float = 1.0,
        y_activation: Callable[..., Any] = relu,
        reuse: bool | None = None,
    ) -> None:
        super().__init__(_reuse=reuse)
        self._num_units = num_units
        self._num_input_proj = num_in_proj
        self._initializer = initializer
        self._forget_bias = forget_bias
        self._y_activation = y_activation
        self._projection: Linear | None = None
        self._gates: Linear | None = None

    def call(self, inputs: Any, state: Any) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        """Return the output and the next state.

        Raises:
          ValueError: the size of the inputs is not known, or is not that of the state.
        """
        depth, units = inputs.get_shape().with_rank(2)[1].value, self._num_units
        if depth is None:
            raise ValueError("Could not infer input size from inputs.get_shape()[-1]")
        with variable_scope(get_variable_scope(), initializer=self._initializer):
            if depth != units:
                inputs = self._projected(inputs)
            joined = concat([inputs, state], 1)
            if self._gates is None:
                self._gates = Linear(joined, 4 * units, True)
            values = self._gates(joined)
            parts = [values[:, i * units : (i + 1) * units] for i in range(4)]
            candidate, output = tanh(parts[1]), self._y_activation(parts[3])
            in_time = sigmoid(parts[0] + self._forget_bias)
            in_depth = sigmoid(parts[2] + self._forget_bias)
            following = in_time * state + (1.0 - in_time) * candidate
            result = in_depth * inputs + (1.0 - in_depth) * output
        return result, following

    def _projected(self, inputs: Any) -> Tensor:
        if not self._num_input_proj:
            raise ValueError(
                "Must have input size == output size for Intersection RNN. To fix, num_in_proj "
                "should be set to num_units at cell init."
            )
        with variable_scope("in_projection"):
            if self._projection is None:
                self._projection = Linear(inputs, self._num_units, True)
            return self._projection(inputs)


class PhasedLSTMCell(MemorySizes, RNNCell):
    """An LSTM whose units open at times of their own (https://arxiv.org/abs/1610.09513).

    Its inputs are (time, features): [batch, 1] and [batch, depth].

    Args:
      num_units: the size of the memory.
      use_peepholes: whether the gates see the memory.
      leak: how much a closed unit lets through.
      ratio_on: which share of its period a unit is open.
      trainable_ratio_on: whether that is learnt.
      period_init_min: the shortest period at first.
      period_init_max: the longest.
      reuse: whether to reuse variables.
    """

    def __init__(
        self,
        num_units: int,
        use_peepholes: bool = False,
        leak: float = 0.001,
        ratio_on: float = 0.1,
        trainable_ratio_on: bool = True,
        period_init_min: float = 1.0,
        period_init_max: float = 1000.0,
        reuse: bool | None = None,
    ) -> None:
        super().__init__(_reuse=reuse)
        self._num_units = num_units
        self._use_peepholes = use_peepholes
        self._leak = leak
        self._ratio_on = ratio_on
        self._trainable_ratio_on = trainable_ratio_on
        self._period_range = (period_init_min, period_init_max)
        self._linear: dict[str, Linear] = {}

    def _mapped(self, scope: str, parts: list[Any], size: int) -> Tensor:
        with variable_scope(scope):
            if scope not in self._linear:
                self._linear[scope] = Linear(parts, size, True)
            return self._linear[scope](parts)

    def _cycle_ratio(self, time: Tensor, phase: Any, period: Any) -> Tensor:
        """Return where in its period each unit is, as a share."""
        shifted = time - cast(phase, time.dtype)
        length = cast(period, time.dtype)
        # The gradient is that of the time itself.
        place = stop_gradient(mod(shifted, length) - shifted) + shifted
        return cast(place / length, dtypes.float32)

    def call(self, inputs: Any, state: Any) -> tuple[Tensor, LSTMStateTuple]:  # type: ignore[override]
        """Return the output and the next state."""
        memory, before = state
        time, features = inputs
        units = self._num_units
        seen = [features, before, *([memory] if self._use_peepholes else [])]
        gates = sigmoid(self._mapped("mask_gates", seen, 2 * units))
        take, keep = split(axis=1, num_or_size_splits=2, value=gates)
        candidate = tanh(self._mapped("new_input", [features, before], units))
        new_memory = memory * keep + take * candidate
        seen = [features, before, *([new_memory] if self._use_peepholes else [])]
        output = tanh(new_memory) * sigmoid(self._mapped("output_gate", seen, units))
        period = get_variable("period", [units], initializer=_log_uniform(*self._period_range))
        phase = get_variable("phase", [units], initializer=RandomUniform(0.0, period.initial_value))
        ratio_on = get_variable(
            "ratio_on",
            [units],
            initializer=Constant(self._ratio_on),
            trainable=self._trainable_ratio_on,
        )
        ratio = self._cycle_ratio(time, phase, period)
        rising = 2 * ratio / ratio_on
        openness = where(less(ratio, ratio_on), 2 - rising, self._leak * ratio)
        openness = where(less(ratio, 0.5 * ratio_on), rising, openness)
        new_memory = openness * new_memory + (1 - openness) * memory
        output = openness * output + (1 - openness) * before
        return output, LSTMStateTuple(new_memory, output)


def _log_uniform(low: float, high: float) -> Callable[..., Tensor]:
    """Return an initializer of numbers whose logarithms are uniform."""

    def initialize(shape: Any, dtype: Any = dtypes.float32, partition_info: Any = None) -> Tensor:
        return exp(random_uniform(shape, log(low), log(high), dtype))

    return initialize


class GLSTMCell(MemorySizes, RNNCell):
    """An LSTM of groups that do not see each other (https://arxiv.org/abs/1703.10722).

    Args:
      num_units: the size of the memory.
      initializer: of the kernels.
      num_proj: the size of the output; that of the memory if None.
      number_of_groups: how many groups there are.
      forget_bias: added to the forget gates.
      activation: of the memory.
      reuse: whether to reuse variables.

    Raises:
      ValueError: a size cannot be divided among the groups.
    """

    def __init__(
        self,
        num_units: int,
        initializer: Any = None,
        num_proj: int | None = None,
        number_of_groups: int = 1,
        forget_bias: float = 1.0,
        activation: Callable[..., Any] = tanh,
        reuse: bool | None = None,
    ) -> None:
        super().__init__(_reuse=reuse)
        if num_units % number_of_groups:
            raise ValueError("num_units must be divisible by number_of_groups")
        if num_proj and num_proj % number_of_groups:
            raise ValueError("num_proj must be divisible by number_of_groups")
        self._num_units = num_units
        self._initializer = initializer
        self._num_proj = num_proj
        self._number_of_groups = number_of_groups
        self._forget_bias = forget_bias
        self._activation = activation
        self._linear: dict[str, Linear] = {}

    def _mapped(self, scope: str, values: Tensor, size: int) -> Tensor:
        with variable_scope(scope):
            if scope not in self._linear:
                self._linear[scope] = Linear(values, size, False)
            return self._linear[scope](values)

    def call(self, inputs: Any, state: Any) -> tuple[Tensor, LSTMStateTuple]:  # type: ignore[override]
        """Return the output and the next state.

        Raises:
          ValueError: the size of the inputs is not known, or cannot be divided.
        """
        memory, before = state
        groups, units = self._number_of_groups, self._num_units
        depth = inputs.get_shape()[1].value
        if depth is None:
            raise ValueError("input size must be statically known")
        if depth % groups:
            raise ValueError(
                f"input size ({depth}) must be divisible by number_of_groups ({groups})"
            )
        with variable_scope(get_variable_scope(), initializer=self._initializer):
            parts = []
            for number in range(groups):
                own = [
                    _of_group(values, number, size // groups)
                    for values, size in ((inputs, depth), (before, self.output_size))
                ]
                mapped = self._mapped(f"group{number}", concat(own, axis=1), 4 * (units // groups))
                parts.append(split(mapped, 4, 1))
            gates = []
            for letter, each in zip("ijfo", zip(*parts, strict=True), strict=True):
                bias = get_variable(
                    name=f"bias_{letter}",
                    shape=[units],
                    dtype=inputs.dtype,
                    initializer=Constant(0.0, dtype=inputs.dtype),
                )
                gates.append(bias_add(concat(list(each), axis=1), bias))
        i, j, f, o = gates
        memory = sigmoid(f + self._forget_bias) * memory + sigmoid(i) * tanh(j)
        output = sigmoid(o) * self._activation(memory)
        if self._num_proj is not None:
            output = self._mapped("projection", output, self._num_proj)
        return output, LSTMStateTuple(memory, output)


def _of_group(values: Any, number: int, size: int) -> Tensor:
    batch = values.get_shape()[0].value
    return slice_of(
        values,
        [0, number * size],
        [shape_of(values)[0] if batch is None else batch, size],
        name=f"GLSTM_group{number}_input_generation",
    )
