"""`tf.ragged`: ragged tensors."""

from __future__ import annotations

from tensormill.ragged_tensors.arrays import boolean_mask, stack_dynamic_partitions
from tensormill.ragged_tensors.construction import constant, constant_value, placeholder, range
from tensormill.ragged_tensors.joining import stack
from tensormill.ragged_tensors.mapping import map_flat_values
from tensormill.ragged_tensors.row_partitions import (
    row_splits_to_segment_ids,
    segment_ids_to_row_splits,
)
from tensormill.ragged_tensors.value import RaggedTensorValue

__all__ = [
    "RaggedTensorValue",
    "boolean_mask",
    "constant",
    "constant_value",
    "map_flat_values",
    "placeholder",
    "range",
    "row_splits_to_segment_ids",
    "segment_ids_to_row_splits",
    "stack",
    "stack_dynamic_partitions",
]
