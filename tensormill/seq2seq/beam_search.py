"""Beam search: the best sequences of each input, followed side by side.

Source: TensorFlow 1.15, contrib/seq2seq/python/ops/beam_search_decoder.py.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from tensormill.graph import dtypes, nest, tf_logging
from tensormill.graph.constant_value import constant_value
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.shapes import TensorShape
from tensormill.graph.tensor import Tensor
from tensormill.ops.activations import log_softmax
from tensormill.ops.array_shapes import expand_dims, reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.beam_trees import gather_tree
from tensormill.ops.casting import cast
from tensormill.ops.comparison import equal, logical_or
from tensormill.ops.conditional import cond
from tensormill.ops.elementwise_unary import logical_not
from tensormill.ops.embedding import embedding_lookup
from tensormill.ops.filling import one_hot, zeros
from tensormill.ops.gathering import gather, where
from tensormill.ops.joining import concat, stack, tile
from tensormill.ops.reduction import reduce_all, reduce_max
from tensormill.ops.tensor_array_class import TensorArray
from tensormill.ops.top_k import top_k
from tensormill.rnn.cells import assert_like_cell
from tensormill.seq2seq.beam_attention import (
    coverage_penalty,
    gather_tree_from_array,
    get_attention_probs,
)
from tensormill.seq2seq.decoder import Decoder

__all__ = [
    "BeamSearchDecoder",
    "BeamSearchDecoderOutput",
    "BeamSearchDecoderState",
    "FinalBeamSearchDecoderOutput",
    "tile_batch",
]


class BeamSearchDecoderState(NamedTuple):
    """The state of a beam search: [batch, beam, ...] each."""

    cell_state: Any
    log_probs: Any
    finished: Any
    lengths: Any
    accumulated_attention_probs: Any = ()


class BeamSearchDecoderOutput(NamedTuple):
    """What one step puts out: [batch, beam] each."""

    scores: Any
    predicted_ids: Any
    parent_ids: Any


class FinalBeamSearchDecoderOutput(NamedTuple):
    """The sequences that were found, the best first, and what they were found from."""

    predicted_ids: Any
    beam_search_decoder_output: Any


def tile_batch(t: Any, multiplier: int, name: str | None = None) -> Any:
    """Return tensors with each entry of the batch repeated.

    Args:
      t: a structure of tensors [batch, ...].
      multiplier: how often.
      name: the name of the nodes.
    """

    def tiled(tensor: Any) -> Tensor:
        tensor = convert_to_tensor(tensor, name="t")
        shape, static = shape_of(tensor), tensor.get_shape()
        if static.ndims is None:
            raise ValueError("t must have statically known rank")
        times = [1] * (static.ndims + 1)
        times[1] = multiplier
        batch = static[0].value
        made = reshape(
            tile(expand_dims(tensor, 1), times), concat([[shape[0] * multiplier], shape[1:]], 0)
        )
        made.set_shape(
            TensorShape([None if batch is None else batch * multiplier]).concatenate(static[1:])
        )
        return made

    flat = nest.flatten(t)
    with name_scope(name, "tile_batch", [*flat, multiplier]):
        return nest.map_structure(tiled, t)


class BeamSearchDecoder(Decoder):
    """Follows the best sequences with a cell.

    The state that it is given must have been repeated with `tile_batch`.

    Args:
      cell: an `RNNCell`.
      embedding: a table, or a function of ids.
      start_tokens: int32 [batch].
      end_token: int32 scalar.
      initial_state: the first state, repeated for each beam.
      beam_width: how many sequences are followed.
      output_layer: a layer on top of the cell, or None.
      length_penalty_weight: how much long sequences are preferred.
      coverage_penalty_weight: how much sequences lose that leave parts of the memory unseen.
      reorder_tensor_arrays: whether arrays in the state, such as the history of alignments, are
        given back as tensors in the order of the beams.

    Raises:
      TypeError: an argument is not what it should be.
      ValueError: a rank is wrong, or an argument is not supported.
    """

    def __init__(
        self,
        cell: Any,
        embedding: Any,
        start_tokens: Any,
        end_token: Any,
        initial_state: Any,
        beam_width: int,
        output_layer: Any = None,
        length_penalty_weight: float = 0.0,
        coverage_penalty_weight: float = 0.0,
        reorder_tensor_arrays: bool = True,
    ) -> None:
        assert_like_cell("cell", cell)
        self._cell = cell
        self._output_layer = output_layer
        self._embedding_fn = (
            embedding if callable(embedding) else lambda ids: embedding_lookup(embedding, ids)
        )
        self._start_tokens = convert_to_tensor(start_tokens, dtypes.int32, name="start_tokens")
        if self._start_tokens.get_shape().ndims != 1:
            raise ValueError("start_tokens must be a vector")
        self._end_token = convert_to_tensor(end_token, dtypes.int32, name="end_token")
        if self._end_token.get_shape().ndims != 0:
            raise ValueError("end_token must be a scalar")
        self._batch_size = (
            self._start_tokens.get_shape()[0].value or shape_of(self._start_tokens)[0]
        )
        self._beam_width = beam_width
        self._length_penalty_weight = length_penalty_weight
        self._coverage_penalty_weight = coverage_penalty_weight
        self._reorders_arrays = reorder_tensor_arrays
        self._initial_cell_state = nest.map_structure(self._split_state, initial_state)
        tokens = tile(expand_dims(self._start_tokens, 1), [1, beam_width])
        self._start_inputs = self._embedding_fn(tokens)
        self._finished = one_hot(
            zeros([self._batch_size], dtype=dtypes.int32),
            depth=beam_width,
            on_value=False,
            off_value=True,
            dtype=dtypes.bool,
        )

    @property
    def batch_size(self) -> Any:
        """The number of inputs."""
        return self._batch_size

    @property
    def tracks_own_finished(self) -> bool:
        """True: beams are reordered, with what is finished."""
        return True

    @property
    def output_size(self) -> BeamSearchDecoderOutput:
        """The sizes of an output."""
        width = TensorShape([self._beam_width])
        return BeamSearchDecoderOutput(width, width, width)

    @property
    def output_dtype(self) -> BeamSearchDecoderOutput:
        """The dtypes of an output."""
        dtype = nest.flatten(self._initial_cell_state)[0].dtype
        return BeamSearchDecoderOutput(dtype, dtypes.int32, dtypes.int32)

    def initialize(self, name: str | None = None) -> Any:
        """Return (finished, first inputs, first state)."""
        dtype = nest.flatten(self._initial_cell_state)[0].dtype
        log_probs = one_hot(
            zeros([self._batch_size], dtype=dtypes.int32),
            depth=self._beam_width,
            on_value=convert_to_tensor(0.0, dtype=dtype),
            off_value=convert_to_tensor(-float("inf"), dtype=dtype),
            dtype=dtype,
        )
        state = BeamSearchDecoderState(
            cell_state=self._initial_cell_state,
            log_probs=log_probs,
            finished=self._finished,
            lengths=zeros([self._batch_size, self._beam_width], dtype=dtypes.int64),
            accumulated_attention_probs=_or_nothing(
                get_attention_probs(self._initial_cell_state, self._coverage_penalty_weight)
            ),
        )
        return self._finished, self._start_inputs, state

    def finalize(self, outputs: Any, final_state: Any, sequence_lengths: Any) -> Any:
        """Return the whole sequences and the state."""
        longest = cast(reduce_max(final_state.lengths, axis=1), dtypes.int32)
        ids = gather_tree(outputs.predicted_ids, outputs.parent_ids, longest, self._end_token)
        if self._reorders_arrays:
            ordered = nest.map_structure(
                lambda part: self._in_order(part, outputs.parent_ids, final_state.lengths),
                final_state.cell_state,
            )
            final_state = final_state._replace(cell_state=ordered)
        return FinalBeamSearchDecoderOutput(ids, outputs), final_state

    def _in_order(self, part: Any, parents: Tensor, lengths: Tensor) -> Any:
        """Return an array with the beams of each step in their order at the end, as a tensor."""
        if not isinstance(part, TensorArray):
            return part
        if not part.element_shape.ndims:
            tf_logging.warn(
                "The TensorArray %s in the cell state is not amenable to sorting based on the beam "
                "search result. For a TensorArray to be sorted, its elements shape must be defined "
                "and have at least a rank of 1, but saw shape: %s",
                part.handle.name,
                part.element_shape,
            )
            return part
        return gather_tree_from_array(part.stack(), parents, lengths)

    def _split(self, tensor: Tensor) -> Tensor:
        """Return [batch * beam, ...] as [batch, beam, ...]."""
        shape = concat([[self._batch_size, self._beam_width], shape_of(tensor)[1:]], 0)
        made = reshape(tensor, shape)
        known = constant_value(convert_to_tensor(self._batch_size))
        made.set_shape(
            TensorShape([None if known is None else int(known), self._beam_width]).concatenate(
                tensor.get_shape()[1:]
            )
        )
        return made

    def _merge(self, tensor: Tensor) -> Tensor:
        """Return [batch, beam, ...] as [batch * beam, ...]."""
        shape = concat([[self._batch_size * self._beam_width], shape_of(tensor)[2:]], 0)
        made = reshape(tensor, shape)
        made.set_shape(TensorShape([None]).concatenate(tensor.get_shape()[2:]))
        return made

    def _split_state(self, part: Any) -> Any:
        return self._split(part) if _is_batched(part) else part

    def _merge_state(self, part: Any) -> Any:
        return self._merge(part) if _is_batched(part) else part

    def step(self, time: Any, inputs: Any, state: Any, name: str | None = None) -> Any:
        """Return (outputs, next state, next inputs, finished)."""
        with name_scope(name, "BeamSearchDecoderStep", [time]):
            merged = nest.map_structure(self._merge, inputs)
            cell_state = nest.map_structure(self._merge_state, state.cell_state)
            output, after = self._cell(merged, cell_state)
            output = nest.map_structure(self._split, output)
            after = nest.map_structure(self._split_state, after)
            if self._output_layer is not None:
                output = self._output_layer(output)
            outputs, following = self._choose(output, after, state)
            ids = outputs.predicted_ids
            next_inputs = cond(
                reduce_all(following.finished),
                lambda: self._start_inputs,
                lambda: self._embedding_fn(ids),
            )
        return outputs, following, next_inputs, following.finished

    def _choose(self, logits: Tensor, cell_state: Any, state: BeamSearchDecoderState) -> Any:
        """Return the best continuations of the beams."""
        width, end = self._beam_width, self._end_token
        classes = logits.get_shape()[-1].value or shape_of(logits)[-1]
        steps = log_softmax(logits)
        blocked = one_hot(
            end, classes, dtype=steps.dtype, on_value=0.0, off_value=float(steps.dtype.min)
        )
        shape = shape_of(steps)
        is_over = tile(expand_dims(state.finished, 2), stack([1, 1, shape[2]]))
        rows = tile(reshape(blocked, [1, 1, -1]), stack([shape[0], shape[1], 1]))
        totals = expand_dims(state.log_probs, 2) + where(is_over, rows, steps)
        adds = one_hot(
            tile(reshape(end, [1, 1]), stack([shape[0], shape[1]])),
            classes,
            on_value=constant(0, dtypes.int64),
            off_value=constant(1, dtypes.int64),
            dtype=dtypes.int64,
        )
        goes_on = cast(logical_not(state.finished), dtypes.int64)
        lengths = adds * expand_dims(goes_on, 2) + expand_dims(state.lengths, 2)
        scores = totals / self._penalty(lengths, totals)
        seen = get_attention_probs(cell_state, self._coverage_penalty_weight)
        if seen is not None:
            seen *= expand_dims(cast(goes_on, dtypes.float32), 2)
            seen += state.accumulated_attention_probs
            lost = self._coverage_penalty_weight * coverage_penalty(seen, state.finished)
            scores += expand_dims(lost, 2)
        flat = reshape(scores, stack([shape[0], -1]))
        best, places = top_k(flat, k=width)
        best.set_shape((logits.dims[0] if logits.dims else None, width))
        words = places % classes
        beams = places // classes
        words, beams = cast(words, dtypes.int32), cast(beams, dtypes.int32)

        def of_beam(tensor: Tensor) -> Tensor:
            made = gather(tensor, beams, axis=1, batch_dims=1)
            made.set_shape(tensor.get_shape())
            return made

        log_probs = gather(reshape(totals, stack([shape[0], -1])), places, axis=1, batch_dims=1)
        log_probs.set_shape(state.log_probs.get_shape())
        was_finished = of_beam(state.finished)
        added = cast(logical_not(was_finished), dtypes.int64)
        following = BeamSearchDecoderState(
            cell_state=nest.map_structure(
                lambda part: of_beam(part) if _is_batched(part, 2) else part, cell_state
            ),
            log_probs=log_probs,
            finished=logical_or(was_finished, equal(words, end)),
            lengths=of_beam(state.lengths) + added,
            accumulated_attention_probs=_or_nothing(None if seen is None else of_beam(seen)),
        )
        return BeamSearchDecoderOutput(best, words, beams), following

    def _penalty(self, lengths: Tensor, like: Tensor) -> Any:
        weight = convert_to_tensor(self._length_penalty_weight, name="penalty_factor")
        weight.set_shape(())
        known = constant_value(weight)
        if known is not None and known == 0:
            return 1.0
        penalty = (5.0 + cast(lengths, dtypes.float32)) ** weight / (5.0 + 1.0) ** weight
        return cast(penalty, like.dtype)


def _or_nothing(part: Any) -> Any:
    return () if part is None else part


def _is_batched(part: Any, rank: int = 1) -> bool:
    """Return whether a part of a state has a batch: arrays and scalars have none."""
    return not isinstance(part, TensorArray) and (part.get_shape().ndims or 0) >= rank
