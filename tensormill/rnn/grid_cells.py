"""LSTM cells on a grid of times and frequencies.

Source: Li et al., "Exploring multidimensional LSTMs for large vocabulary ASR" (2016);
TensorFlow 1.15, contrib/rnn/python/ops/rnn_cell.py.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Sequence
from typing import Any, NamedTuple

from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.clipping import clip_by_value
from tensormill.ops.elementwise_unary import sigmoid, tanh
from tensormill.ops.filling import zeros
from tensormill.ops.joining import concat, split
from tensormill.ops.matrix_multiplication import matmul
from tensormill.ops.normalization import bias_add
from tensormill.ops.padding import pad
from tensormill.ops.slicing import slice as slice_of
from tensormill.rnn.cells import RNNCell
from tensormill.rnn.gated_cells import sharded_variable
from tensormill.rnn.lstm import warn_of_joined_state
from tensormill.variables.initializers import Zeros
from tensormill.variables.scope import variable_scope
from tensormill.variables.store import get_variable

__all__ = ["BidirectionalGridLSTMCell", "GridLSTMCell"]


class _Direction(NamedTuple):
    """The variables of the LSTM along the frequencies, or of that along time.

    Attributes:
      kernel: [depth, gates].
      bias: [gates].
      peepholes: by gate ("F", "I", "O") how it sees the memories along frequencies and time.
    """

    kernel: Any
    bias: Any
    peepholes: dict[str, tuple[Any, Any]]

    def seen(self, gate: str, values: Tensor, along_frequency: Tensor, along_time: Tensor) -> Any:
        """Return the values of a gate with what it sees of the memories added."""
        if gate not in self.peepholes:
            return values
        of_frequency, of_time = self.peepholes[gate]
        return values + of_frequency * along_frequency + of_time * along_time


def _tuple_type(name: str, fields: list[str]) -> Any:
    make: Any = namedtuple  # its names are known at run time alone
    return make(name, fields)


class GridLSTMCell(RNNCell):
    """Two LSTMs, along frequencies and along time, that see each other's states."""

    def __init__(
        self,
        num_units: int,
        use_peepholes: bool = False,
        share_time_frequency_weights: bool = False,
        cell_clip: float | None = None,
        initializer: Any = None,
        num_unit_shards: int = 1,
        forget_bias: float = 1.0,
        feature_size: int | None = None,
        frequency_skip: int | None = None,
        num_frequency_blocks: Sequence[int] | None = None,
        start_freqindex_list: Sequence[int] | None = None,
        end_freqindex_list: Sequence[int] | None = None,
        couple_input_forget_gates: bool = False,
        state_is_tuple: bool = True,
        reuse: bool | None = None,
    ) -> None:
        """Say how the cell is made.

        Args:
          num_units: the size of a memory.
          use_peepholes: whether the gates see the memories.
          share_time_frequency_weights: whether both LSTMs have the same variables.
          cell_clip: bounds the magnitude of the memories.
          initializer: not used.
          num_unit_shards: in how many variables a kernel is stored.
          forget_bias: added to the forget gates.
          feature_size: the size of a band of frequencies.
          frequency_skip: how far bands are apart.
          num_frequency_blocks: how many bands each part of the inputs has.
          start_freqindex_list: where each part begins; one part, all inputs, if None.
          end_freqindex_list: where each part ends.
          couple_input_forget_gates: whether a memory forgets as much as it takes in.
          state_is_tuple: whether the state is a tuple, not all parts joined.
          reuse: whether to reuse variables.

        Raises:
          ValueError: the numbers of bands are missing.
        """
        super().__init__(_reuse=reuse)
        if not state_is_tuple:
            warn_of_joined_state(self)
        if num_frequency_blocks is None:
            raise ValueError("Must specify num_frequency_blocks")
        self._num_units = num_units
        self._use_peepholes = use_peepholes
        self._is_shared = share_time_frequency_weights
        self._is_coupled = couple_input_forget_gates
        self._state_is_tuple = state_is_tuple
        self._cell_clip = cell_clip
        self._num_unit_shards = num_unit_shards
        self._forget_bias = forget_bias
        self._feature_size = int(feature_size or 0)
        self._frequency_skip = int(frequency_skip or 0)
        self._num_frequency_blocks = list(num_frequency_blocks)
        self._starts = start_freqindex_list
        self._ends = end_freqindex_list
        self._total_blocks = sum(int(count) for count in self._num_frequency_blocks)
        self._state_tuple_type: Any = (
            namedtuple("GridLSTMStateTuple", self._names_of_states("")) if state_is_tuple else None
        )

    def _names_of_states(self, prefix: str) -> list[str]:
        return [
            f"{prefix}state_f{band:02d}_b{part:02d}_{kind}"
            for part, count in enumerate(self._num_frequency_blocks)
            for band in range(count)
            for kind in "cm"
        ]

    @property
    def output_size(self) -> int:
        """The size of the outputs of both LSTMs for all bands, joined."""
        return 2 * self._num_units * self._total_blocks

    @property
    def state_size(self) -> Any:
        """The sizes of memory and output along time for each band."""
        if self._state_tuple_type is None:
            return 2 * self._num_units * self._total_blocks
        names = self._state_tuple_type._fields
        return self._state_tuple_type(*[self._num_units] * len(names))

    @property
    def state_tuple_type(self) -> Any:
        """The class of the states; None where they are joined."""
        return self._state_tuple_type

    def call(self, inputs: Any, state: Any) -> tuple[Tensor, Any]:  # type: ignore[override]
        """Return the outputs and the next states of all bands.

        Raises:
          ValueError: the size of the inputs is not known, or the bands do not fit it.
        """
        outputs: list[Tensor] = []
        states: list[Tensor] = []
        for part, bands in enumerate(self._bands(inputs)):
            made, following = self._along_bands(bands, part, state, _batch_of(inputs), "")
            outputs += made
            states += following
        if self._state_tuple_type is None:
            return concat(outputs, 1), concat(states, 1)
        return concat(outputs, 1), self._state_tuple_type(*states)

    def _direction(self, letter: str, part: int, depth: int, dtype: Any) -> _Direction:
        units, gates = self._num_units, 3 if self._is_coupled else 4
        kernel = sharded_variable(
            f"W_{letter}_{part}", [depth + 2 * units, gates * units], dtype, self._num_unit_shards
        )
        bias = get_variable(
            f"B_{letter}_{part}", shape=[gates * units], initializer=Zeros(), dtype=dtype
        )
        return _Direction(kernel, bias, {})

    def _peepholes(self, word: str, part: int, dtype: Any) -> dict[str, tuple[Any, Any]]:
        return {
            gate: tuple(
                get_variable(f"W_{gate}_diag_{word}{end}_{part}", [self._num_units], dtype=dtype)
                for end in "ft"
            )
            for gate in ("IO" if self._is_coupled else "FIO")
        }

    def _directions(self, part: int, depth: int, dtype: Any) -> tuple[_Direction, _Direction]:
        """Return the variables of the LSTMs along frequencies and along time."""
        frequency = self._direction("f", part, depth, dtype)
        time = frequency if self._is_shared else self._direction("t", part, depth, dtype)
        if self._use_peepholes:
            frequency = frequency._replace(peepholes=self._peepholes("freq", part, dtype))
            time = (
                frequency
                if self._is_shared
                else time._replace(peepholes=self._peepholes("time", part, dtype))
            )
        return frequency, time

    def _state_of(self, state: Any, band: int, part: int, prefix: str) -> tuple[Tensor, Tensor]:
        """Return memory and output along time of a band."""
        if self._state_is_tuple:
            name = f"{prefix}state_f{band:02d}_b{part:02d}"
            return getattr(state, name + "_c"), getattr(state, name + "_m")
        units = self._num_units
        return (
            slice_of(state, [0, 2 * band * units], [-1, units]),
            slice_of(state, [0, (2 * band + 1) * units], [-1, units]),
        )

    def _along_bands(
        self, bands: list[Tensor], part: int, state: Any, batch: Any, prefix: str
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Return the outputs and the next states of the bands of one part of the inputs."""
        depth, dtype = int(bands[0].get_shape().as_list()[1] or 0), bands[0].dtype
        frequency, time = self._directions(part, depth, dtype)
        before = zeros([batch, self._num_units], dtype)
        memory_before = zeros([batch, self._num_units], dtype)
        outputs: list[Tensor] = []
        states: list[Tensor] = []
        for number, band in enumerate(bands):
            memory_then, then = self._state_of(state, number, part, prefix)
            joined = concat([band, then, before], 1)
            seen = memory_before, memory_then
            memory_before, open_frequency = self._memory(frequency, joined, seen, memory_before)
            memory_now, open_time = self._memory(time, joined, seen, memory_then)
            seen = memory_before, memory_now
            before = sigmoid(frequency.seen("O", open_frequency, *seen)) * tanh(memory_before)
            now = sigmoid(time.seen("O", open_time, *seen)) * tanh(memory_now)
            outputs += [now, before]
            states += [memory_now, now]
        return outputs, states

    def _memory(
        self, direction: _Direction, joined: Tensor, seen: tuple[Tensor, Tensor], memory: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return the next memory of one LSTM, and the values of its output gate."""
        gates = bias_add(matmul(joined, direction.kernel), direction.bias)
        if self._is_coupled:
            i, j, o = split(value=gates, num_or_size_splits=3, axis=1)
            taken = sigmoid(direction.seen("I", i, *seen))
            kept = 1.0 - taken
        else:
            i, j, f, o = split(value=gates, num_or_size_splits=4, axis=1)
            taken = sigmoid(direction.seen("I", i, *seen))
            kept = sigmoid(direction.seen("F", f + self._forget_bias, *seen))
        following = kept * memory + taken * tanh(j)
        if self._cell_clip is not None:
            following = clip_by_value(following, -self._cell_clip, self._cell_clip)
        return following, o

    def _bands(self, inputs: Any, offset: int = 0) -> list[list[Tensor]]:
        """Return the bands of each part of the inputs, moved by `offset` frequencies."""
        size = inputs.get_shape().with_rank(2)[-1].value
        if size is None:
            raise ValueError("Cannot infer input_size from static shape inference.")
        if offset > 0:
            inputs = pad(inputs, [[0, 0], [0, offset]])
        elif offset < 0:
            inputs, offset = pad(inputs, [[0, 0], [-offset, 0]]), 0
        starts, ends = self._starts, self._ends
        if not starts:
            if len(self._num_frequency_blocks) != 1:
                raise ValueError(
                    "Length of num_frequency_blocks is not 1, but instead is "
                    f"{len(self._num_frequency_blocks)}"
                )
            starts, ends = [0], [size]
        elif len(starts) != len(ends or ()):
            raise ValueError(
                "Length of start and end freqindex_list does not match %d %d",
                len(starts),
                len(ends or ()),
            )
        elif len(self._num_frequency_blocks) != len(starts):
            raise ValueError(
                "Length of num_frequency_blocks is not equal to start_freqindex_list %d %d",
                len(self._num_frequency_blocks),
                len(starts),
            )
        return [
            self._bands_between(inputs, start, end, offset, wanted)
            for start, end, wanted in zip(
                starts, ends or (), self._num_frequency_blocks, strict=True
            )
        ]

    def _bands_between(
        self, inputs: Any, start: int, end: int, offset: int, wanted: int
    ) -> list[Tensor]:
        count = int((end - start - self._feature_size) / self._frequency_skip) + 1
        if count != wanted:
            raise ValueError(
                f"Invalid num_frequency_blocks, requires {wanted} but gets {count}, please check "
                "the input size and filter config are correct."
            )
        return [
            slice_of(
                inputs, [0, start + offset + band * self._frequency_skip], [-1, self._feature_size]
            )
            for band in range(count)
        ]


def _batch_of(inputs: Any) -> Any:
    return inputs.get_shape()[0].value or shape_of(inputs)[0]


class BidirectionalGridLSTMCell(GridLSTMCell):
    """A `GridLSTMCell` that goes along the frequencies upwards and downwards."""

    def __init__(
        self,
        num_units: int,
        use_peepholes: bool = False,
        share_time_frequency_weights: bool = False,
        cell_clip: float | None = None,
        initializer: Any = None,
        num_unit_shards: int = 1,
        forget_bias: float = 1.0,
        feature_size: int | None = None,
        frequency_skip: int | None = None,
        num_frequency_blocks: Sequence[int] | None = None,
        start_freqindex_list: Sequence[int] | None = None,
        end_freqindex_list: Sequence[int] | None = None,
        couple_input_forget_gates: bool = False,
        backward_slice_offset: int = 0,
        reuse: bool | None = None,
    ) -> None:
        """Say how the cell is made; `backward_slice_offset` moves the bands of the way down.

        The other arguments are those of `GridLSTMCell`.
        """
        super().__init__(
            num_units, use_peepholes, share_time_frequency_weights, cell_clip, initializer,
            num_unit_shards, forget_bias, feature_size, frequency_skip, num_frequency_blocks,
            start_freqindex_list, end_freqindex_list, couple_input_forget_gates, True, reuse,
        )  # fmt: skip
        self._backward_slice_offset = int(backward_slice_offset)
        self._state_tuple_type = _tuple_type(
            "BidirectionalGridLSTMStateTuple",
            [*self._names_of_states("fwd_"), *self._names_of_states("bwd_")],
        )

    @property
    def output_size(self) -> int:
        """The size of the outputs of both ways, joined."""
        return 2 * super().output_size

    def call(self, inputs: Any, state: Any) -> tuple[Tensor, Any]:  # type: ignore[override]
        """Return the outputs and the next states of both ways.

        Raises:
          ValueError: the size of the inputs is not known, or the bands do not fit it.
        """
        upwards = self._bands(inputs)
        moved = self._backward_slice_offset
        downwards = [bands[::-1] for bands in (self._bands(inputs, moved) if moved else upwards)]
        outputs: list[Tensor] = []
        states: list[Tensor] = []
        for way, parts in (("fwd", upwards), ("bwd", downwards)):
            with variable_scope(way):
                for part, bands in enumerate(parts):
                    made, following = self._along_bands(
                        bands, part, state, _batch_of(inputs), f"{way}_"
                    )
                    outputs += made
                    states += following
        return concat(outputs, 1), self._state_tuple_type(*states)
