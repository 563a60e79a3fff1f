"""Sparse tensors kept on the task under int64 handles, which queues can hold.

Source: TensorFlow 1.15, core/ops/sparse_ops.cc and python/ops/sparse_ops.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph.default_scopes import colocate_with
from tensormill.graph.op_registry import define
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, TensorShape, with_rank
from tensormill.graph.sparse_tensor import SparseTensor
from tensormill.graph.tensor import Tensor
from tensormill.ops.sparse_arrays import as_sparse

_SPARSE = ("sparse_indices: int64", "sparse_values: T", "sparse_shape: int64")
_NAMED = ("container: string = ''", "shared_name: string = ''")

add_sparse_to_tensors_map_op = define(
    "AddSparseToTensorsMap",
    inputs=_SPARSE,
    outputs=("sparse_handle: int64",),
    attrs=("T: type", *_NAMED),
    stateful=True,
    differentiable=False,
)
add_many_sparse_to_tensors_map_op = define(
    "AddManySparseToTensorsMap",
    inputs=_SPARSE,
    outputs=("sparse_handles: int64",),
    attrs=("T: type", *_NAMED),
    stateful=True,
    differentiable=False,
)
take_many_sparse_from_tensors_map_op = define(
    "TakeManySparseFromTensorsMap",
    inputs=("sparse_handles: int64",),
    outputs=("sparse_indices: int64", "sparse_values: dtype", "sparse_shape: int64"),
    attrs=("dtype: type", *_NAMED),
    stateful=True,
    differentiable=False,
)


def _check_sparse(ctx: ShapeContext) -> None:
    with_rank(ctx.shape("sparse_indices"), 2)
    with_rank(ctx.shape("sparse_values"), 1)
    with_rank(ctx.shape("sparse_shape"), 1)


@add_sparse_to_tensors_map_op.shape
def add_sparse_to_tensors_map_shape(ctx: ShapeContext) -> list[Dims]:
    _check_sparse(ctx)
    return [()]


@add_many_sparse_to_tensors_map_op.shape
def add_many_sparse_to_tensors_map_shape(ctx: ShapeContext) -> list[Dims]:
    _check_sparse(ctx)
    return [(None,)]


@take_many_sparse_from_tensors_map_op.shape
def take_many_sparse_from_tensors_map_shape(ctx: ShapeContext) -> list[Dims]:
    with_rank(ctx.shape("sparse_handles"), 1)
    return [(None, None), (None,), (None,)]


def add_sparse_to_tensors_map(
    sp_input: Any,
    container: str | None = None,
    shared_name: str | None = None,
    name: str | None = None,
) -> Tensor:
    """Keep a sparse tensor; return its handle: int64 scalar."""
    sparse = as_sparse(sp_input)
    made: Tensor = add_sparse_to_tensors_map_op(
        sparse.indices,
        sparse.values,
        sparse.dense_shape,
        container=container or "",
        shared_name=shared_name or "",
        name=name,
    )
    return made


def add_many_sparse_to_tensors_map(
    sp_input: Any,
    container: str | None = None,
    shared_name: str | None = None,
    name: str | None = None,
) -> Tensor:
    """Keep each row of a sparse tensor; return their handles: int64 vector."""
    sparse = as_sparse(sp_input)
    made: Tensor = add_many_sparse_to_tensors_map_op(
        sparse.indices,
        sparse.values,
        sparse.dense_shape,
        container=container or "",
        shared_name=shared_name or "",
        name=name,
    )
    return made


def take_many_sparse_from_tensors_map(
    sparse_map_op: Operation, sparse_handles: Any, rank: int | None = None, name: str | None = None
) -> SparseTensor:
    """Return kept sparse tensors as the rows of one, and keep them no longer.

    Args:
      sparse_map_op: the operation that kept them.
      sparse_handles: int64 vector.
      rank: of the result, where it is known.
      name: of the operation.

    Raises:
      TypeError: the operation keeps no sparse tensors.
    """
    if sparse_map_op.type not in ("AddSparseToTensorsMap", "AddManySparseToTensorsMap"):
        raise TypeError(
            "sparse_map_op must be one of AddSparseToTensorsMap or AddManySparseToTensorsMap. "
            f"Instead, found `{sparse_map_op.type}`."
        )
    with colocate_with(sparse_map_op):
        shared_name = sparse_map_op.get_attr("shared_name") or sparse_map_op.name
        indices, values, dense_shape = take_many_sparse_from_tensors_map_op(
            sparse_handles,
            dtype=sparse_map_op.get_attr("T"),
            container=sparse_map_op.get_attr("container"),
            shared_name=shared_name,
            name=name,
        )
    indices.set_shape(TensorShape([None, rank]))
    dense_shape.set_shape(TensorShape([rank]))
    return SparseTensor(indices, values, dense_shape)
