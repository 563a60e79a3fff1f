"""Several gradients of one tensor summed to one: dense ones added, slices put together.

Source: TensorFlow 1.15, python/ops/gradients_util.py, python/eager/backprop.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.graph import get_default_graph
from tensormill.graph.indexed_slices import IndexedSlices
from tensormill.graph.op_table import OP_DEFS
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.ops.summation import add_n

__all__ = ["AggregationMethod", "Gradient", "aggregate"]

Gradient = Tensor | IndexedSlices


class AggregationMethod:
    """How several gradients of one tensor are summed.

    Attributes:
      ADD_N: all at once, in one AddN; all of them are in memory at that time.
      DEFAULT: what TensorFlow chooses, which is `ADD_N`.
      EXPERIMENTAL_TREE: one after another, in pairs.
      EXPERIMENTAL_ACCUMULATE_N: the same.
    """

    ADD_N = 0
    DEFAULT = ADD_N
    EXPERIMENTAL_TREE = 1
    EXPERIMENTAL_ACCUMULATE_N = 2


_PAIRWISE = (AggregationMethod.EXPERIMENTAL_TREE, AggregationMethod.EXPERIMENTAL_ACCUMULATE_N)
_METHODS = (AggregationMethod.ADD_N, *_PAIRWISE)


def check_aggregation_method(method: int | None) -> None:
    """Raise ValueError where `method` is none of `AggregationMethod`."""
    if method is not None and method not in _METHODS:
        raise ValueError(
            f"Invalid `aggregation_method` specified {method}. Accepted values are "
            f"{list(_METHODS)}."
        )


def aggregate(terms: Sequence[Gradient], op: Operation, method: int | None) -> Any:
    """Return the sum of the gradients of one output of `op`; None where there are none.

    Raises:
      TypeError: a term is neither a tensor nor `IndexedSlices`.
    """
    if not terms:
        return None
    if not all(isinstance(term, (Tensor, IndexedSlices)) for term in terms):
        raise TypeError(
            f"Invalid gradient {terms}. Gradients have to be either all Tensors or all "
            "IndexedSlices"
        )
    if len(terms) == 1:
        return terms[0]
    if not all(isinstance(term, Tensor) for term in terms):
        return _sum_slices(terms)
    if method in _PAIRWISE:
        with get_default_graph().name_scope(op.name + "_gradient_sum"):
            total = terms[0]
            for term in terms[1:]:
                total = add_n([total, term])
            return total
    return _sum_on_devices(terms)


def _sum_on_devices(terms: Sequence[Any]) -> Tensor:
    """Sum the terms of each device beside the first of them, then these sums."""
    by_device: dict[str, list[Tensor]] = {}
    for term in terms:
        by_device.setdefault(term.device, []).append(term)
    sums = []
    for device in sorted(by_device):
        local = by_device[device]
        if len(local) == 1:
            sums.append(local[0])
            continue
        with get_default_graph().colocate_with(local[0].op, ignore_existing=True):
            sums.append(add_n(local))
    return sums[0] if len(sums) == 1 else add_n(sums)


def _sum_slices(terms: Sequence[Gradient]) -> Gradient:
    """Put slices one after another; where a dense gradient is among them the sum is dense."""
    if any(isinstance(term, Tensor) for term in terms):
        return add_n(list(terms))
    slices = [_flattened(term) for term in terms if isinstance(term, IndexedSlices)]
    if len({s.indices.dtype for s in slices}) > 1:
        slices = [_with_wide_indices(s) for s in slices]
    concat = OP_DEFS["ConcatV2"].builder
    return IndexedSlices(
        concat([s.values for s in slices], 0, name="concat"),
        concat([s.indices for s in slices], 0, name="concat"),
        slices[0].dense_shape,
    )


def _with_wide_indices(slices: IndexedSlices) -> IndexedSlices:
    if slices.indices.dtype == dtypes.int64:
        return slices
    wide = OP_DEFS["Cast"].builder(slices.indices, DstT=dtypes.int64)
    return IndexedSlices(slices.values, wide, slices.dense_shape)


def _flattened(slices: IndexedSlices) -> IndexedSlices:
    """Return slices of slices as slices of the dense tensor."""
    if isinstance(slices.values, Tensor):
        return slices
    inner = _flattened(slices.values)
    indices = OP_DEFS["GatherV2"].builder(slices.indices, inner.indices, 0)
    return IndexedSlices(inner.values, indices, inner.dense_shape)
