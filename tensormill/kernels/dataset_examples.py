"""Kernels of datasets of the features of messages.

Source: TensorFlow 1.15, core/kernels/data/experimental/parse_example_dataset_op.cc.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from tensormill.graph import errors
from tensormill.kernels.dataset_base import Dataset, Failure, Iteration
from tensormill.kernels.dataset_transformations import DerivedDataset
from tensormill.kernels.example_columns import Column, dense_columns, host_arrays, texts_of
from tensormill.kernels.example_parsing import ExampleParser
from tensormill.kernels.registry import KernelContext, kernel_factory

__all__: list[str] = []


class ExamplesDataset(DerivedDataset):
    """The features of batches of messages, in the order of their keys.

    A sparse feature is a vector of three variants: indices, values and shape.
    """

    def __init__(
        self, source: Dataset, sparse: Sequence[Column], dense: Sequence[Column], ctx: KernelContext
    ) -> None:
        super().__init__(source, ctx.attrs["output_types"], ctx.attrs["output_shapes"])
        self._parser = ExampleParser(sparse, dense)
        self._sparse_count = len(sparse)
        keys = [column.key for column in (*sparse, *dense)]
        self._order = sorted(range(len(keys)), key=lambda at: keys[at].encode())

    def elements(self, iteration: Iteration) -> Iterator[Any]:
        for element in self.source.elements(iteration):
            if type(element) is Failure:
                yield element
                continue
            try:
                yield self._features(element[0])
            except errors.OpError as error:
                yield Failure(error)

    def _features(self, texts: Any) -> tuple[Any, ...]:
        if not isinstance(texts, np.ndarray) or texts.ndim != 1:
            raise errors.invalid_argument(
                "Input serialized strings must be a vector: batch them before they are parsed"
            )
        parts = self._parser.parse(texts.tolist(), ())
        count = self._sparse_count
        features: list[Any] = [_variants(parts[at : 3 * count : count]) for at in range(count)]
        features += parts[3 * count :]
        return tuple([features[at] for at in self._order])

    def cardinality(self) -> int:
        return self.source.cardinality()


def _variants(parts: Sequence[Any]) -> Any:
    packed = np.empty(3, object)
    for index, part in enumerate(parts):
        packed[index] = part
    return packed


def make_examples_dataset(ctx: KernelContext) -> Callable[..., Dataset]:
    attrs = ctx.attrs
    if attrs.get("ragged_keys"):
        raise errors.unimplemented(f"{ctx.node_name}: ragged features of examples")
    sparse = list(map(Column, texts_of(attrs["sparse_keys"]), attrs["sparse_types"]))
    keys = texts_of(attrs["dense_keys"])

    def examples_dataset(
        input_dataset: Any, num_parallel_calls: Any, dense_defaults: Sequence[Any]
    ) -> Dataset:
        dense = dense_columns(
            keys, attrs["Tdense"], attrs["dense_shapes"], host_arrays(dense_defaults)
        )
        return ExamplesDataset(input_dataset, sparse, dense, ctx)

    return examples_dataset


for _op_type in ("ParseExampleDataset", "ExperimentalParseExampleDataset", "ParseExampleDatasetV2"):
    kernel_factory(_op_type, "cpu", host_inputs=("num_parallel_calls",))(make_examples_dataset)
