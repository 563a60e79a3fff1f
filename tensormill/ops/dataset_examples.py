"""Datasets of the features of messages: batches of serialized examples, parsed.

Source: TensorFlow 1.15, core/ops/experimental_dataset_ops.cc.
"""

from __future__ import annotations

from tensormill.ops.dataset_op import TYPED, define_dataset

_INPUTS = ("input_dataset: variant", "num_parallel_calls: int64", "dense_defaults: Tdense")
_VALUES = "list({float32, int64, string}) >= 0"
_FEATURES = (
    "sparse_keys: list(string) >= 0",
    "dense_keys: list(string) >= 0",
    f"sparse_types: {_VALUES}",
    f"Tdense: {_VALUES}",
    "dense_shapes: list(shape) >= 0",
    *TYPED,
)
_RAGGED = (
    "ragged_keys: list(string) >= 0 = []",
    f"ragged_value_types: {_VALUES} = []",
    "ragged_split_types: list({int32, int64}) >= 0 = []",
)

parse_example_dataset_op = define_dataset(
    "ParseExampleDataset", _INPUTS, (*_FEATURES, "sloppy: bool = false", *_RAGGED)
)
experimental_parse_example_dataset_op = define_dataset(
    "ExperimentalParseExampleDataset", _INPUTS, (*_FEATURES, "sloppy: bool = false")
)
parse_example_dataset_v2_op = define_dataset(
    "ParseExampleDatasetV2", _INPUTS, (*_FEATURES, 'deterministic: string = "default"', *_RAGGED)
)
