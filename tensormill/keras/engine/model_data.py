"""How a model takes data: as arrays that fit its placeholders, in batches.

Source: TensorFlow 1.15, python/keras/engine/training.py.
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

import tensormill.api as tf
from tensormill.graph import nest
from tensormill.keras.backend.state import floatx
from tensormill.keras.backend.values import is_placeholder
from tensormill.keras.engine.batches import (
    ArrayBatches,
    SourceBatches,
    TensorBatches,
    as_batches,
    computed,
    fed,
    first_batch,
    is_dataset,
    is_source,
    parts_of,
)
from tensormill.keras.engine.data_arguments import with_first
from tensormill.keras.engine.data_checks import (
    check_array_lengths,
    check_generator_arguments,
    check_steps_argument,
    has_tensors,
    infer_steps_for_dataset,
    is_tensor,
    standardize_input_data,
    validate_dataset_input,
)
from tensormill.keras.engine.data_weights import (
    check_loss_and_target_compatibility,
    standardize_class_weights,
    standardize_sample_weights,
    standardize_weights,
)
from tensormill.keras.engine.endpoints import Endpoint
from tensormill.keras.engine.network import Network
from tensormill.keras.utils.sequences import Sequence

__all__ = ["ModelData"]


class ModelData(Network):
    """A network that takes arrays, tensors, data sets, generators and `Sequence`s."""

    _endpoints: list[Endpoint] | None

    def _assert_compiled(self) -> None:
        raise NotImplementedError

    @property
    def _feed_inputs(self) -> list[Any]:
        """The inputs that are fed: those that do not come from tensors by themselves."""
        return [tensor for tensor in self.inputs or [] if _is_fed(tensor)]

    @property
    def _feed_input_names(self) -> list[str]:
        """The names of the inputs that are fed."""
        pairs = zip(self.inputs or [], self.input_names, strict=True)
        return [name for tensor, name in pairs if _is_fed(tensor)]

    @property
    def _trained(self) -> list[Endpoint]:
        """The outputs that have a loss."""
        return [each for each in self._endpoints or [] if each.loss is not None]

    @property
    def _feed_endpoints(self) -> list[Endpoint]:
        """The outputs whose labels are fed."""
        return [each for each in self._trained if each.is_target_fed]

    def _set_inputs(self, inputs: Any) -> None:
        """Connect a model that does not know its inputs yet."""
        if not self.inputs:
            outputs = self(inputs)
            self.inputs = nest.flatten(inputs)
            self.outputs = nest.flatten(outputs)
            if isinstance(inputs, dict):
                self.input_names = sorted(inputs)
            else:
                self.input_names = [f"input_{at + 1}" for at in range(len(self.inputs))]
            self.output_names = [f"output_{at + 1}" for at in range(len(self.outputs))]
            self.built = True

    def _meet(self, x: Any) -> None:
        """Connect a model by the data that it is given."""
        if self.inputs:
            return
        is_nested = isinstance(x, (list, tuple, dict))
        tensors = [_placeholder_for(array) for array in (nest.flatten(x) if is_nested else [x])]
        self._set_inputs(nest.pack_sequence_as(x, tensors) if is_nested else tensors[0])

    def _meet_source(self, source: Any) -> Any:
        """Connect a model by the first batch of a source; return the source with that batch."""
        if is_dataset(source):
            types, shapes = source.output_types, source.output_shapes
            if isinstance(types, tuple):
                types, shapes = types[0], shapes[0]
            pairs = zip(nest.flatten(types), nest.flatten(shapes), strict=True)
            given = [tf.placeholder(dtype, shape) for dtype, shape in pairs]
            self._set_inputs(nest.pack_sequence_as(types, given))
            return source
        if isinstance(source, Sequence):
            self._meet(parts_of(source[0])[0])
            return source
        iterator = iter(source)
        first = next(iterator)
        self._meet(parts_of(first)[0])
        return with_first(first, iterator)

    def _check_call_args(self, method_name: str) -> None:
        """Refuse a `call` that needs more than its first argument.

        Raises:
          ValueError: it does.
        """
        found = inspect.signature(self.call).parameters.values()
        needed = [
            each.name
            for each in found
            if each.default is each.empty
            and each.kind is each.POSITIONAL_OR_KEYWORD
            and each.name != "training"
        ]
        if len(needed) > 1:
            raise ValueError(
                f"Models passed to `{method_name}` can only have `training` and the first argument "
                f"in `call` as positional arguments, found: {needed[1:]}."
            )

    def _inputs_of(self, x: Any) -> list[Any]:
        """Return the inputs as arrays that fit their placeholders."""
        tensors = self._feed_inputs
        found = standardize_input_data(
            x,
            self._feed_input_names,
            [_shape_of(each) for each in tensors],
            check_batch_axis=False,
            exception_prefix="input",
        )
        return [
            array.toarray() if hasattr(array, "tocoo") and not _is_sparse(tensor) else array
            for array, tensor in zip(found, tensors, strict=True)
        ]

    def _standardized(
        self, x: Any, y: Any = None, sample_weight: Any = None, class_weight: Any = None
    ) -> list[Any]:
        """Return the inputs, labels and weights as arrays that fit the placeholders."""
        self._meet(x)
        inputs = self._inputs_of(x)
        if y is None and not self._trained:
            return inputs
        self._assert_compiled()
        endpoints = self._feed_endpoints
        names = [each.name for each in endpoints]
        if y is None:
            weights = standardize_sample_weights(
                sample_weight, [each.name for each in self._trained]
            )
            return [*inputs, *[None] * len(names), *weights]
        labels = standardize_input_data(
            y, names, None, check_batch_axis=False, exception_prefix="target"
        )
        weights = [
            None if label is None else standardize_weights(label, weight, classes, each.mode)
            for label, weight, classes, each in zip(
                labels,
                standardize_sample_weights(sample_weight, names),
                standardize_class_weights(class_weight, names),
                endpoints,
                strict=True,
            )
        ]
        check_array_lengths(inputs, labels, weights)
        if self._is_graph_network:
            check_loss_and_target_compatibility(
                labels,
                [each.loss for each in endpoints],
                [_shape_of(each.output) for each in endpoints],
            )
        by_name = dict(zip(names, weights, strict=True))
        return [*inputs, *labels, *(by_name.get(each.name) for each in self._trained)]

    def _checked_batch_size(self, batch_size: int | None, steps: int | None) -> int | None:
        """Return the size of batches, which a static one of the inputs gives by default.

        Raises:
          ValueError: the static one is another.
        """
        known = [shape[0] for shape in map(_shape_of, self._feed_inputs) if shape]
        static = known[0] if known else None
        if static is None:
            return batch_size
        if batch_size is not None and batch_size != static:
            raise ValueError(
                f"The `batch_size` argument value {batch_size} is incompatible with the specified "
                f"batch size of your Input Layer: {static}"
            )
        return static if steps is None else batch_size

    def _batches(
        self, x: Any, y: Any, weights: Any, classes: Any, size: Any, steps: Any,
        steps_name: str = "steps", epochs: int = 1,
    ) -> Any:  # fmt: skip
        """Return the batches of what `fit` and `evaluate` are given."""

        def standardize(batch: Any) -> list[Any]:
            x, y, weights = parts_of(batch)
            return self._standardized(x, y, weights, classes)

        if is_source(x):
            return self._source_batches(x, steps, standardize, steps_name, epochs)
        check_steps_argument(x, steps, steps_name)
        if x is None or has_tensors([x, y, weights]):
            return TensorBatches(
                [x, y, weights],
                steps,
                lambda given: self._standardized(given[0], given[1], given[2], classes),
            )
        arrays = self._standardized(x, y, weights, classes)
        return self._array_batches(arrays, size, steps)

    def _array_batches(self, arrays: list[Any], size: Any, steps: Any) -> ArrayBatches:
        batches = ArrayBatches(arrays, self._checked_batch_size(size, steps))
        if self.stateful and size and batches.samples % size:
            raise ValueError(
                "In a stateful network, you should only pass inputs with a number of samples that "
                f"can be divided by the batch size. Found: {batches.samples} samples"
            )
        return batches

    def _source_batches(
        self, x: Any, steps: Any, standardize: Any, steps_name: str, epochs: int
    ) -> Any:
        """Return the batches of a source.

        Raises:
          ValueError: it is not known how many an epoch has, and it must be.
        """
        check_steps_argument(x, steps, steps_name)
        starts_anew = False
        if isinstance(x, tf.data.Dataset):
            starts_anew = steps is None
            steps = infer_steps_for_dataset(self, x, steps, epochs, steps_name)
        batches = as_batches(x, steps, standardize, starts_anew)
        if isinstance(batches, SourceBatches) and batches.steps is None:
            what = "`validation_steps`" if steps_name == "validation_steps" else None
            raise ValueError(
                f"Please specify the {what} argument."
                if what
                else f"Please specify the number of steps via the `{steps_name}` argument."
            )
        return batches

    def _prediction_batches(self, x: Any, batch_size: Any, steps: Any) -> Any:
        """Return the batches of what `predict` is given."""

        def standardize(batch: Any) -> list[Any]:
            return self._inputs_of(parts_of(batch)[0])

        if is_source(x):
            return self._source_batches(x, steps, standardize, "steps", 1)
        check_steps_argument(x, steps, "steps")
        if x is None or has_tensors(x):
            return TensorBatches([x], steps, lambda given: self._inputs_of(given[0]))
        self._meet(x)
        return self._array_batches(self._inputs_of(x), batch_size, steps)

    def _one_batch(self, x: Any, y: Any, weights: Any) -> tuple[Any, Any, Any]:
        """Return the values of one batch, also of a data set or an iterator."""
        if is_dataset(x):
            validate_dataset_input(x, y, weights)
            self._meet_source(x)
            x, y, weights = parts_of(first_batch(x))
        elif has_tensors([x, y, weights]):
            self._meet(x)
            x, y, weights = computed([x, y, weights])
        else:
            self._meet(x)
        return x, y, weights

    def _fed(self, arrays: list[Any]) -> list[Any]:
        return [fed(each) for each in arrays]


def check_source_arguments(
    x: Any, y: Any, sample_weight: Any, validation_split: float, batch_size: int | None
) -> None:
    """Refuse arguments that mean nothing for data that come in batches, with their labels.

    Raises:
      ValueError: one was given.
    """
    if batch_size is not None and not isinstance(x, tf.data.Iterator):
        raise ValueError(
            "The `batch_size` argument must not be specified for the given input type. Received "
            f"input: {x}, batch_size: {batch_size}"
        )
    if is_dataset(x):
        validate_dataset_input(x, y, sample_weight, validation_split)
    else:
        check_generator_arguments(y, sample_weight, validation_split)


def _is_fed(tensor: Any) -> bool:
    history = getattr(tensor, "_keras_history", None)
    if history is not None and hasattr(history.layer, "is_placeholder"):
        return bool(history.layer.is_placeholder) or is_placeholder(tensor)
    return not isinstance(tensor, tf.Tensor) or is_placeholder(tensor)


def _is_sparse(tensor: Any) -> bool:
    return isinstance(tensor, tf.SparseTensor)


def _shape_of(tensor: Any) -> tuple[Any, ...] | None:
    """Return the static shape, None where the rank is not known."""
    dims = tensor.shape if isinstance(tensor, tf.RaggedTensor) else tensor.get_shape()
    return None if dims.ndims is None else tuple(dims.as_list())


def _placeholder_for(array: Any) -> Any:
    """Return a placeholder for batches like an array or a tensor."""
    if is_tensor(array):
        dims = array.get_shape().as_list()
        return tf.placeholder(array.dtype.base_dtype, [None, *dims[1:]])
    array = np.asarray(array)
    shape = [None, 1] if array.ndim == 1 else [None, *array.shape[1:]]
    dtype = {"f": floatx(), "U": tf.string, "S": tf.string, "O": tf.string}.get(
        array.dtype.kind, array.dtype
    )
    return tf.placeholder(dtype, shape)
