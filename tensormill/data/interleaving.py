"""Elements of several datasets in one: by turns, as a dataset chooses, or as random numbers do.

Source: TensorFlow 1.15, python/data/experimental/ops/interleave_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tensormill.data.base import DatasetBase, as_int64, flat_attrs, seed_tensors
from tensormill.data.components import TensorComponent, VariantComponent, most_general
from tensormill.data.dataset import Dataset
from tensormill.data.grouping import Transformation
from tensormill.data.structured_function import StructuredFunction
from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.shapes import are_compatible
from tensormill.graph.tensor import Tensor
from tensormill.ops import dataset_functions, dataset_sources, dataset_transformations
from tensormill.ops.array_shapes import expand_dims, squeeze
from tensormill.ops.elementwise_unary import log
from tensormill.ops.stateless_random import stateless_multinomial

__all__ = ["RandomDataset", "choose_from_datasets", "parallel_interleave", "sample_from_datasets"]


def parallel_interleave(
    map_func: Callable[..., Any],
    cycle_length: Any,
    block_length: Any = 1,
    sloppy: Any = False,
    buffer_output_elements: Any = None,
    prefetch_input_elements: Any = None,
) -> Transformation:
    """Return a transformation into the elements of the datasets of a function, by turns.

    Args:
      map_func: returns a dataset for an element.
      cycle_length: of how many datasets elements are taken at a time.
      block_length: how many elements are taken of one before it is the next one's turn.
      sloppy: whether the order may change for speed.
      buffer_output_elements: how many elements of a dataset are computed ahead.
      prefetch_input_elements: how many datasets are opened ahead.
    """

    def apply(dataset: Dataset) -> Dataset:
        function = StructuredFunction(map_func, "parallel_interleave", dataset._structure)
        made = function.structure
        if not (isinstance(made, VariantComponent) and made.inner is not None):
            raise TypeError("`map_func` must return a `Dataset` object.")
        block = as_int64(block_length, "block_length")
        ahead = 2 * block_length if buffer_output_elements is None else buffer_output_elements
        opened = 2 * cycle_length if prefetch_input_elements is None else prefetch_input_elements
        variant = dataset_functions.parallel_interleave_dataset_op(
            dataset._variant_tensor,
            function.captured,
            as_int64(cycle_length, "cycle_length"),
            block,
            convert_to_tensor(sloppy, dtypes.bool, name="sloppy"),
            as_int64(ahead, "buffer_output_elements"),
            as_int64(opened, "prefetch_input_elements"),
            f=function.ref,
            **flat_attrs(made.inner),
        )
        return dataset._derived(variant, made.inner)

    return apply


def RandomDataset(seed: Any = None) -> Dataset:
    """Return a dataset of random integers without end."""
    first, second = seed_tensors(seed)
    structure = TensorComponent(dtypes.int64, ())
    return Dataset(
        dataset_sources.random_dataset_op(first, second, **flat_attrs(structure)), structure
    )


def choose_from_datasets(datasets: Sequence[Any], choice_dataset: Any) -> Dataset:
    """Return the elements of several datasets, from which another dataset of int64 chooses.

    Raises:
      TypeError: the datasets have elements of other types, or the choices are no numbers.
    """
    if choice_dataset._structure != TensorComponent(dtypes.int64, ()):
        raise TypeError("`choice_dataset` must be a dataset of scalar `tf.int64` tensors.")
    return _directed(choice_dataset, datasets)


def _directed(selector: Any, datasets: Sequence[Any]) -> Dataset:
    first = datasets[0]
    structure = first._structure
    for dataset in datasets[1:]:
        if (dataset.output_types, dataset.output_classes) != (
            first.output_types,
            first.output_classes,
        ):
            raise TypeError("All datasets must have the same type and class.")
        structure = most_general(structure, dataset._structure)
    variant = dataset_transformations.directed_interleave_dataset_op(
        selector._variant_tensor,
        [dataset._variant_tensor for dataset in datasets],
        **flat_attrs(structure),
    )
    made: Dataset = Dataset(variant, structure)._with_options_of(selector, *datasets)
    return made


def sample_from_datasets(datasets: Sequence[Any], weights: Any = None, seed: Any = None) -> Dataset:
    """Return the elements of several datasets, from which random numbers choose.

    Args:
      datasets: a list of datasets.
      weights: how likely each of them is, as a vector or a dataset of vectors; all the same where
        None.
      seed: decides the choices, with the seed of the graph.

    Raises:
      ValueError: the number of weights is not that of the datasets.
      TypeError: the datasets have elements of other types.
    """
    seeds = RandomDataset(seed).batch(2)
    if isinstance(weights, DatasetBase):
        logits = weights.map(lambda *vector: log(vector, name="logits"))  # type: ignore[attr-defined]
        return _directed(Dataset.zip((logits, seeds)).map(_drawn), datasets)
    if weights is None:
        row: Any = [[1.0] * len(datasets)]
    else:
        probabilities = convert_to_tensor(weights, name="weights")
        if probabilities.dtype not in (dtypes.float32, dtypes.float64):
            raise TypeError(
                "`weights` must be convertible to a tensor of `tf.float32` or `tf.float64` "
                "elements."
            )
        if not are_compatible(probabilities.dims, (len(datasets),)):
            raise ValueError("`weights` must be a vector of length `len(datasets)`.")
        row = expand_dims(log(probabilities, name="logits"), 0)
    if len(datasets) == 1:
        return datasets[0]
    return _directed(seeds.map(lambda pair: _drawn(row, pair)), datasets)


def _drawn(logits: Any, seeds: Tensor) -> Tensor:
    """Return the number of a dataset, drawn by two seeds."""
    drawn: Tensor = squeeze(stateless_multinomial(logits, 1, seed=seeds), axis=[0, 1])
    return drawn
