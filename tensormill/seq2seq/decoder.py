"""`dynamic_decode`: the loop that asks a decoder for one step after another.

Source: TensorFlow 1.15, contrib/seq2seq/python/ops/decoder.py and basic_decoder.py.
"""

from __future__ import annotations

import abc
from typing import Any, NamedTuple

from tensormill.graph import dtypes, nest
from tensormill.graph.constant_value import constant_value
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.shapes import TensorShape
from tensormill.graph.tensor import Tensor
from tensormill.layers.base import Layer
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.comparison import greater_equal, logical_or
from tensormill.ops.elementwise_unary import logical_not
from tensormill.ops.filling import fill, zeros, zeros_like
from tensormill.ops.gathering import where
from tensormill.ops.reduction import reduce_all
from tensormill.ops.tensor_array_class import TensorArray
from tensormill.ops.while_loop import while_loop
from tensormill.rnn.cells import assert_like_cell
from tensormill.rnn.time_steps import cache_reads, swap_batch_and_time
from tensormill.variables.scope import variable_scope

__all__ = ["BasicDecoder", "BasicDecoderOutput", "Decoder", "dynamic_decode"]


class Decoder(abc.ABC):
    """What makes one output after another: `initialize`, then `step` until all is finished."""

    @property
    def batch_size(self) -> Any:
        """The number of sequences."""
        raise NotImplementedError

    @property
    def output_size(self) -> Any:
        """The sizes of an output, in its structure."""
        raise NotImplementedError

    @property
    def output_dtype(self) -> Any:
        """The dtypes of an output, in its structure."""
        raise NotImplementedError

    @abc.abstractmethod
    def initialize(self, name: str | None = None) -> Any:
        """Return (finished, first inputs, first state)."""

    @abc.abstractmethod
    def step(self, time: Any, inputs: Any, state: Any, name: str | None = None) -> Any:
        """Return (outputs, next state, next inputs, finished)."""

    def finalize(self, outputs: Any, final_state: Any, sequence_lengths: Any) -> Any:
        """Return the outputs and the state after the last step, as the user shall see them."""
        raise NotImplementedError

    @property
    def tracks_own_finished(self) -> bool:
        """Whether `finished` says by itself which sequences are over."""
        return False


class BasicDecoderOutput(NamedTuple):
    """What `BasicDecoder` puts out.

    Attributes:
      rnn_output: the output of the cell, or of the layer on top.
      sample_id: what the helper chose.
    """

    rnn_output: Any
    sample_id: Any


class BasicDecoder(Decoder):
    """Runs a cell on what a helper gives it.

    Args:
      cell: an `RNNCell`.
      helper: says what comes next; see `helpers`.
      initial_state: the first state of the cell.
      output_layer: a layer on top of the cell, or None.

    Raises:
      TypeError: an argument is not what it should be.
    """

    def __init__(
        self, cell: Any, helper: Any, initial_state: Any, output_layer: Any = None
    ) -> None:
        assert_like_cell("cell", cell)
        if not hasattr(helper, "next_inputs"):
            raise TypeError(f"helper must be a Helper, received: {type(helper)}")
        if output_layer is not None and not isinstance(output_layer, Layer):
            raise TypeError(f"output_layer must be a Layer, received: {type(output_layer)}")
        self._cell = cell
        self._helper = helper
        self._initial_state = initial_state
        self._output_layer = output_layer

    @property
    def batch_size(self) -> Any:
        """The number of sequences."""
        return self._helper.batch_size

    def _rnn_output_size(self) -> Any:
        size, layer = self._cell.output_size, self._output_layer
        if layer is None:
            return size

        def of_layer(part: Any) -> Any:
            shape = TensorShape([None]).concatenate(part)
            return layer.compute_output_shape(shape)[1:]

        return nest.map_structure(of_layer, size)

    @property
    def output_size(self) -> BasicDecoderOutput:
        """The sizes of an output."""
        return BasicDecoderOutput(self._rnn_output_size(), self._helper.sample_ids_shape)

    @property
    def output_dtype(self) -> BasicDecoderOutput:
        """The dtypes of an output: those of the first state and of the helper."""
        dtype = nest.flatten(self._initial_state)[0].dtype
        return BasicDecoderOutput(
            nest.map_structure(lambda _: dtype, self._rnn_output_size()),
            self._helper.sample_ids_dtype,
        )

    def initialize(self, name: str | None = None) -> Any:
        """Return (finished, first inputs, first state)."""
        return (*self._helper.initialize(), self._initial_state)

    def step(self, time: Any, inputs: Any, state: Any, name: str | None = None) -> Any:
        """Return (outputs, next state, next inputs, finished)."""
        with name_scope(name, "BasicDecoderStep", [time]):
            outputs, following = self._cell(inputs, state)
            if self._output_layer is not None:
                outputs = self._output_layer(outputs)
            samples = self._helper.sample(time=time, outputs=outputs, state=following)
            finished, next_inputs, following = self._helper.next_inputs(
                time=time, outputs=outputs, state=following, sample_ids=samples
            )
        return BasicDecoderOutput(outputs, samples), following, next_inputs, finished


def _zero_outputs(size: Any, dtype: Any, batch_size: Any) -> Any:
    def zero(part: Any, kind: Any) -> Tensor:
        dims = TensorShape(part).as_list() if not isinstance(part, int) else [part]
        return zeros([batch_size, *dims], kind)

    pairs = zip(nest.flatten(size), nest.flatten(dtype), strict=True)
    return nest.pack_sequence_as(size, [zero(part, kind) for part, kind in pairs])


def dynamic_decode(
    decoder: Decoder,
    output_time_major: bool = False,
    impute_finished: bool = False,
    maximum_iterations: Any = None,
    parallel_iterations: int = 32,
    swap_memory: bool = False,
    scope: Any = None,
) -> tuple[Any, Any, Tensor]:
    """Ask a decoder for steps until all sequences are finished.

    Args:
      decoder: the decoder.
      output_time_major: outputs are [time, batch, ...], else [batch, time, ...].
      impute_finished: finished sequences keep their states, and their outputs are zero.
      maximum_iterations: the most steps.
      parallel_iterations: as in `tf.while_loop`.
      swap_memory: likewise.
      scope: the variable scope; "decoder" by default.

    Returns:
      the outputs, the last state, and the lengths of the sequences.

    Raises:
      TypeError: `decoder` is no decoder.
      ValueError: `maximum_iterations` is no scalar.
    """
    if not isinstance(decoder, Decoder):
        raise TypeError(f"Expected decoder to be type Decoder, but saw: {type(decoder)}")
    with variable_scope(scope, "decoder") as opened:
        cache_reads(opened)
        if maximum_iterations is not None:
            maximum_iterations = convert_to_tensor(
                maximum_iterations, dtypes.int32, name="maximum_iterations"
            )
            if maximum_iterations.get_shape().ndims != 0:
                raise ValueError("maximum_iterations must be a scalar")
        finished, inputs, state = decoder.initialize()
        blank = _zero_outputs(decoder.output_size, decoder.output_dtype, decoder.batch_size)
        if maximum_iterations is not None:
            finished = logical_or(finished, greater_equal(0, maximum_iterations))
        lengths = zeros_like(finished, dtype=dtypes.int32)
        known_batch = constant_value(convert_to_tensor(decoder.batch_size))
        arrays = [
            TensorArray(
                dtype=kind,
                size=0,
                dynamic_size=True,
                element_shape=_element_shape(part, known_batch),
            )
            for part, kind in zip(
                nest.flatten(decoder.output_size), nest.flatten(decoder.output_dtype), strict=True
            )
        ]
        body = _body(decoder, blank, impute_finished)
        _, arrays, state, _, _, lengths = while_loop(
            lambda time, made, state, inputs, finished, lengths: logical_not(reduce_all(finished)),
            body,
            [constant(0, dtype=dtypes.int32), tuple(arrays), state, inputs, finished, lengths],
            parallel_iterations=parallel_iterations,
            maximum_iterations=maximum_iterations,
            swap_memory=swap_memory,
        )
        outputs = nest.pack_sequence_as(decoder.output_size, [array.stack() for array in arrays])
        try:
            outputs, state = decoder.finalize(outputs, state, lengths)
        except NotImplementedError:
            pass
        if not output_time_major:
            outputs = nest.map_structure(swap_batch_and_time, outputs)
    return outputs, state, lengths


def _element_shape(size: Any, batch: Any) -> list[Any]:
    dims = [size] if isinstance(size, int) else TensorShape(size).as_list()
    return [None if batch is None else int(batch), *dims]


def _body(decoder: Decoder, blank: Any, impute_finished: bool) -> Any:
    """Return the body of the loop."""

    def body(
        time: Tensor, arrays: Any, state: Any, inputs: Any, finished: Tensor, lengths: Tensor
    ) -> list[Any]:
        outputs, after, next_inputs, is_over = decoder.step(time, inputs, state)
        if decoder.tracks_own_finished:
            next_finished = is_over
        else:
            next_finished = logical_or(is_over, finished)
        steps = fill(shape_of(lengths), time + 1)
        next_lengths = where(logical_not(finished), steps, lengths)
        nest.assert_same_structure(state, after, check_types=False)
        nest.assert_same_structure(inputs, next_inputs, check_types=False)
        emit = outputs
        if impute_finished:
            emit = nest.map_structure(
                lambda made, zero: where(finished, zero, made), outputs, blank, check_types=False
            )
            after = nest.map_structure(
                lambda new, old: _kept(finished, new, old), after, state, check_types=False
            )
        written = tuple(
            array.write(time, part) for array, part in zip(arrays, nest.flatten(emit), strict=True)
        )
        return [time + 1, written, after, next_inputs, next_finished, next_lengths]

    return body


def _kept(finished: Tensor, new: Any, old: Any) -> Any:
    """Return the new state where a sequence goes on; arrays and scalars go on always."""
    if isinstance(old, TensorArray):
        return new
    new.set_shape(old.get_shape())
    return new if new.get_shape().ndims == 0 else where(finished, old, new)
