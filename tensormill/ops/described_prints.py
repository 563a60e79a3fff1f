"""`print_op`: a tensor, a sparse tensor or an array, written out with what is known of it.

Source: TensorFlow 1.15, contrib/framework/python/ops/prettyprint_ops.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.constants import constant
from tensormill.graph.default_scopes import control_dependencies
from tensormill.graph.sparse_tensor import SparseTensor
from tensormill.graph.tensor import Tensor
from tensormill.ops.casting import cast
from tensormill.ops.identities import identity
from tensormill.ops.printing import Print
from tensormill.ops.reduction import argmax
from tensormill.ops.tensor_array_class import TensorArray

__all__ = ["print_op"]


def print_op(
    input_: Any,
    data: Any = None,
    message: str | None = None,
    first_n: int | None = None,
    summarize: int = 20,
    print_tensor_name: bool = True,
    print_tensor_type: bool = True,
    print_shape: bool = True,
    summarize_indicator_vector: bool = True,
    name: str | None = None,
) -> Any:
    """Return `input_`; whenever it is computed, write it and `data` to standard error.

    Args:
      input_: a tensor, a variable, a sparse tensor or an array.
      data: others to show.
      message: the start of the line.
      first_n: stop after so many times.
      summarize: how many entries of each tensor.
      print_tensor_name: whether names are shown.
      print_tensor_type: whether kinds and dtypes are shown.
      print_shape: whether shapes are shown.
      summarize_indicator_vector: whether the place of the first True of booleans is shown.
      name: the name of the node.

    Raises:
      ValueError: something is none of these.
    """
    if input_ is None:
        raise ValueError("input_ must be of type Tensor, SparseTensor or TensorArray")
    wanted = (print_tensor_name, print_tensor_type, print_shape, summarize_indicator_vector)
    parts = [part for each in (input_, *(data or ())) for part in _described(each, *wanted)]
    rest = (parts, message or "", first_n, summarize, name)
    if not isinstance(input_, (SparseTensor, TensorArray)):
        return Print(input_, *rest)
    with control_dependencies([Print(constant([]), *rest)]):
        if isinstance(input_, SparseTensor):
            return SparseTensor(
                identity(input_.indices), identity(input_.values), identity(input_.dense_shape)
            )
        return TensorArray(input_.dtype, handle=input_.handle, flow=identity(input_.flow))


def _kind(value: Any) -> str:
    for known in (Tensor, SparseTensor, TensorArray):
        if isinstance(value, known):
            return known.__name__
    if hasattr(value, "initializer"):
        return "Variable"
    raise ValueError("t must be a Tensor, SparseTensor, TensorArray or Variable.")


def _described(
    value: Any, has_name: bool, has_type: bool, has_shape: bool, has_first: bool
) -> Iterator[Any]:
    """Yield the tensors that say what a value is."""
    kind = _kind(value)
    if has_name and kind == "Tensor":
        yield constant(f"Name: {value.name}")
    if has_type:
        yield constant(f"Type: {kind} ({value.dtype.name})")
    if has_shape:
        if kind == "SparseTensor":
            yield from (constant("Shape:"), value.dense_shape)
        elif kind == "Tensor":
            yield constant(f"Shape: {value.get_shape().dims}")
        elif kind == "TensorArray":
            yield from (constant("Size:"), value.size())
    if has_first and value.dtype == dtypes.bool:
        yield constant("First True in Boolean tensor at:")
        yield argmax(cast(value, dtypes.uint8), 0)
    if kind == "SparseTensor":
        yield from (constant("Sparse indices:"), value.indices)
        yield from (constant("Sparse values:"), value.values)
    elif kind == "Tensor":
        yield from (constant("Value:"), value)
    elif kind == "TensorArray":
        yield from (constant("Value:"), value.stack())
