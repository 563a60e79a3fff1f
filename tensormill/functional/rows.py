"""What maps, scans and folds have in common: tensors taken apart into rows, and read back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.shapes import Dimension, TensorShape
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.tensor_array_class import TensorArray
from tensormill.variables.scope import get_variable_scope

__all__ = [
    "as_elements",
    "cached_variables",
    "check_callable",
    "row_count",
    "rows_array",
    "set_row_count",
]


def check_callable(fn: Any) -> None:
    """Refuse what cannot be called.

    Raises:
      TypeError: `fn` cannot be called.
    """
    if not callable(fn):
        raise TypeError("fn must be callable.")


@contextmanager
def cached_variables() -> Iterator[None]:
    """Let variables that are made in the block be read once, not in each iteration."""
    scope = get_variable_scope()
    if scope.caching_device is not None:
        yield
        return
    scope.set_caching_device(lambda op: op.device)
    try:
        yield
    finally:
        scope.set_caching_device(None)


def as_elements(elems: list[Any]) -> list[Tensor]:
    """Return the leaves of `elems` as tensors."""
    return [convert_to_tensor(elem, name="elem") for elem in elems]


def row_count(elem: Tensor) -> Any:
    """Return the number of rows of a tensor: an int where it is known and not 0, else a tensor."""
    rows = TensorShape.from_dims(elem.dims)[0].value
    return rows or shape_of(elem)[0]


def set_row_count(results: list[Tensor], elems: list[Tensor]) -> None:
    """Let `results` have as many rows as `elems`, which must agree in that.

    Raises:
      ValueError: two of `elems` have other numbers of rows.
    """
    rows = Dimension(None)
    for elem in elems:
        rows = rows.merge_with(TensorShape.from_dims(elem.dims).with_rank_at_least(1)[0])
    for result in results:
        if result.dims is not None:
            result.set_shape((rows.value, *result.dims[1:]))


def rows_array(elem: Tensor, count: Any, element_shape: Any = None) -> TensorArray:
    """Return a TensorArray of the rows of a tensor."""
    array = TensorArray(elem.dtype, size=count, infer_shape=True, element_shape=element_shape)
    return array.unstack(elem)
