"""`TensorList`: the value of a list of tensors, and its sums and zeros."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from tensormill.graph import dtypes, errors
from tensormill.graph.dtypes import DType
from tensormill.graph.shapes import Dims
from tensormill.kernels.torch_dtypes import torch_dtype

__all__ = ["TensorList", "add_lists", "as_list", "zero_list", "zeros_of"]


@dataclass(frozen=True, slots=True, eq=False)
class TensorList:
    """Tensors of one dtype in an order. Whoever changes one makes another.

    Attributes:
      dtype: of the elements.
      dims: what is known of the shape of each element.
      items: the elements; None for one that is to be set.
      most: how many it may hold, -1 for any number.
    """

    dtype: DType
    dims: Dims
    items: list[Any]
    most: int = -1

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the shape of a scalar, which every variant has."""
        return ()

    def with_items(self, items: list[Any]) -> TensorList:
        """Return a list like this one with other elements."""
        return TensorList(self.dtype, self.dims, items, self.most)


def as_list(value: Any) -> TensorList:
    """Return the value of an input as a list.

    Raises:
      InvalidArgumentError: it is none.
    """
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if not isinstance(value, TensorList):
        raise errors.invalid_argument(f"Input handle is not a list. Saw: '{value}'")
    return value


def zeros_of(found: TensorList, dims: tuple[int | None, ...]) -> Any:
    """Return zeros in the dtype of a list, where its elements are."""
    if found.dtype == dtypes.string:
        sizes: Any = dims
        made = np.empty(sizes, object)
        made.fill(b"")
        return made
    if found.dtype == dtypes.variant:
        return TensorList(found.dtype, None, [])
    device = next((i.device for i in found.items if isinstance(i, torch.Tensor)), None)
    return torch.zeros(dims, dtype=torch_dtype(found.dtype), device=device)  # type: ignore[arg-type]


def zero_list(found: TensorList) -> TensorList:
    """Return a list with a zero for each element that is set."""
    items = [
        item if item is None else zero_list(item) if isinstance(item, TensorList)
        else torch.zeros_like(item)
        for item in found.items
    ]  # fmt: skip
    return found.with_items(items)


def add_lists(a: TensorList, b: TensorList) -> TensorList:
    """Return the sums of the elements of two lists; one that is not set counts as zeros.

    Raises:
      InvalidArgumentError: the lists differ in dtype or length.
    """
    if a.dtype != b.dtype:
        raise errors.invalid_argument(
            "Trying to add two lists of tensors of different dtypes. One is "
            f"{a.dtype.name} and the other is {b.dtype.name}"
        )
    if len(a.items) != len(b.items):
        raise errors.invalid_argument(
            "Trying to add two lists of tensors with different lengths. One is "
            f"{len(a.items)} and the other is {len(b.items)}"
        )
    items = [
        y if x is None else x if y is None
        else add_lists(x, y) if isinstance(x, TensorList) else torch.add(x, y)
        for x, y in zip(a.items, b.items, strict=True)
    ]  # fmt: skip
    return a.with_items(items)
