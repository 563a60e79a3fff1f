"""Sequence models of lists of steps: one function a model.

Source: TensorFlow 1.15, contrib/legacy_seq2seq/python/ops/seq2seq.py.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

from tensormill.graph import dtypes, nest
from tensormill.graph.tensor import Tensor
from tensormill.ops.activations import softmax
from tensormill.ops.array_shapes import reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.conditional import cond
from tensormill.ops.convolution import conv2d
from tensormill.ops.elementwise_unary import tanh
from tensormill.ops.embedding import embedding_lookup
from tensormill.ops.filling import zeros
from tensormill.ops.identities import stop_gradient
from tensormill.ops.joining import concat, stack
from tensormill.ops.reduction import argmax, reduce_sum
from tensormill.ops.statistics import xw_plus_b
from tensormill.rnn.linear import linear
from tensormill.rnn.projection_wrappers import EmbeddingWrapper, OutputProjectionWrapper
from tensormill.rnn.static import static_rnn
from tensormill.variables.scope import get_variable_scope, variable_scope
from tensormill.variables.store import get_variable

__all__ = [
    "attention_decoder",
    "basic_rnn_seq2seq",
    "embedding_attention_decoder",
    "embedding_attention_seq2seq",
    "embedding_rnn_decoder",
    "embedding_rnn_seq2seq",
    "embedding_tied_rnn_seq2seq",
    "one2many_rnn_seq2seq",
    "rnn_decoder",
    "tied_rnn_seq2seq",
]

Loop = Callable[[Any, int], Any] | None


def _extract_argmax_and_embed(
    embedding: Any, output_projection: Any, update_embedding: bool
) -> Callable[[Any, int], Any]:
    """Return a function that makes an input of an output: the row of its largest entry."""

    def loop_function(previous: Any, _: int) -> Tensor:
        if output_projection is not None:
            previous = xw_plus_b(previous, output_projection[0], output_projection[1])
        rows: Tensor = embedding_lookup(embedding, argmax(previous, 1))
        return rows if update_embedding else stop_gradient(rows)

    return loop_function


def rnn_decoder(
    decoder_inputs: Sequence[Any],
    initial_state: Any,
    cell: Any,
    loop_function: Loop = None,
    scope: Any = None,
) -> tuple[list[Any], Any]:
    """Repeat a cell over a list of inputs, or over its own outputs.

    Args:
      decoder_inputs: tensors [batch, depth].
      initial_state: the first state.
      cell: an `RNNCell`.
      loop_function: of an output and the number of the step; makes the next input of it.
      scope: the variable scope; "rnn_decoder" by default.

    Returns:
      the list of outputs and the last state.
    """
    with variable_scope(scope or "rnn_decoder") as opened:
        state, outputs, previous = initial_state, [], None
        for number, given in enumerate(decoder_inputs):
            if loop_function is not None and previous is not None:
                with variable_scope("loop_function", reuse=True):
                    given = loop_function(previous, number)
            if number:
                opened.reuse_variables()
            output, state = cell(given, state)
            outputs.append(output)
            if loop_function is not None:
                previous = output
    return outputs, state


def basic_rnn_seq2seq(
    encoder_inputs: Sequence[Any],
    decoder_inputs: Sequence[Any],
    cell: Any,
    dtype: Any = dtypes.float32,
    scope: Any = None,
) -> tuple[list[Any], Any]:
    """Run a cell over the inputs, and a copy of it, from its last state, over the others.

    Args:
      encoder_inputs: tensors [batch, depth].
      decoder_inputs: likewise.
      cell: an `RNNCell`.
      dtype: of the first state.
      scope: the variable scope; "basic_rnn_seq2seq" by default.
    """
    with variable_scope(scope or "basic_rnn_seq2seq"):
        _, state = static_rnn(copy.deepcopy(cell), encoder_inputs, dtype=dtype)
        return rnn_decoder(decoder_inputs, state, cell)


def tied_rnn_seq2seq(
    encoder_inputs: Sequence[Any],
    decoder_inputs: Sequence[Any],
    cell: Any,
    loop_function: Loop = None,
    dtype: Any = dtypes.float32,
    scope: Any = None,
) -> tuple[list[Any], Any]:
    """Run one cell over the inputs and then over the others, with the same variables.

    Args:
      encoder_inputs: tensors [batch, depth].
      decoder_inputs: likewise.
      cell: an `RNNCell`.
      loop_function: as for `rnn_decoder`.
      dtype: of the first state.
      scope: the variable scope below "combined_tied_rnn_seq2seq"; "tied_rnn_seq2seq" by default.
    """
    with variable_scope("combined_tied_rnn_seq2seq"):
        name = scope or "tied_rnn_seq2seq"
        _, state = static_rnn(cell, encoder_inputs, dtype=dtype, scope=name)
        get_variable_scope().reuse_variables()
        return rnn_decoder(decoder_inputs, state, cell, loop_function, scope=name)


def embedding_rnn_decoder(
    decoder_inputs: Sequence[Any],
    initial_state: Any,
    cell: Any,
    num_symbols: int,
    embedding_size: int,
    output_projection: Any = None,
    feed_previous: bool = False,
    update_embedding_for_previous: bool = True,
    scope: Any = None,
) -> tuple[list[Any], Any]:
    """Repeat a cell over a list of ids, looked up in a table.

    Args:
      decoder_inputs: int32 [batch] each.
      initial_state: the first state.
      cell: an `RNNCell`.
      num_symbols: the number of rows of the table.
      embedding_size: their size.
      output_projection: (weights, biases) that make logits of outputs, or None.
      feed_previous: whether the last output is the next input.
      update_embedding_for_previous: whether gradients go through such inputs.
      scope: the variable scope; "embedding_rnn_decoder" by default.
    """
    with variable_scope(scope or "embedding_rnn_decoder"):
        table = get_variable("embedding", [num_symbols, embedding_size])
        loop = None
        if feed_previous:
            loop = _extract_argmax_and_embed(
                table, output_projection, update_embedding_for_previous
            )
        rows = [embedding_lookup(table, given) for given in decoder_inputs]
        return rnn_decoder(rows, initial_state, cell, loop)


def _either(feed_previous: Any, make: Callable[[bool], tuple[Any, Any]]) -> tuple[Any, Any]:
    """Return outputs and state of a decoder that a bool, or a bool tensor, chooses."""
    if isinstance(feed_previous, bool):
        return make(feed_previous)
    structure: list[Any] = []

    def branch(feeds: bool) -> Callable[[], list[Any]]:
        def build() -> list[Any]:
            with variable_scope(get_variable_scope(), reuse=None if feeds else True):
                outputs, state = make(feeds)
                structure[:] = [outputs, state]
                return [*outputs, *nest.flatten(state)]

        return build

    flat = cond(feed_previous, branch(True), branch(False))
    outputs, state = structure
    count = len(outputs)
    return list(flat[:count]), nest.pack_sequence_as(state, flat[count:])


def embedding_rnn_seq2seq(
    encoder_inputs: Sequence[Any],
    decoder_inputs: Sequence[Any],
    cell: Any,
    num_encoder_symbols: int,
    num_decoder_symbols: int,
    embedding_size: int,
    output_projection: Any = None,
    feed_previous: Any = False,
    dtype: Any = None,
    scope: Any = None,
) -> tuple[list[Any], Any]:
    """Run a cell over ids, and a copy of it, from its last state, over others.

    Args:
      encoder_inputs: int32 [batch] each.
      decoder_inputs: likewise.
      cell: an `RNNCell`.
      num_encoder_symbols: the number of rows of the first table.
      num_decoder_symbols: that of the second one.
      embedding_size: the size of a row.
      output_projection: (weights, biases) that make logits of outputs; by default the outputs are
        logits.
      feed_previous: a bool or bool tensor: whether the last output is the next input.
      dtype: of the first state; by default that of the variable scope.
      scope: the variable scope; "embedding_rnn_seq2seq" by default.
    """
    with variable_scope(scope or "embedding_rnn_seq2seq") as opened:
        if dtype is not None:
            opened.set_dtype(dtype)
        else:
            dtype = opened.dtype
        encoder = EmbeddingWrapper(
            copy.deepcopy(cell),
            embedding_classes=num_encoder_symbols,
            embedding_size=embedding_size,
        )
        _, state = static_rnn(encoder, encoder_inputs, dtype=dtype)
        if output_projection is None:
            cell = OutputProjectionWrapper(cell, num_decoder_symbols)
        return _either(
            feed_previous,
            lambda feeds: embedding_rnn_decoder(
                decoder_inputs,
                state,
                cell,
                num_decoder_symbols,
                embedding_size,
                output_projection=output_projection,
                feed_previous=feeds,
            ),
        )


def embedding_tied_rnn_seq2seq(
    encoder_inputs: Sequence[Any],
    decoder_inputs: Sequence[Any],
    cell: Any,
    num_symbols: int,
    embedding_size: int,
    num_decoder_symbols: int | None = None,
    output_projection: Any = None,
    feed_previous: Any = False,
    dtype: Any = None,
    scope: Any = None,
) -> tuple[list[Any], Any]:
    """Run one cell over ids and then over others, with one table; see `embedding_rnn_seq2seq`.

    Args:
      encoder_inputs: int32 [batch] each.
      decoder_inputs: likewise.
      cell: an `RNNCell`.
      num_symbols: the number of rows of the table.
      embedding_size: their size.
      num_decoder_symbols: the number of classes of the outputs; as many as rows by default.
      output_projection: (weights, biases) that make logits of outputs.
      feed_previous: a bool or bool tensor.
      dtype: of the first state.
      scope: the variable scope; "embedding_tied_rnn_seq2seq" by default.
    """
    with variable_scope(scope or "embedding_tied_rnn_seq2seq", dtype=dtype) as opened:
        dtype = opened.dtype
        table = get_variable("embedding", [num_symbols, embedding_size], dtype=dtype)
        first = [embedding_lookup(table, given) for given in encoder_inputs]
        second = [embedding_lookup(table, given) for given in decoder_inputs]
        classes = num_symbols if num_decoder_symbols is None else num_decoder_symbols
        if output_projection is None:
            cell = OutputProjectionWrapper(cell, classes)

        def make(feeds: bool) -> tuple[Any, Any]:
            loop = _extract_argmax_and_embed(table, output_projection, True) if feeds else None
            return tied_rnn_seq2seq(first, second, cell, loop_function=loop, dtype=dtype)

        return _either(feed_previous, make)


def attention_decoder(
    decoder_inputs: Sequence[Any],
    initial_state: Any,
    attention_states: Any,
    cell: Any,
    output_size: int | None = None,
    num_heads: int = 1,
    loop_function: Loop = None,
    dtype: Any = None,
    scope: Any = None,
    initial_state_attention: bool = False,
) -> tuple[list[Any], Any]:
    """Repeat a cell that looks at some states in each step.

    Args:
      decoder_inputs: tensors [batch, depth].
      initial_state: the first state.
      attention_states: [batch, length, size].
      cell: an `RNNCell`.
      output_size: the size of the outputs; that of the cell by default.
      num_heads: how many times it looks.
      loop_function: as for `rnn_decoder`.
      dtype: of the first state.
      scope: the variable scope; "attention_decoder" by default.
      initial_state_attention: whether the first attention comes from the first state, not zeros.

    Raises:
      ValueError: an argument is out of range, or a size is not known.
    """
    if not decoder_inputs:
        raise ValueError("Must provide at least 1 input to attention decoder.")
    if num_heads < 1:
        raise ValueError("With less than 1 heads, use a non-attention decoder.")
    if attention_states.get_shape()[2].value is None:
        raise ValueError(
            f"Shape[2] of attention_states must be known: {attention_states.get_shape()}"
        )
    size = cell.output_size if output_size is None else output_size
    with variable_scope(scope or "attention_decoder", dtype=dtype) as opened:
        heads = _Heads(attention_states, num_heads)
        batch = shape_of(decoder_inputs[0])[0]
        seen = [zeros(stack([batch, heads.size]), dtype=opened.dtype) for _ in range(num_heads)]
        for part in seen:
            part.set_shape([None, heads.size])
        state, outputs, previous = initial_state, [], None
        if initial_state_attention:
            seen = heads.look(initial_state)
        for number, given in enumerate(decoder_inputs):
            if number:
                get_variable_scope().reuse_variables()
            if loop_function is not None and previous is not None:
                with variable_scope("loop_function", reuse=True):
                    given = loop_function(previous, number)
            depth = given.get_shape().with_rank(2)[1].value
            if depth is None:
                raise ValueError(f"Could not infer input size from input: {given.name}")
            made, state = cell(linear([given, *seen], depth, True), state)
            if number == 0 and initial_state_attention:
                with variable_scope(get_variable_scope(), reuse=True):
                    seen = heads.look(state)
            else:
                seen = heads.look(state)
            with variable_scope("AttnOutputProjection"):
                output = linear([made, *seen], size, True)
            if loop_function is not None:
                previous = output
            outputs.append(output)
    return outputs, state


class _Heads:
    """Looks at states with several weights at once."""

    def __init__(self, states: Tensor, count: int) -> None:
        self.length = states.get_shape()[1].value
        if self.length is None:
            self.length = shape_of(states)[1]
        self.size: Any = states.get_shape()[2].value
        self.hidden = reshape(states, [-1, self.length, 1, self.size])
        self.features, self.weights = [], []
        for head in range(count):
            kernel = get_variable(f"AttnW_{head}", [1, 1, self.size, self.size], dtype=states.dtype)
            self.features.append(conv2d(self.hidden, kernel, [1, 1, 1, 1], "SAME"))
            self.weights.append(get_variable(f"AttnV_{head}", [self.size], dtype=states.dtype))

    def look(self, query: Any) -> list[Tensor]:
        """Return what each head sees."""
        if nest.is_nested(query):
            query = concat(nest.flatten(query), 1)
        found = []
        for head, (features, weights) in enumerate(zip(self.features, self.weights, strict=True)):
            with variable_scope(f"Attention_{head}"):
                compared = reshape(linear(query, self.size, True), [-1, 1, 1, self.size])
                scores = reduce_sum(weights * tanh(features + compared), [2, 3])
                shares = reshape(softmax(scores), [-1, self.length, 1, 1])
                found.append(reshape(reduce_sum(shares * self.hidden, [1, 2]), [-1, self.size]))
        return found


def embedding_attention_decoder(
    decoder_inputs: Sequence[Any],
    initial_state: Any,
    attention_states: Any,
    cell: Any,
    num_symbols: int,
    embedding_size: int,
    num_heads: int = 1,
    output_size: int | None = None,
    output_projection: Any = None,
    feed_previous: bool = False,
    update_embedding_for_previous: bool = True,
    dtype: Any = None,
    scope: Any = None,
    initial_state_attention: bool = False,
) -> tuple[list[Any], Any]:
    """Run `attention_decoder` over ids; for the arguments see there and `embedding_rnn_decoder`."""
    size = cell.output_size if output_size is None else output_size
    with variable_scope(scope or "embedding_attention_decoder", dtype=dtype):
        table = get_variable("embedding", [num_symbols, embedding_size])
        loop = None
        if feed_previous:
            loop = _extract_argmax_and_embed(
                table, output_projection, update_embedding_for_previous
            )
        rows = [embedding_lookup(table, given) for given in decoder_inputs]
        return attention_decoder(
            rows,
            initial_state,
            attention_states,
            cell,
            output_size=size,
            num_heads=num_heads,
            loop_function=loop,
            initial_state_attention=initial_state_attention,
        )


def embedding_attention_seq2seq(
    encoder_inputs: Sequence[Any],
    decoder_inputs: Sequence[Any],
    cell: Any,
    num_encoder_symbols: int,
    num_decoder_symbols: int,
    embedding_size: int,
    num_heads: int = 1,
    output_projection: Any = None,
    feed_previous: Any = False,
    dtype: Any = None,
    scope: Any = None,
    initial_state_attention: bool = False,
) -> tuple[list[Any], Any]:
    """Run a cell over ids, and a copy of it over others, that looks at all outputs of the first.

    For the arguments see `embedding_rnn_seq2seq` and `attention_decoder`; the variable scope is
    "embedding_attention_seq2seq" by default.
    """
    with variable_scope(scope or "embedding_attention_seq2seq", dtype=dtype) as opened:
        dtype = opened.dtype
        encoder = EmbeddingWrapper(
            copy.deepcopy(cell),
            embedding_classes=num_encoder_symbols,
            embedding_size=embedding_size,
        )
        outputs, state = static_rnn(encoder, encoder_inputs, dtype=dtype)
        states = concat([reshape(o, [-1, 1, cell.output_size]) for o in outputs], 1)
        size = None
        if output_projection is None:
            cell = OutputProjectionWrapper(cell, num_decoder_symbols)
            size = num_decoder_symbols
        return _either(
            feed_previous,
            lambda feeds: embedding_attention_decoder(
                decoder_inputs,
                state,
                states,
                cell,
                num_decoder_symbols,
                embedding_size,
                num_heads=num_heads,
                output_size=size,
                output_projection=output_projection,
                feed_previous=feeds,
                initial_state_attention=initial_state_attention,
            ),
        )


def one2many_rnn_seq2seq(
    encoder_inputs: Sequence[Any],
    decoder_inputs_dict: dict[str, Any],
    enc_cell: Any,
    dec_cells_dict: dict[str, Any],
    num_encoder_symbols: int,
    num_decoder_symbols_dict: dict[str, int],
    embedding_size: int,
    feed_previous: Any = False,
    dtype: Any = None,
    scope: Any = None,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Run a cell over ids, and several others from its last state, one for each task.

    For the arguments see `embedding_rnn_seq2seq`; dicts have an entry for each task.
    """
    outputs_by_task, states_by_task = {}, {}
    with variable_scope(scope or "one2many_rnn_seq2seq", dtype=dtype) as opened:
        dtype = opened.dtype
        encoder = EmbeddingWrapper(
            enc_cell, embedding_classes=num_encoder_symbols, embedding_size=embedding_size
        )
        _, state = static_rnn(encoder, encoder_inputs, dtype=dtype)
        for task, inputs in decoder_inputs_dict.items():
            classes = num_decoder_symbols_dict[task]
            with variable_scope(f"one2many_decoder_{task}"):
                cell = OutputProjectionWrapper(dec_cells_dict[task], classes)

                def make(
                    feeds: bool, inputs: Any = inputs, cell: Any = cell, classes: int = classes
                ) -> tuple[Any, Any]:
                    return embedding_rnn_decoder(
                        inputs, state, cell, classes, embedding_size, feed_previous=feeds
                    )

                outputs_by_task[task], states_by_task[task] = _either(feed_previous, make)
    return outputs_by_task, states_by_task
