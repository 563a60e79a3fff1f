"""Cells around other cells that map their inputs or outputs.

Source: TensorFlow 1.15, contrib/rnn/python/ops/core_rnn_cell.py and rnn_cell.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from tensormill.graph import nest
from tensormill.graph.default_scopes import device, name_scope
from tensormill.graph.tensor import Tensor
from tensormill.ops.activations import softmax
from tensormill.ops.array_shapes import expand_dims, reshape
from tensormill.ops.convolution import conv2d
from tensormill.ops.elementwise_unary import sigmoid, tanh
from tensormill.ops.embedding import embedding_lookup
from tensormill.ops.joining import concat
from tensormill.ops.reduction import reduce_sum
from tensormill.ops.slicing import slice as slice_of
from tensormill.ops.statistics import xw_plus_b
from tensormill.rnn.cells import RNNCell, assert_like_cell
from tensormill.rnn.linear import linear
from tensormill.variables.initializers import Constant, RandomUniform
from tensormill.variables.scope import get_variable_scope, variable_scope
from tensormill.variables.store import get_variable

__all__ = [
    "AttentionCellWrapper",
    "EmbeddingWrapper",
    "HighwayWrapper",
    "InputProjectionWrapper",
    "OutputProjectionWrapper",
]


class _Wrapper(RNNCell):
    """A cell that keeps the state of the one inside."""

    def __init__(self, cell: Any, reuse: bool | None = None) -> None:
        super().__init__(_reuse=reuse)
        assert_like_cell("cell", cell)
        self._cell = cell

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


class EmbeddingWrapper(_Wrapper):
    """Looks the inputs of a cell up in a table.

    Args:
      cell: the cell inside.
      embedding_classes: the number of rows of the table.
      embedding_size: the size of a row.
      initializer: of the table; by default that of the variable scope, or uniform numbers.
      reuse: whether to reuse variables.

    Raises:
      ValueError: a size is not positive.
    """

    def __init__(
        self,
        cell: Any,
        embedding_classes: int,
        embedding_size: int,
        initializer: Any = None,
        reuse: bool | None = None,
    ) -> None:
        super().__init__(cell, reuse)
        if embedding_classes <= 0 or embedding_size <= 0:
            raise ValueError(
                "Both embedding_classes and embedding_size must be > 0: "
                f"{embedding_classes}, {embedding_size}."
            )
        self._embedding_classes = embedding_classes
        self._embedding_size = embedding_size
        self._initializer = initializer

    def call(self, inputs: Any, state: Any) -> Any:  # type: ignore[override]
        """Return the output and the next state of the cell inside."""
        with device("/cpu:0"):
            scale = math.sqrt(3)
            initializer = (
                self._initializer
                or get_variable_scope().initializer
                or RandomUniform(-scale, scale)
            )
            first = state[0] if isinstance(state, tuple) else state
            table = get_variable(
                "embedding",
                [self._embedding_classes, self._embedding_size],
                initializer=initializer,
                dtype=first.dtype,
            )
            rows = embedding_lookup(table, reshape(inputs, [-1]))
            return self._cell(rows, state)


class InputProjectionWrapper(_Wrapper):
    """Maps the inputs of a cell linearly.

    Args:
      cell: the cell inside.
      num_proj: the size that the inputs get.
      activation: applied to what comes out of the map.
      input_size: not used.
      reuse: whether to reuse variables.
    """

    def __init__(
        self,
        cell: Any,
        num_proj: int,
        activation: Callable[..., Any] | None = None,
        input_size: Any = None,
        reuse: bool | None = None,
    ) -> None:
        super().__init__(cell, reuse)
        self._num_proj = num_proj
        self._activation = activation

    def call(self, inputs: Any, state: Any) -> Any:  # type: ignore[override]
        """Return the output and the next state of the cell inside."""
        projected = linear(inputs, self._num_proj, True)
        if self._activation:
            projected = self._activation(projected)
        return self._cell(projected, state)


class OutputProjectionWrapper(_Wrapper):
    """Maps the outputs of a cell linearly.

    Args:
      cell: the cell inside.
      output_size: the size that the outputs get.
      activation: applied to what comes out of the map.
      reuse: whether to reuse variables.

    Raises:
      ValueError: the size is not positive.
    """

    def __init__(
        self,
        cell: Any,
        output_size: int,
        activation: Callable[..., Any] | None = None,
        reuse: bool | None = None,
    ) -> None:
        super().__init__(cell, reuse)
        if output_size < 1:
            raise ValueError(f"Parameter output_size must be > 0: {output_size}.")
        self._output_size = output_size
        self._activation = activation

    @property
    def output_size(self) -> int:
        """The size of the mapped output."""
        return self._output_size

    def call(self, inputs: Any, state: Any) -> Any:  # type: ignore[override]
        """Return the mapped output and the next state of the cell inside."""
        output, following = self._cell(inputs, state)
        projected = linear(output, self._output_size, True)
        if self._activation:
            projected = self._activation(projected)
        return projected, following


class HighwayWrapper(_Wrapper):
    """Mixes the inputs of a cell into its outputs, by gates (https://arxiv.org/abs/1505.00387).

    Args:
      cell: the cell inside.
      couple_carry_transform_gates: whether the two gates of an entry add up to one.
      carry_bias_init: the first value of the bias of the carry gates.
    """

    def __init__(
        self, cell: Any, couple_carry_transform_gates: bool = True, carry_bias_init: float = 1.0
    ) -> None:
        super().__init__(cell)
        self._couple = couple_carry_transform_gates
        self._carry_bias_init = carry_bias_init

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:
        """Make the nodes of one step.

        Raises:
          ValueError: inputs and outputs have not the same shapes.
        """
        outputs, following = self._cell(inputs, state, scope=scope)
        nest.assert_same_structure(inputs, outputs)
        for given, made in zip(nest.flatten(inputs), nest.flatten(outputs), strict=True):
            given.get_shape().assert_is_compatible_with(made.get_shape())
        return nest.map_structure(self._mixed, inputs, outputs), following

    def _gate(self, inputs: Tensor, name: str, bias: float) -> Tensor:
        size = inputs.get_shape().with_rank(2)[1].value
        weight = get_variable(f"{name}_w", [size, size])
        offset = get_variable(f"{name}_b", [size], initializer=Constant(bias))
        return sigmoid(xw_plus_b(inputs, weight, offset))

    def _mixed(self, inputs: Tensor, outputs: Tensor) -> Tensor:
        carry = self._gate(inputs, "carry", self._carry_bias_init)
        if self._couple:
            transform = 1 - carry
        else:
            transform = self._gate(inputs, "transform", -self._carry_bias_init)
        return inputs * carry + outputs * transform


class AttentionCellWrapper(RNNCell):
    """Lets a cell look at its last outputs (https://arxiv.org/abs/1601.06733).

    Args:
      cell: the cell inside.
      attn_length: how many outputs are kept.
      attn_size: their size; that of the cell's output by default.
      attn_vec_size: the size of the vectors that are compared; likewise.
      input_size: the size of the joined input; that of the input by default.
      state_is_tuple: whether the state is a tuple, not all parts joined.
      reuse: whether to reuse variables.

    Raises:
      TypeError: `cell` is not like a cell.
      ValueError: a state that is a tuple is to be joined, or `attn_length` is not positive.
    """

    def __init__(
        self,
        cell: Any,
        attn_length: int,
        attn_size: int | None = None,
        attn_vec_size: int | None = None,
        input_size: int | None = None,
        state_is_tuple: bool = True,
        reuse: bool | None = None,
    ) -> None:
        super().__init__(_reuse=reuse)
        assert_like_cell("cell", cell)
        if nest.is_nested(cell.state_size) and not state_is_tuple:
            raise ValueError(
                "Cell returns tuple of states, but the flag state_is_tuple is not set. State size "
                f"is: {cell.state_size}"
            )
        if attn_length <= 0:
            raise ValueError(f"attn_length should be greater than zero, got {attn_length}")
        self._state_is_tuple = state_is_tuple
        self._cell = cell
        self._attn_size = cell.output_size if attn_size is None else attn_size
        self._attn_vec_size = cell.output_size if attn_vec_size is None else attn_vec_size
        self._attn_length = attn_length
        self._input_size = input_size

    @property
    def state_size(self) -> Any:
        """The sizes of the cell's state, of the attention, and of all outputs that are kept."""
        kept = self._attn_size * self._attn_length
        sizes = (self._cell.state_size, self._attn_size, kept)
        return sizes if self._state_is_tuple else sum(sizes)

    @property
    def output_size(self) -> int:
        """The size of the outputs that are kept."""
        return self._attn_size

    def call(self, inputs: Any, state: Any) -> Any:  # type: ignore[override]
        """Return the output and the next state."""
        if self._state_is_tuple:
            state, attention, kept = state
        else:
            joined, size = state, self._cell.state_size
            length = self._attn_size * self._attn_length
            state = slice_of(joined, [0, 0], [-1, size])
            attention = slice_of(joined, [0, size], [-1, self._attn_size])
            kept = slice_of(joined, [0, size + self._attn_size], [-1, length])
        kept = reshape(kept, [-1, self._attn_length, self._attn_size])
        size = self._input_size or inputs.get_shape().as_list()[1]
        inputs = linear([inputs, attention], size, True)
        output, following = self._cell(inputs, state)
        query = following
        if self._state_is_tuple:
            flat = nest.flatten(following)
            query = concat(flat, 1) if len(flat) > 1 else flat[0]
        attention, kept = self._attend(query, kept)
        with variable_scope("attn_output_projection"):
            result = linear([output, attention], self._attn_size, True)
        kept = concat([kept, expand_dims(result, 1)], 1)
        kept = reshape(kept, [-1, self._attn_length * self._attn_size])
        after = (following, attention, kept)
        return result, after if self._state_is_tuple else concat(list(after), 1)

    def _attend(self, query: Tensor, kept: Tensor) -> tuple[Tensor, Tensor]:
        """Return the attention, and the outputs that are kept without the oldest one."""
        size, length, vector = self._attn_size, self._attn_length, self._attn_vec_size
        with variable_scope("attention"):
            key = get_variable("attn_w", [1, 1, size, vector])
            weights = get_variable("attn_v", [vector])
            hidden = reshape(kept, [-1, length, 1, size])
            features = conv2d(hidden, key, [1, 1, 1, 1], "SAME")
            compared = reshape(linear(query, vector, True), [-1, 1, 1, vector])
            scores = reduce_sum(weights * tanh(features + compared), [2, 3])
            shares = reshape(softmax(scores), [-1, length, 1, 1])
            attention = reshape(reduce_sum(shares * hidden, [1, 2]), [-1, size])
            return attention, slice_of(kept, [0, 1, 0], [-1, -1, -1])
