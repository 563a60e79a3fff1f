"""Feeds: what users pass in `feed_dict`, checked against the tensor and brought into the form a program takes."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensormill.graph import dtypes
from tensormill.graph.dtypes import DType
from tensormill.graph.graph import Graph
from tensormill.graph.shapes import Dims, are_compatible
from tensormill.graph.tensor import Tensor
from tensormill.kernels.torch_dtypes import to_tensor
from tensormill.runtime.plan.instructions import Form

__all__ = ["FeedConverter", "expand_feeds"]


def expand_feeds(graph: Graph, feed_dict: Any) -> tuple[list[Tensor], list[Any]]:
    """Return the fed tensors and their values.

    Raises:
      TypeError: a key is not a tensor of the graph.
    """
    if not isinstance(feed_dict, dict):
        feed_dict = dict(feed_dict)
    tensors, values = [], []
    for key, value in feed_dict.items():
        if type(key) is not Tensor or key.op.graph is not graph:
            try:
                key = graph.as_graph_element(key, allow_operation=False)
            except (KeyError, TypeError, ValueError) as error:
                raise TypeError(
                    f"Cannot interpret feed_dict key as Tensor: {error.args[0]}"
                ) from error
        tensors.append(key)
        values.append(value)
    return tensors, values


class FeedConverter:
    """Turns values fed for one tensor into what the program takes."""

    __slots__ = ("_dims", "_dtype", "_form", "_numpy_type", "_tensor")

    def __init__(self, tensor: Tensor, form: Form, dtype: DType, dims: Dims) -> None:
        self._tensor = tensor
        self._form = form
        self._dtype = dtype
        self._numpy_type = np.dtype(dtype.as_numpy_dtype) if dtype.name != "resource" else None
        self._dims = dims

    def __call__(self, value: Any) -> Any:
        if self._form is Form.HANDLE:
            return value
        array = self._as_array(value)
        dims = self._dims
        if dims is not None and array.shape != dims and not are_compatible(array.shape, dims):
            raise ValueError(
                f"Cannot feed value of shape {array.shape} for Tensor {self._tensor.name}, which has shape "
                f"{self._tensor.shape}"
            )
        if self._form is Form.HOST:
            return array[()] if dims == () and self._dtype is not dtypes.string else array
        return to_tensor(array)

    def _as_array(self, value: Any) -> np.ndarray[Any, Any]:
        if isinstance(value, Tensor):
            raise TypeError(
                "The value of a feed cannot be a tf.Tensor object. Acceptable feed values include Python scalars, "
                f"strings, lists, numpy ndarrays, or TensorHandles. For reference, the tensor object was {value} which "
                f"was passed to the feed with key {self._tensor}."
            )
        if self._dtype is dtypes.string:
            return _as_bytes(np.asarray(value, dtype=object))
        if (
            isinstance(value, int)
            and self._dtype.is_integer
            and not self._dtype.min <= value <= self._dtype.max
        ):
            raise TypeError(
                f"Type of feed value {value} with type {type(value)} is not compatible with Tensor type "
                f"{self._numpy_type}. Try explicitly setting the type of the feed tensor to a larger type (e.g. int64)."
            )
        return np.asarray(value, dtype=self._numpy_type)


def _as_bytes(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    flat = np.empty(array.size, dtype=object)
    for index, item in enumerate(array.ravel()):
        flat[index] = (
            item
            if type(item) is bytes
            else (item.encode() if isinstance(item, str) else bytes(item))
        )
    return flat.reshape(array.shape)
