"""Helpers of `BasicDecoder`: what goes in next, taken from the data or from the last output.

Source: TensorFlow 1.15, contrib/seq2seq/python/ops/helper.py.
"""

from __future__ import annotations

import abc
from collections.abc import Callable
from typing import Any

from tensormill.graph import dtypes, nest
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.shapes import TensorShape
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.array_shapes import size as size_of
from tensormill.ops.casting import cast
from tensormill.ops.comparison import equal, greater_equal, less
from tensormill.ops.conditional import cond
from tensormill.ops.embedding import embedding_lookup
from tensormill.ops.filling import fill, zeros_like
from tensormill.ops.gathering import where
from tensormill.ops.joining import concat, tile
from tensormill.ops.random import multinomial, random_uniform
from tensormill.ops.reduction import argmax, reduce_all
from tensormill.ops.tensor_array_class import TensorArray
from tensormill.rnn.time_steps import swap_batch_and_time

__all__ = [
    "CustomHelper",
    "GreedyEmbeddingHelper",
    "Helper",
    "InferenceHelper",
    "SampleEmbeddingHelper",
    "ScheduledEmbeddingTrainingHelper",
    "ScheduledOutputTrainingHelper",
    "TrainingHelper",
]


def _as_arrays(inputs: Any) -> Any:
    """Return tensors [time, ...] as arrays to read step by step."""

    def array_of(tensor: Tensor) -> TensorArray:
        made = TensorArray(
            dtype=tensor.dtype,
            size=shape_of(tensor)[0],
            element_shape=tensor.get_shape()[1:],
        )
        return made.unstack(tensor)

    return nest.map_structure(array_of, inputs)


def _sampling_probability(value: Any) -> Tensor:
    tensor = convert_to_tensor(value, name="sampling_probability")
    if tensor.get_shape().ndims not in (0, 1):
        raise ValueError(
            "sampling_probability must be either a scalar or a vector. saw shape: "
            f"{tensor.get_shape()}"
        )
    return tensor


def _lookup(embedding: Any) -> Callable[[Any], Tensor]:
    if callable(embedding):
        return embedding
    return lambda ids: embedding_lookup(embedding, ids)


class Helper(abc.ABC):
    """Says what goes into the cell: `initialize`, then `sample` and `next_inputs` each step."""

    @property
    @abc.abstractmethod
    def batch_size(self) -> Any:
        """The number of sequences."""

    @property
    def sample_ids_shape(self) -> TensorShape:
        """The shape of what is chosen, without the batch."""
        return TensorShape([])

    @property
    def sample_ids_dtype(self) -> Any:
        """The dtype of what is chosen."""
        return dtypes.int32

    @abc.abstractmethod
    def initialize(self, name: str | None = None) -> tuple[Any, Any]:
        """Return (finished, first inputs)."""

    @abc.abstractmethod
    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Any:
        """Return what is chosen by the outputs."""

    @abc.abstractmethod
    def next_inputs(
        self, time: Any, outputs: Any, state: Any, sample_ids: Any, name: str | None = None
    ) -> tuple[Any, Any, Any]:
        """Return (finished, next inputs, next state)."""


class CustomHelper(Helper):
    """A helper made of three functions.

    Args:
      initialize_fn: returns (finished, first inputs).
      sample_fn: of (time, outputs, state); returns what is chosen.
      next_inputs_fn: of (time, outputs, state, sample_ids); returns (finished, inputs, state).
      sample_ids_shape: the shape of what is chosen; scalars by default.
      sample_ids_dtype: its dtype; int32 by default.
    """

    def __init__(
        self,
        initialize_fn: Callable[..., Any],
        sample_fn: Callable[..., Any],
        next_inputs_fn: Callable[..., Any],
        sample_ids_shape: Any = None,
        sample_ids_dtype: Any = None,
    ) -> None:
        self._initialize_fn = initialize_fn
        self._sample_fn = sample_fn
        self._next_inputs_fn = next_inputs_fn
        self._batch_size: Any = None
        self._sample_ids_shape = TensorShape(sample_ids_shape or [])
        self._sample_ids_dtype = sample_ids_dtype or dtypes.int32

    @property
    def batch_size(self) -> Any:
        """The number of sequences, known after `initialize`."""
        if self._batch_size is None:
            raise ValueError("batch_size accessed before initialize was called")
        return self._batch_size

    @property
    def sample_ids_shape(self) -> TensorShape:
        """The shape of what is chosen, without the batch."""
        return self._sample_ids_shape

    @property
    def sample_ids_dtype(self) -> Any:
        """The dtype of what is chosen."""
        return self._sample_ids_dtype

    def initialize(self, name: str | None = None) -> tuple[Any, Any]:
        """Return (finished, first inputs)."""
        with name_scope(name, "CustomHelperInitialize"):
            finished, inputs = self._initialize_fn()
            if self._batch_size is None:
                self._batch_size = size_of(finished)
        return finished, inputs

    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Any:
        """Return what is chosen by the outputs."""
        with name_scope(name, "CustomHelperSample", [time]):
            return self._sample_fn(time=time, outputs=outputs, state=state)

    def next_inputs(
        self, time: Any, outputs: Any, state: Any, sample_ids: Any, name: str | None = None
    ) -> tuple[Any, Any, Any]:
        """Return (finished, next inputs, next state)."""
        with name_scope(name, "CustomHelperNextInputs", [time]):
            made: tuple[Any, Any, Any] = self._next_inputs_fn(
                time=time, outputs=outputs, state=state, sample_ids=sample_ids
            )
            return made


class TrainingHelper(Helper):
    """Takes inputs from the data.

    Args:
      inputs: [batch, time, ...], or a structure of such tensors.
      sequence_length: integers [batch].
      time_major: inputs are [time, batch, ...].
      name: the name of the nodes.

    Raises:
      ValueError: `sequence_length` is no vector.
    """

    def __init__(
        self, inputs: Any, sequence_length: Any, time_major: bool = False, name: str | None = None
    ) -> None:
        with name_scope(name, "TrainingHelper"):
            inputs = nest.map_structure(convert_to_tensor, inputs)
            self._inputs = inputs
            if not time_major:
                inputs = nest.map_structure(swap_batch_and_time, inputs)
            self._arrays = _as_arrays(inputs)
            self._sequence_length = convert_to_tensor(sequence_length, name="sequence_length")
            if self._sequence_length.get_shape().ndims != 1:
                raise ValueError(
                    "Expected sequence_length to be a vector, but received shape: "
                    f"{self._sequence_length.get_shape()}"
                )
            self._zero_inputs = nest.map_structure(lambda part: zeros_like(part[0, :]), inputs)
            self._batch_size = size_of(self._sequence_length)

    @property
    def inputs(self) -> Any:
        """As given."""
        return self._inputs

    @property
    def sequence_length(self) -> Tensor:
        """As given."""
        return self._sequence_length

    @property
    def batch_size(self) -> Any:
        """The number of sequences."""
        return self._batch_size

    def initialize(self, name: str | None = None) -> tuple[Any, Any]:
        """Return (finished, first inputs)."""
        with name_scope(name, "TrainingHelperInitialize"):
            finished = equal(0, self._sequence_length)
            return finished, self._read(finished, lambda array: array.read(0))

    def _read(self, finished: Tensor, read: Callable[[TensorArray], Any]) -> Any:
        arrays, blanks = nest.flatten(self._arrays), nest.flatten(self._zero_inputs)

        def parts() -> list[Any]:
            return [read(array) for array in arrays]

        made = cond(reduce_all(finished), lambda: blanks, parts)
        made = list(made) if isinstance(made, (list, tuple)) else [made]
        return nest.pack_sequence_as(self._zero_inputs, made)

    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Any:
        """Return the classes with the largest outputs."""
        with name_scope(name, "TrainingHelperSample", [time, outputs]):
            return cast(argmax(outputs, axis=-1), dtypes.int32)

    def next_inputs(
        self, time: Any, outputs: Any, state: Any, sample_ids: Any, name: str | None = None
    ) -> tuple[Any, Any, Any]:
        """Return (finished, next inputs, next state)."""
        with name_scope(name, "TrainingHelperNextInputs", [time, outputs]):
            following = time + 1
            finished = greater_equal(following, self._sequence_length)
            return finished, self._read(finished, lambda array: array.read(following)), state


class ScheduledEmbeddingTrainingHelper(TrainingHelper):
    """Takes inputs from the data, or from the last output now and then.

    Args:
      inputs: [batch, time, ...].
      sequence_length: integers [batch].
      embedding: a table, or a function of ids.
      sampling_probability: how often an input is the embedding of a sample of the last output.
      time_major: inputs are [time, batch, ...].
      seed: of samples.
      scheduling_seed: of the choices.
      name: the name of the nodes.

    Raises:
      ValueError: `sampling_probability` has a wrong rank.
    """

    def __init__(
        self,
        inputs: Any,
        sequence_length: Any,
        embedding: Any,
        sampling_probability: Any,
        time_major: bool = False,
        seed: int | None = None,
        scheduling_seed: int | None = None,
        name: str | None = None,
    ) -> None:
        with name_scope(name, "ScheduledEmbeddingSamplingWrapper"):
            self._embedding_fn = _lookup(embedding)
            self._probability = _sampling_probability(sampling_probability)
            self._seed, self._scheduling_seed = seed, scheduling_seed
            super().__init__(inputs, sequence_length, time_major, name)

    def _chosen(self) -> Tensor:
        numbers = random_uniform([self.batch_size], seed=self._scheduling_seed)
        return less(numbers, self._probability)

    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Any:
        """Return samples where inputs are to be such, -1 elsewhere."""
        with name_scope(name, "ScheduledEmbeddingTrainingHelperSample"):
            drawn = multinomial(outputs, 1, seed=self._seed, output_dtype=dtypes.int32)[:, 0]
            return where(self._chosen(), drawn, fill([self.batch_size], -1))

    def next_inputs(
        self, time: Any, outputs: Any, state: Any, sample_ids: Any, name: str | None = None
    ) -> tuple[Any, Any, Any]:
        """Return (finished, next inputs, next state)."""
        with name_scope(name, "ScheduledEmbeddingTrainingHelperNextInputs"):
            finished, base, state = super().next_inputs(time, outputs, state, sample_ids)
            is_sampled = greater_equal(sample_ids, 0)

            def mixed() -> Tensor:
                embedded = self._embedding_fn(where(is_sampled, sample_ids, zeros_like(sample_ids)))
                result: Tensor = where(is_sampled, embedded, base)
                return result

            return finished, cond(reduce_all(finished), lambda: base, mixed), state


class ScheduledOutputTrainingHelper(TrainingHelper):
    """Takes inputs from the data, or the last output itself now and then.

    Args:
      inputs: [batch, time, depth].
      sequence_length: integers [batch].
      sampling_probability: how often an input is the last output.
      time_major: inputs are [time, batch, depth].
      seed: of the choices.
      next_inputs_fn: makes an input of an output; by default nothing is done.
      auxiliary_inputs: [batch, time, depth], joined to inputs that are outputs.
      name: the name of the nodes.

    Raises:
      ValueError: `sampling_probability` has a wrong rank.
    """

    def __init__(
        self,
        inputs: Any,
        sequence_length: Any,
        sampling_probability: Any,
        time_major: bool = False,
        seed: int | None = None,
        next_inputs_fn: Callable[[Any], Any] | None = None,
        auxiliary_inputs: Any = None,
        name: str | None = None,
    ) -> None:
        with name_scope(name, "ScheduledOutputTrainingHelper"):
            self._probability = _sampling_probability(sampling_probability)
            self._auxiliary: Any = None
            if auxiliary_inputs is not None:
                others = convert_to_tensor(auxiliary_inputs, name="auxiliary_inputs")
                inputs = concat((convert_to_tensor(inputs, name="inputs"), others), -1)
                moved = others if time_major else swap_batch_and_time(others)
                self._auxiliary = _as_arrays(moved)
            self._seed = seed
            self._next_inputs_fn = next_inputs_fn or (lambda outputs: outputs)
            super().__init__(inputs, sequence_length, time_major, name)

    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Any:
        """Return 1 where the input is to be the output, 0 elsewhere."""
        with name_scope(name, "ScheduledOutputTrainingHelperSample"):
            numbers = random_uniform([self.batch_size], seed=self._seed)
            return cast(less(numbers, self._probability), dtypes.int32)

    def next_inputs(
        self, time: Any, outputs: Any, state: Any, sample_ids: Any, name: str | None = None
    ) -> tuple[Any, Any, Any]:
        """Return (finished, next inputs, next state)."""
        with name_scope(name, "ScheduledOutputTrainingHelperNextInputs"):
            finished, base, state = super().next_inputs(time, outputs, state, sample_ids)
            is_sampled = cast(sample_ids, dtypes.bool)

            def mixed() -> Tensor:
                made = self._next_inputs_fn(outputs)
                if self._auxiliary is not None:
                    made = concat((made, self._auxiliary.read(time + 1)), -1)
                result: Tensor = where(is_sampled, made, base)
                return result

            return finished, cond(reduce_all(finished), lambda: base, mixed), state


class GreedyEmbeddingHelper(Helper):
    """Takes the embedding of the most probable output.

    Args:
      embedding: a table, or a function of ids.
      start_tokens: int32 [batch], what comes first.
      end_token: int32 scalar, what ends a sequence.

    Raises:
      ValueError: a rank is wrong.
    """

    def __init__(self, embedding: Any, start_tokens: Any, end_token: Any) -> None:
        self._embedding_fn = _lookup(embedding)
        self._start_tokens = convert_to_tensor(start_tokens, dtypes.int32, name="start_tokens")
        self._end_token = convert_to_tensor(end_token, dtypes.int32, name="end_token")
        if self._start_tokens.get_shape().ndims != 1:
            raise ValueError("start_tokens must be a vector")
        self._batch_size = size_of(self._start_tokens)
        if self._end_token.get_shape().ndims != 0:
            raise ValueError("end_token must be a scalar")
        self._start_inputs = self._embedding_fn(self._start_tokens)

    @property
    def batch_size(self) -> Any:
        """The number of sequences."""
        return self._batch_size

    def initialize(self, name: str | None = None) -> tuple[Any, Any]:
        """Return (finished, first inputs)."""
        return tile([False], [self._batch_size]), self._start_inputs

    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Any:
        """Return the classes with the largest outputs.

        Raises:
          TypeError: the outputs are not one tensor.
        """
        if not isinstance(outputs, Tensor):
            raise TypeError(f"Expected outputs to be a single Tensor, got: {type(outputs)}")
        return argmax(outputs, axis=-1, output_type=dtypes.int32)

    def next_inputs(
        self, time: Any, outputs: Any, state: Any, sample_ids: Any, name: str | None = None
    ) -> tuple[Any, Any, Any]:
        """Return (finished, next inputs, next state)."""
        finished = equal(sample_ids, self._end_token)
        inputs = cond(
            reduce_all(finished),
            lambda: self._start_inputs,
            lambda: self._embedding_fn(sample_ids),
        )
        return finished, inputs, state


class SampleEmbeddingHelper(GreedyEmbeddingHelper):
    """Takes the embedding of a sample of the output.

    Args:
      embedding: a table, or a function of ids.
      start_tokens: int32 [batch], what comes first.
      end_token: int32 scalar, what ends a sequence.
      softmax_temperature: logits are divided by it.
      seed: of samples.
    """

    def __init__(
        self,
        embedding: Any,
        start_tokens: Any,
        end_token: Any,
        softmax_temperature: Any = None,
        seed: int | None = None,
    ) -> None:
        super().__init__(embedding, start_tokens, end_token)
        self._temperature = softmax_temperature
        self._seed = seed

    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Any:
        """Return samples of the outputs.

        Raises:
          TypeError: the outputs are not one tensor.
        """
        if not isinstance(outputs, Tensor):
            raise TypeError(f"Expected outputs to be a single Tensor, got: {type(outputs)}")
        logits = outputs if self._temperature is None else outputs / self._temperature
        return multinomial(logits, 1, seed=self._seed, output_dtype=dtypes.int32)[:, 0]


class InferenceHelper(Helper):
    """Feeds what a function chooses back in.

    Args:
      sample_fn: of the outputs; returns what is chosen.
      sample_shape: its shape, without the batch.
      sample_dtype: its dtype.
      start_inputs: what comes first.
      end_fn: of what is chosen; returns bools [batch].
      next_inputs_fn: makes an input of what is chosen; by default nothing is done.
    """

    def __init__(
        self,
        sample_fn: Callable[[Any], Any],
        sample_shape: Any,
        sample_dtype: Any,
        start_inputs: Any,
        end_fn: Callable[[Any], Any],
        next_inputs_fn: Callable[[Any], Any] | None = None,
    ) -> None:
        self._sample_fn = sample_fn
        self._end_fn = end_fn
        self._sample_shape = TensorShape(sample_shape)
        self._sample_dtype = sample_dtype
        self._next_inputs_fn = next_inputs_fn
        self._start_inputs = convert_to_tensor(start_inputs, name="start_inputs")
        self._batch_size = shape_of(self._start_inputs)[0]

    @property
    def batch_size(self) -> Any:
        """The number of sequences."""
        return self._batch_size

    @property
    def sample_ids_shape(self) -> TensorShape:
        """The shape of what is chosen, without the batch."""
        return self._sample_shape

    @property
    def sample_ids_dtype(self) -> Any:
        """The dtype of what is chosen."""
        return self._sample_dtype

    def initialize(self, name: str | None = None) -> tuple[Any, Any]:
        """Return (finished, first inputs)."""
        return tile([False], [self._batch_size]), self._start_inputs

    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Any:
        """Return what is chosen."""
        return self._sample_fn(outputs)

    def next_inputs(
        self, time: Any, outputs: Any, state: Any, sample_ids: Any, name: str | None = None
    ) -> tuple[Any, Any, Any]:
        """Return (finished, next inputs, next state)."""
        make = self._next_inputs_fn
        inputs = sample_ids if make is None else make(sample_ids)
        return self._end_fn(sample_ids), inputs, state
