"""Crosses of sparse features: every combination of one value per feature, row by row."""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims
from tensormill.graph.sparse_tensor import SparseTensor
from tensormill.graph.tensor import Tensor
from tensormill.ops.casting import cast

__all__ = ["sparse_cross", "sparse_cross_hashed"]

sparse_cross_op = define(
    "SparseCross",
    inputs=(
        "indices: N * int64",
        "values: sparse_types",
        "shapes: N * int64",
        "dense_inputs: dense_types",
    ),
    outputs=("output_indices: int64", "output_values: out_type", "output_shape: int64"),
    attrs=(
        "N: int >= 0",
        "hashed_output: bool",
        "num_buckets: int >= 0",
        "hash_key: int",
        "sparse_types: list({int64, string}) >= 0",
        "dense_types: list({int64, string}) >= 0",
        "out_type: {int64, string}",
        "internal_type: {int64, string}",
    ),
    differentiable=False,
)

DEFAULT_HASH_KEY = 0xDECAFCAFFE
"""The key of hashed crosses, where none is given."""


@sparse_cross_op.shape
def sparse_cross_shape(ctx: ShapeContext) -> list[Dims]:
    return [(None, 2), (None,), (2,)]


def sparse_cross(inputs: list[Any], name: str | None = None) -> SparseTensor:
    """Return the crosses of `inputs` as strings, the values joined by "_X_".

    Args:
      inputs: sparse or dense tensors of integers or strings, shape [batch, values].
      name: the name of the node.
    """
    return _crossed(inputs, False, 0, None, name)


def sparse_cross_hashed(
    inputs: list[Any],
    num_buckets: int = 0,
    hash_key: int | None = None,
    name: str | None = None,
) -> SparseTensor:
    """Return the crosses of `inputs` as hash values.

    Args:
      inputs: sparse or dense tensors of integers or strings, shape [batch, values].
      num_buckets: the number of buckets; 0 keeps the whole hash value.
      hash_key: what the hash starts from; None stands for a fixed number.
      name: the name of the node.
    """
    return _crossed(inputs, True, num_buckets, hash_key, name)


def _crossed(
    inputs: list[Any], is_hashed: bool, num_buckets: int, hash_key: int | None, name: str | None
) -> SparseTensor:
    if not isinstance(inputs, list):
        raise TypeError("Inputs must be a list")
    if not all(isinstance(each, (SparseTensor, Tensor)) for each in inputs):
        raise TypeError("All inputs must be SparseTensors")
    sparse = [each for each in inputs if isinstance(each, SparseTensor)]
    values = [_as_int64_or_string(each.values) for each in sparse]
    dense = [_as_int64_or_string(each) for each in inputs if not isinstance(each, SparseTensor)]
    has_numbers = any(each.dtype != dtypes.string for each in (*values, *dense))
    return SparseTensor(
        *sparse_cross_op(
            [each.indices for each in sparse],
            values,
            [each.dense_shape for each in sparse],
            dense,
            hashed_output=is_hashed,
            num_buckets=num_buckets,
            hash_key=hash_key or DEFAULT_HASH_KEY,
            out_type=dtypes.int64 if is_hashed else dtypes.string,
            internal_type=dtypes.int64 if has_numbers else dtypes.string,
            name=name,
        )
    )


def _as_int64_or_string(tensor: Tensor) -> Tensor:
    return tensor if tensor.dtype == dtypes.string else cast(tensor, dtypes.int64)
