"""Attention: a cell that looks at a memory in each step.

Source: TensorFlow 1.15, contrib/seq2seq/python/ops/attention_wrapper.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from tensormill.graph import dtypes, nest
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import control_dependencies, name_scope
from tensormill.graph.shapes import TensorShape
from tensormill.graph.tensor import Tensor
from tensormill.layers.core import Dense
from tensormill.ops.array_shapes import expand_dims, squeeze
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.assertions import assert_equal
from tensormill.ops.filling import zeros
from tensormill.ops.identities import identity
from tensormill.ops.joining import concat
from tensormill.ops.matrix_multiplication import matmul
from tensormill.ops.tensor_array_class import TensorArray
from tensormill.rnn.cells import RNNCell, assert_like_cell
from tensormill.seq2seq.attention_scores import (
    bahdanau_score,
    luong_score,
    masked_score,
    prepare_memory,
    stateless,
)
from tensormill.variables.initializers import Constant, Ones, Zeros
from tensormill.variables.scope import variable_scope
from tensormill.variables.store import get_variable

__all__ = [
    "AttentionMechanism",
    "AttentionWrapper",
    "AttentionWrapperState",
    "BahdanauAttention",
    "LuongAttention",
    "compute_attention",
]


class AttentionMechanism:
    """The base of what says where in a memory to look.

    Args:
      query_layer: a layer on queries, or None.
      memory: [batch, time, depth].
      probability_fn: of scores and of the state before.
      memory_sequence_length: integers [batch]; what is behind does not count.
      memory_layer: a layer on the memory, or None.
      check_inner_dims_defined: whether the axes behind the time must have known sizes.
      score_mask_value: the score of what does not count; -inf by default.
      name: the name of the nodes.

    Raises:
      ValueError: a size is not known.
    """

    def __init__(
        self,
        query_layer: Any,
        memory: Any,
        probability_fn: Callable[..., Any],
        memory_sequence_length: Any = None,
        memory_layer: Any = None,
        check_inner_dims_defined: bool = True,
        score_mask_value: Any = None,
        name: str | None = None,
    ) -> None:
        self._query_layer = query_layer
        self._memory_layer = memory_layer
        self._given_probability_fn = probability_fn
        with name_scope(name, "BaseAttentionMechanismInit", nest.flatten(memory)):
            self._lengths: Any = None
            if memory_sequence_length is not None:
                self._lengths = convert_to_tensor(
                    memory_sequence_length, name="memory_sequence_length"
                )
            self._values = prepare_memory(memory, self._lengths, check_inner_dims_defined)
            self._keys = self._values if memory_layer is None else memory_layer(self._values)
            first = nest.flatten(self._keys)[0]
            self._batch_size = _rows_of(first)
            self._size = first.get_shape()[1].value or shape_of(first)[1]
            if score_mask_value is None:
                score_mask_value = -math.inf
            self._mask_value = score_mask_value

    def _probability_fn(self, score: Tensor, state: Any) -> Tensor:
        """Return alignments for scores; the state is that of the step before."""
        masked = masked_score(score, self._lengths, self._mask_value)
        result: Tensor = self._given_probability_fn(masked, state)
        return result

    @property
    def memory_layer(self) -> Any:
        """The layer on the memory."""
        return self._memory_layer

    @property
    def query_layer(self) -> Any:
        """The layer on queries."""
        return self._query_layer

    @property
    def values(self) -> Any:
        """The memory."""
        return self._values

    @property
    def keys(self) -> Any:
        """What queries are compared with."""
        return self._keys

    @property
    def batch_size(self) -> Any:
        """The number of memories."""
        return self._batch_size

    @property
    def alignments_size(self) -> Any:
        """The length of the memories."""
        return self._size

    @property
    def state_size(self) -> Any:
        """The size of the state: the length of the memories."""
        return self._size

    def initial_alignments(self, batch_size: Any, dtype: Any) -> Tensor:
        """Return alignments of zeros."""
        return zeros([batch_size, self._size], dtype=dtype)

    def initial_state(self, batch_size: Any, dtype: Any) -> Any:
        """Return the first state."""
        return self.initial_alignments(batch_size, dtype)

    def __call__(self, query: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Return alignments [batch, time] and the next state."""
        raise NotImplementedError


class LuongAttention(AttentionMechanism):
    """Scores are products of keys and queries (https://arxiv.org/abs/1508.04025).

    Args:
      num_units: the depth of the keys, which is that of the queries.
      memory: [batch, time, depth].
      memory_sequence_length: integers [batch].
      scale: whether scores are multiplied with a variable.
      probability_fn: of scores; the softmax by default.
      score_mask_value: the score of what does not count.
      dtype: of the variables.
      custom_key_value_fn: not used.
      name: the name of the nodes.
    """

    def __init__(
        self,
        num_units: int,
        memory: Any,
        memory_sequence_length: Any = None,
        scale: bool = False,
        probability_fn: Callable[..., Any] | None = None,
        score_mask_value: Any = None,
        dtype: Any = None,
        custom_key_value_fn: Any = None,
        name: str = "LuongAttention",
    ) -> None:
        layer = Dense(num_units, name="memory_layer", use_bias=False, dtype=dtype or dtypes.float32)
        super().__init__(
            None,
            memory,
            stateless(probability_fn),
            memory_sequence_length,
            layer,
            score_mask_value=score_mask_value,
            name=name,
        )
        self._num_units = num_units
        self._scale = scale
        self._name = name

    _SCOPE = "luong_attention"

    def __call__(self, query: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Return alignments [batch, time], twice.

        Raises:
          ValueError: queries and keys differ in depth.
        """
        with variable_scope(None, self._SCOPE, [query]):
            alignments = self._probability_fn(self._score(query), state)
        return alignments, alignments

    def _score(self, query: Tensor) -> Tensor:
        gain = None
        if self._scale:
            gain = get_variable("attention_g", dtype=query.dtype, initializer=Ones(), shape=())
        return luong_score(query, self._keys, gain)


class BahdanauAttention(AttentionMechanism):
    """Scores are sums over tanh of keys plus queries (https://arxiv.org/abs/1409.0473).

    Args:
      num_units: the depth of the keys and of the mapped queries.
      memory: [batch, time, depth].
      memory_sequence_length: integers [batch].
      normalize: whether the weights of the sum are normalised.
      probability_fn: of scores; the softmax by default.
      score_mask_value: the score of what does not count.
      dtype: of the variables.
      custom_key_value_fn: not used.
      name: the name of the nodes.
    """

    def __init__(
        self,
        num_units: int,
        memory: Any,
        memory_sequence_length: Any = None,
        normalize: bool = False,
        probability_fn: Callable[..., Any] | None = None,
        score_mask_value: Any = None,
        dtype: Any = None,
        custom_key_value_fn: Any = None,
        name: str = "BahdanauAttention",
    ) -> None:
        kind = dtype or dtypes.float32
        super().__init__(
            Dense(num_units, name="query_layer", use_bias=False, dtype=kind),
            memory,
            stateless(probability_fn),
            memory_sequence_length,
            Dense(num_units, name="memory_layer", use_bias=False, dtype=kind),
            score_mask_value=score_mask_value,
            name=name,
        )
        self._num_units = num_units
        self._normalize = normalize
        self._name = name

    _SCOPE = "bahdanau_attention"

    def __call__(self, query: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Return alignments [batch, time], twice."""
        with variable_scope(None, self._SCOPE, [query]):
            alignments = self._probability_fn(self._score(query), state)
        return alignments, alignments

    def _score(self, query: Tensor) -> Tensor:
        processed = self._query_layer(query) if self._query_layer else query
        units, dtype = self._num_units, query.dtype
        weights: Any = get_variable("attention_v", [units], dtype=dtype)
        gain: Any = None
        offset: Any = None
        if self._normalize:
            start = Constant(math.sqrt(1.0 / units))
            gain = get_variable("attention_g", dtype=dtype, initializer=start, shape=())
            offset = get_variable("attention_b", [units], dtype=dtype, initializer=Zeros())
        return bahdanau_score(processed, self._keys, weights, gain, offset)


class AttentionWrapperState(NamedTuple):
    """The state of an `AttentionWrapper`.

    Attributes:
      cell_state: that of the cell inside.
      attention: the last attention.
      time: the number of the step.
      alignments: the last alignments, one or a tuple.
      alignment_history: an array of all alignments, one or a tuple; or ().
      attention_state: the states of the mechanisms.
    """

    cell_state: Any
    attention: Any
    time: Any
    alignments: Any
    alignment_history: Any
    attention_state: Any

    def clone(self, **kwargs: Any) -> AttentionWrapperState:
        """Return a state with some parts replaced by others of the same shapes."""

        def with_same_shape(old: Any, new: Any) -> Any:
            if isinstance(old, Tensor) and isinstance(new, Tensor):
                new.get_shape().assert_is_compatible_with(old.get_shape())
            return new

        return nest.map_structure(with_same_shape, self, self._replace(**kwargs), check_types=False)


class AttentionWrapper(RNNCell):
    """A cell that looks at memories in each step.

    Args:
      cell: the cell inside.
      attention_mechanism: one, or a list of them.
      attention_layer_size: the size of the attention, one or a list; without it the attention is
        what was seen of the memory.
      alignment_history: whether all alignments are kept.
      cell_input_fn: of the inputs and the attention; they are joined by default.
      output_attention: whether the output is the attention, else that of the cell.
      initial_cell_state: the first state of the cell.
      name: the name of the variable scope.
      attention_layer: layers to use instead of those made by `attention_layer_size`.
      attention_fn: computes the attention; see `compute_attention`.
      dtype: of the variables.

    Raises:
      TypeError: an argument is not what it should be.
      ValueError: numbers of mechanisms and sizes do not agree.
    """

    def __init__(
        self,
        cell: Any,
        attention_mechanism: Any,
        attention_layer_size: Any = None,
        alignment_history: bool = False,
        cell_input_fn: Callable[..., Any] | None = None,
        output_attention: bool = True,
        initial_cell_state: Any = None,
        name: str | None = None,
        attention_layer: Any = None,
        attention_fn: Callable[..., Any] | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        assert_like_cell("cell", cell)
        self._is_multi = isinstance(attention_mechanism, (list, tuple))
        mechanisms = attention_mechanism if self._is_multi else (attention_mechanism,)
        for mechanism in mechanisms:
            if not isinstance(mechanism, AttentionMechanism):
                wanted = (
                    "contain only instances of AttentionMechanism"
                    if self._is_multi
                    else "be an AttentionMechanism or list of multiple AttentionMechanism instances"
                )
                raise TypeError(
                    f"attention_mechanism must {wanted}, saw type: {type(mechanism).__name__}"
                )
        if cell_input_fn is not None and not callable(cell_input_fn):
            raise TypeError(
                f"cell_input_fn must be callable, saw type: {type(cell_input_fn).__name__}"
            )
        if attention_layer_size is not None and attention_layer is not None:
            raise ValueError("Only one of attention_layer_size and attention_layer should be set")
        self._layers = self._made_layers(attention_layer_size, attention_layer, mechanisms, dtype)
        self._cell = cell
        self._mechanisms = tuple(mechanisms)
        self._attention_size = self._sum_of_sizes()
        self._input_fn = cell_input_fn or (lambda inputs, seen: concat([inputs, seen], -1))
        self._attention_fn = attention_fn or compute_attention
        self._output_attention = output_attention
        self._keeps_history = alignment_history
        self._initial_cell_state: Any = None
        if initial_cell_state is not None:
            with name_scope(name, "AttentionWrapperInit"):
                self._initial_cell_state = self._checked(
                    initial_cell_state,
                    _rows_of(nest.flatten(initial_cell_state)[-1]),
                    "check_initial_cell_state",
                    f"When constructing AttentionWrapper {self.name}: Non-matching batch sizes "
                    "between the memory (encoder output) and initial_cell_state.  Are you using "
                    "the BeamSearchDecoder?  You may need to tile your initial state via the "
                    "tf.contrib.seq2seq.tile_batch function with argument multiple=beam_width.",
                )

    def _checked(self, parts: Any, rows: Any, name: str, message: str) -> Any:
        """Return a structure, in a step that fails where the memories have other batch sizes."""
        checks = [assert_equal(rows, each.batch_size, message=message) for each in self._mechanisms]
        with control_dependencies(checks):
            return nest.map_structure(lambda part: identity(part, name=name), parts)

    def _made_layers(self, sizes: Any, layers: Any, mechanisms: Any, dtype: Any) -> Any:
        if sizes is not None:
            each = tuple(sizes if isinstance(sizes, (list, tuple)) else (sizes,))
            if len(each) != len(mechanisms):
                raise ValueError(
                    "If provided, attention_layer_size must contain exactly one integer per "
                    f"attention_mechanism, saw: {len(each)} vs {len(mechanisms)}"
                )
            return tuple(
                Dense(size, name="attention_layer", use_bias=False, dtype=dtype) for size in each
            )
        if layers is None:
            return None
        made = tuple(layers if isinstance(layers, (list, tuple)) else (layers,))
        if len(made) != len(mechanisms):
            raise ValueError(
                "If provided, attention_layer must contain exactly one layer per "
                f"attention_mechanism, saw: {len(made)} vs {len(mechanisms)}"
            )
        return made

    def _sum_of_sizes(self) -> int:
        depths = [each.values.get_shape()[-1].value for each in self._mechanisms]
        if self._layers is None:
            return sum(depths)
        output = self._cell.output_size
        shapes = [
            TensorShape(layer.compute_output_shape(TensorShape([None, output + depth])))
            for layer, depth in zip(self._layers, depths, strict=True)
        ]
        return sum(int(shape[-1]) for shape in shapes)

    def _packed(self, items: Any) -> Any:
        made = tuple(items)
        return made if self._is_multi else made[0]

    def _unpacked(self, items: Any) -> tuple[Any, ...]:
        return tuple(items) if self._is_multi else (items,)

    @property
    def output_size(self) -> Any:
        """The size of the attention, or of the cell's output."""
        return self._attention_size if self._output_attention else self._cell.output_size

    @property
    def state_size(self) -> AttentionWrapperState:
        """The sizes of the parts of the state."""
        return AttentionWrapperState(
            cell_state=self._cell.state_size,
            time=(),
            attention=self._attention_size,
            alignments=self._packed(m.alignments_size for m in self._mechanisms),
            attention_state=self._packed(m.state_size for m in self._mechanisms),
            alignment_history=self._packed(
                m.alignments_size if self._keeps_history else () for m in self._mechanisms
            ),
        )

    def zero_state(self, batch_size: Any, dtype: Any) -> AttentionWrapperState:
        """Return the first state; use its `clone` to put in another state of the cell."""
        with name_scope(type(self).__name__ + "ZeroState", values=[batch_size]):
            if self._initial_cell_state is not None:
                cell_state = self._initial_cell_state
            else:
                cell_state = self._cell.zero_state(batch_size, dtype)
            cell_state = self._checked(
                cell_state,
                batch_size,
                "checked_cell_state",
                f"When calling zero_state of AttentionWrapper {self.name}: Non-matching batch "
                "sizes between the memory (encoder output) and the requested batch size.  Are you "
                "using the BeamSearchDecoder?  If so, make sure your encoder output has been tiled "
                "to beam_width via tf.contrib.seq2seq.tile_batch, and the batch_size= argument "
                "passed to zero_state is batch_size * beam_width.",
            )
            alignments = [m.initial_alignments(batch_size, dtype) for m in self._mechanisms]
            return AttentionWrapperState(
                cell_state=cell_state,
                time=zeros([], dtype=dtypes.int32),
                attention=zeros([batch_size, self._attention_size], dtype=dtype),
                alignments=self._packed(alignments),
                attention_state=self._packed(
                    m.initial_state(batch_size, dtype) for m in self._mechanisms
                ),
                alignment_history=self._packed(
                    TensorArray(
                        dtype, size=0, dynamic_size=True, element_shape=alignment.get_shape()
                    )
                    if self._keeps_history
                    else ()
                    for alignment in alignments
                ),
            )

    def call(self, inputs: Any, state: Any) -> tuple[Any, AttentionWrapperState]:  # type: ignore[override]
        """Return the output and the next state.

        Raises:
          TypeError: the state is not an `AttentionWrapperState`.
        """
        if not isinstance(state, AttentionWrapperState):
            raise TypeError(
                "Expected state to be instance of AttentionWrapperState. Received type "
                f"{type(state)} instead."
            )
        output, cell_state = self._cell(self._input_fn(inputs, state.attention), state.cell_state)
        output = self._checked(
            output,
            _rows_of(output),
            "checked_cell_output",
            f"When applying AttentionWrapper {self.name}: Non-matching batch sizes between the "
            "memory (encoder output) and the query (decoder output).  Are you using the "
            "BeamSearchDecoder?  You may need to tile your memory input via the "
            "tf.contrib.seq2seq.tile_batch function with argument multiple=beam_width.",
        )
        histories = self._unpacked(state.alignment_history)
        seen, alignments, states, kept = [], [], [], []
        for number, mechanism in enumerate(self._mechanisms):
            attention, alignment, following = self._attention_fn(
                mechanism,
                output,
                self._unpacked(state.attention_state)[number],
                self._layers[number] if self._layers else None,
            )
            seen.append(attention)
            alignments.append(alignment)
            states.append(following)
            history = histories[number]
            kept.append(history.write(state.time, alignment) if self._keeps_history else ())
        attention = concat(seen, 1)
        after = AttentionWrapperState(
            time=state.time + 1,
            cell_state=cell_state,
            attention=attention,
            attention_state=self._packed(states),
            alignments=self._packed(alignments),
            alignment_history=self._packed(kept),
        )
        return (attention if self._output_attention else output), after


def _rows_of(tensor: Tensor) -> Any:
    """Return the batch size, as a number where it is known."""
    return tensor.get_shape()[0].value or shape_of(tensor)[0]


def compute_attention(
    attention_mechanism: AttentionMechanism,
    cell_output: Tensor,
    attention_state: Any,
    attention_layer: Any,
) -> tuple[Tensor, Tensor, Any]:
    """Return the attention, the alignments and the next state of a mechanism.

    Args:
      attention_mechanism: the mechanism.
      cell_output: [batch, size], which is the query.
      attention_state: the state of the mechanism.
      attention_layer: on the output and what was seen; without it, what was seen is the attention.
    """
    alignments, following = attention_mechanism(cell_output, state=attention_state)
    context = squeeze(matmul(expand_dims(alignments, 1), attention_mechanism.values), [1])
    if attention_layer is None:
        return context, alignments, following
    return attention_layer(concat([cell_output, context], 1)), alignments, following
