"""Cells whose step is one op, and an LSTM whose whole sequence is one.

Source: TensorFlow 1.15, contrib/rnn/python/ops/lstm_ops.py and gru_ops.py.
"""

from __future__ import annotations

import abc
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.tensor import Tensor
from tensormill.layers.base import InputSpec, Layer
from tensormill.ops.array_shapes import expand_dims
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.casting import cast
from tensormill.ops.filling import zeros
from tensormill.ops.gathering import gather_nd
from tensormill.ops.grids import sequence_mask
from tensormill.ops.joining import concat, stack, tile, unstack
from tensormill.ops.recurrent_blocks import block_lstm_op, gru_block_cell_op, lstm_block_cell_op
from tensormill.ops.reduction import reduce_max
from tensormill.ops.sequences import range_of
from tensormill.ops.transposition import transpose
from tensormill.rnn.cells import LayerRNNCell, UnitSizes, input_depth
from tensormill.rnn.lstm import LSTMStateTuple, MemorySizes
from tensormill.variables.initializers import Constant, Zeros

__all__ = [
    "GRUBlockCell",
    "GRUBlockCellV2",
    "LSTMBlockCell",
    "LSTMBlockFusedCell",
    "LSTMBlockWrapper",
]


def _peepholes(cell: Any, units: int) -> tuple[Any, Any, Any]:
    """Return the weights of the peepholes of a cell, zeros where it has none."""
    if cell._use_peephole:
        return cell._w_i_diag, cell._w_f_diag, cell._w_o_diag
    none = zeros([units], cell.dtype)
    return none, none, none


def _add_lstm_weights(cell: Any, depth: int, units: int) -> None:
    cell._kernel = cell.add_variable("kernel", [depth + units, units * 4])
    cell._bias = cell.add_variable("bias", [units * 4], initializer=Constant(0.0))
    if cell._use_peephole:
        for name in ("w_i_diag", "w_f_diag", "w_o_diag"):
            setattr(cell, "_" + name, cell.add_variable(name, [units]))


class LSTMBlockCell(MemorySizes, LayerRNNCell):
    """The LSTM cell as one op.

    Args:
      num_units: the size of the memory and of the output.
      forget_bias: added to the forget gates.
      cell_clip: the memory is clipped to [-cell_clip, cell_clip]; None for not at all.
      use_peephole: whether the gates see the memory.
      dtype: of the variables; by default that of the first input.
      reuse: whether to reuse variables.
      name: the name of the variable scope.
      **kwargs: of `Layer`.
    """

    def __init__(
        self,
        num_units: int,
        forget_bias: float = 1.0,
        cell_clip: float | None = None,
        use_peephole: bool = False,
        dtype: Any = None,
        reuse: bool | None = None,
        name: Any = "lstm_cell",
        **kwargs: Any,
    ) -> None:
        super().__init__(_reuse=reuse, dtype=dtype, name=name, **kwargs)
        self._num_units = num_units
        self._forget_bias = forget_bias
        self._use_peephole = use_peephole
        self._cell_clip = -1.0 if cell_clip is None else cell_clip
        self._kernel: Any = None
        self._bias: Any = None
        self.input_spec = InputSpec(ndim=2)

    def build(self, input_shape: Any) -> None:
        """Make the kernel, the bias, and the weights of the peepholes."""
        _add_lstm_weights(self, input_depth(input_shape), self._num_units)
        self.built = True

    def call(self, inputs: Any, state: Any) -> tuple[Tensor, LSTMStateTuple]:  # type: ignore[override]
        """Return the output and the next state.

        Raises:
          ValueError: the state has not two parts.
        """
        if len(state) != 2:
            raise ValueError("Expecting state to be a tuple with length 2.")
        peepholes = _peepholes(self, self._num_units)
        _, memory, _, _, _, _, output = lstm_block_cell_op(
            inputs,
            state[0],
            state[1],
            self._kernel,
            *peepholes,
            self._bias,
            forget_bias=self._forget_bias,
            cell_clip=self._cell_clip,
            use_peephole=self._use_peephole,
        )
        return output, LSTMStateTuple(memory, output)


class _GRUBlockCell(UnitSizes, LayerRNNCell):
    """The GRU cell as one op; subclasses name its variables."""

    _NAMES: tuple[str, str, str, str]

    def __init__(
        self,
        num_units: int | None = None,
        cell_size: int | None = None,
        reuse: bool | None = None,
        name: Any = "gru_cell",
        **kwargs: Any,
    ) -> None:
        super().__init__(_reuse=reuse, name=name, **kwargs)
        if (cell_size is None) == (num_units is None):
            raise ValueError("Exactly one of num_units or cell_size must be provided.")
        self._num_units = int((num_units if cell_size is None else cell_size) or 0)
        self.input_spec = InputSpec(ndim=2)

    def build(self, input_shape: Any) -> None:
        """Make the kernels and the biases."""
        units = self._num_units
        rows = input_depth(input_shape) + units
        gates, gate_bias, candidate, bias = self._NAMES
        self._gate_kernel = self.add_variable(gates, [rows, units * 2])
        self._gate_bias = self.add_variable(gate_bias, [units * 2], initializer=Constant(1.0))
        self._candidate_kernel = self.add_variable(candidate, [rows, units])
        self._candidate_bias = self.add_variable(bias, [units], initializer=Zeros())
        self.built = True

    def call(self, inputs: Any, state: Any) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        """Return the output, twice."""
        output = gru_block_cell_op(
            inputs,
            state,
            self._gate_kernel,
            self._candidate_kernel,
            self._gate_bias,
            self._candidate_bias,
        )[3]
        return output, output


class GRUBlockCell(_GRUBlockCell):
    """The GRU cell as one op, with its first names of variables.

    Args:
      num_units: the size of the state.
      cell_size: the older name of `num_units`.
      reuse: whether to reuse variables.
      name: the name of the variable scope.
      **kwargs: of `Layer`.

    Raises:
      ValueError: both sizes are given, or none.
    """

    _NAMES = ("w_ru", "b_ru", "w_c", "b_c")


class GRUBlockCellV2(_GRUBlockCell):
    """The GRU cell as one op, with variables named as those of `GRUCell`; see `GRUBlockCell`."""

    _NAMES = ("gates/kernel", "gates/bias", "candidate/kernel", "candidate/bias")


class LSTMBlockWrapper(Layer, metaclass=abc.ABCMeta):
    """The base of LSTMs over all steps at once: `cell(inputs, initial_state, dtype, lengths)`.

    Subclasses have `num_units`, and `_call_cell` that computes all steps.
    """

    @property
    @abc.abstractmethod
    def num_units(self) -> int:
        """The number of units."""

    @abc.abstractmethod
    def _call_cell(
        self,
        inputs: Tensor,
        initial_cell_state: Tensor,
        initial_output: Tensor,
        dtype: Any,
        sequence_length: Tensor | None,
    ) -> tuple[Tensor, Tensor]:
        """Return the memories and the outputs of all steps, [time, batch, units] each.

        Args:
          inputs: [time, batch, depth].
          initial_cell_state: [batch, units].
          initial_output: [batch, units].
          dtype: of the initial state.
          sequence_length: integers [batch], or None.
        """

    def call(  # type: ignore[override]
        self,
        inputs: Any,
        initial_state: Any = None,
        dtype: Any = None,
        sequence_length: Any = None,
    ) -> tuple[Any, LSTMStateTuple]:
        """Return the outputs [time, batch, units], a list for a list, and the last state.

        Args:
          inputs: [time, batch, depth], or a list of [batch, depth].
          initial_state: (memory, output), each [batch, units]; zeros by default.
          dtype: of the initial state; needed without one.
          sequence_length: integers [batch]; behind them outputs are zero.

        Raises:
          ValueError: neither `initial_state` nor `dtype` is given, or a shape is wrong.
        """
        is_list = isinstance(inputs, list)
        if is_list:
            inputs = stack(inputs)
        steps, rows = inputs.dims[0], inputs.dims[1]
        rows = shape_of(inputs)[1] if rows is None else rows
        steps = shape_of(inputs)[0] if steps is None else steps
        if initial_state is None:
            if dtype is None:
                raise ValueError("Either initial_state or dtype needs to be specified")
            nothing = zeros(stack([rows, self.num_units]), dtype=dtype)
            initial_state = (nothing, nothing)
        if len(initial_state) != 2:
            raise ValueError("Expecting initial_state to be a tuple with length 2 or None")
        first_memory, first_output = (convert_to_tensor(part) for part in initial_state)
        if sequence_length is not None:
            sequence_length = convert_to_tensor(sequence_length)
        memories, outputs = self._call_cell(
            inputs, first_memory, first_output, dtype or first_memory.dtype, sequence_length
        )
        if sequence_length is None:
            last_memory, last_output = memories[-1], outputs[-1]
        else:
            mask = transpose(sequence_mask(sequence_length, steps, outputs.dtype))
            outputs = outputs * tile(expand_dims(mask, [-1]), [1, 1, self.num_units])
            last_memory = _at_lengths(first_memory, memories, sequence_length)
            last_output = _at_lengths(first_output, outputs, sequence_length)
        state = LSTMStateTuple(last_memory, last_output)
        return (unstack(outputs) if is_list else outputs), state


class LSTMBlockFusedCell(LSTMBlockWrapper):
    """An LSTM over all steps as one op.

    Args:
      num_units: the size of the memory and of the output.
      forget_bias: added to the forget gates.
      cell_clip: the memory is clipped to [-cell_clip, cell_clip]; None for not at all.
      use_peephole: whether the gates see the memory.
      reuse: whether to reuse variables.
      dtype: of the variables; by default that of the first input.
      name: the name of the variable scope.
    """

    def __init__(
        self,
        num_units: int,
        forget_bias: float = 1.0,
        cell_clip: float | None = None,
        use_peephole: bool = False,
        reuse: bool | None = None,
        dtype: Any = None,
        name: Any = "lstm_fused_cell",
    ) -> None:
        super().__init__(_reuse=reuse, name=name, dtype=dtype)
        self._num_units = num_units
        self._forget_bias = forget_bias
        self._cell_clip = -1.0 if cell_clip is None else cell_clip
        self._kernel: Any = None
        self._bias: Any = None
        self._use_peephole = use_peephole
        self.input_spec = InputSpec(ndim=3)

    @property
    def num_units(self) -> int:
        """The number of units."""
        return self._num_units

    def build(self, input_shape: Any) -> None:
        """Make the kernel, the bias, and the weights of the peepholes."""
        _add_lstm_weights(self, input_depth(input_shape), self._num_units)
        self.built = True

    def _call_cell(
        self,
        inputs: Tensor,
        initial_cell_state: Tensor,
        initial_output: Tensor,
        dtype: Any,
        sequence_length: Tensor | None,
    ) -> tuple[Tensor, Tensor]:
        steps: Any = None if inputs.dims is None else inputs.dims[0]
        if sequence_length is not None:
            longest: Any = reduce_max(sequence_length)
        else:
            longest = shape_of(inputs)[0] if steps is None else steps
        _, memories, _, _, _, _, outputs = block_lstm_op(
            cast(longest, dtypes.int64),
            inputs,
            initial_cell_state,
            initial_output,
            self._kernel,
            *_peepholes(self, self._num_units),
            self._bias,
            forget_bias=self._forget_bias,
            cell_clip=self._cell_clip,
            use_peephole=self._use_peephole,
        )
        return memories, outputs


def _at_lengths(first: Tensor, rest: Tensor, lengths: Tensor) -> Tensor:
    """Return for each row the state after as many steps as its sequence has."""
    states = concat([expand_dims(first, [0]), rest], 0)
    rows = cast(range_of(0, shape_of(first)[0]), lengths.dtype)
    return gather_nd(states, stack([lengths, rows], axis=1))
