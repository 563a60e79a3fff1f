"""Functions of TensorFlow's modules for ragged tensors that are methods here, or called otherwise.

Source: TensorFlow 1.15, python/ops/ragged.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.ragged_tensors import conversions, strings
from tensormill.ragged_tensors.tensor import RaggedTensor, convert_to_tensor_or_ragged_tensor

__all__ = ["from_sparse", "from_tensor", "string_split_v2", "to_sparse"]


def from_tensor(
    tensor: Any,
    lengths: Any = None,
    padding: Any = None,
    ragged_rank: int = 1,
    row_splits_dtype: Any = dtypes.int64,
    name: str | None = None,
) -> Any:
    """Return the rows of a tensor as a ragged one."""
    return conversions.from_tensor(tensor, lengths, padding, ragged_rank, name, row_splits_dtype)


def from_sparse(st_input: Any, name: str | None = None) -> Any:
    """Return the rows of a sparse tensor as a ragged one."""
    return RaggedTensor.from_sparse(st_input, name)


def to_sparse(rt_input: Any, name: str | None = None) -> Any:
    """Return a ragged tensor as a sparse one."""
    return convert_to_tensor_or_ragged_tensor(rt_input).to_sparse(name)


def string_split_v2(
    input: Any, sep: Any = None, maxsplit: int = -1, name: str | None = None
) -> Any:
    """Return the parts of each string as rows."""
    return strings.split(input, sep, maxsplit, result_type="RaggedTensor", name=name)
