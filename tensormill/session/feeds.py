"""Feeds: what users pass in `feed_dict`, checked and brought into the form a program takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import torch

from tensormill.graph import dtypes, errors
from tensormill.graph.dtypes import DType
from tensormill.graph.graph import Graph
from tensormill.graph.shapes import Dims, are_compatible
from tensormill.graph.tensor import Tensor
from tensormill.kernels.torch_dtypes import to_tensor
from tensormill.runtime.plan.instructions import Form
from tensormill.session.conversions import find_expansion
from tensormill.session.tensor_handles import TensorHandle

__all__ = ["FeedCheck", "as_fed_tensor", "expand_feed", "expand_feeds", "make_feed"]


def expand_feeds(graph: Graph, feed_dict: Any) -> tuple[dict[Tensor, Any], bool]:
    """Return the fed tensors with their values, and whether each key stood for exactly one tensor.

    Args:
      graph: the graph that is run.
      feed_dict: tensors, names of tensors, or objects that stand for several, to values; a tuple of
        keys takes a tuple of values.

    Raises:
      TypeError: `feed_dict` is no mapping, or a key is not a tensor of the graph.
      ValueError: a tensor may not be fed, or the values of a tuple of keys do not fit.
    """
    if not isinstance(feed_dict, Mapping):
        raise TypeError(
            "FlattenDictItems: 'dict' must be a dictionary or collection.Mapping type object, "
            f"instead of '{type(feed_dict).__name__}'."
        )
    feeds: dict[Tensor, Any] = {}
    is_simple = True
    for key, value in feed_dict.items():
        count = 0
        for part, part_value in _flat_items(key, value):
            for tensor, tensor_value in expand_feed(graph, part, part_value):
                count += 1
                feeds[tensor] = tensor_value
        is_simple = is_simple and count == 1 and not isinstance(key, (tuple, list))
    return feeds, is_simple and len(feeds) == len(feed_dict)


def _flat_items(key: Any, value: Any) -> Iterator[tuple[Any, Any]]:
    if not isinstance(key, (tuple, list)):
        yield key, value
        return
    keys = list(_flatten(key))
    values = list(_flatten(value))
    if len(keys) != len(values):
        raise ValueError(
            f"Could not flatten dictionary. Key had {len(keys)} elements, but value had "
            f"{len(values)} elements. Key: {keys}, value: {values}."
        )
    yield from zip(keys, values, strict=True)


def _flatten(value: Any) -> Iterator[Any]:
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _flatten(item)
    else:
        yield value


def expand_feed(graph: Graph, key: Any, value: Any) -> Iterator[tuple[Tensor, Any]]:
    """Yield the tensors that a key stands for, each with its part of the value."""
    expansion = None if isinstance(key, (Tensor, str)) else find_expansion(key)
    if expansion is None:
        yield as_fed_tensor(graph, key), value
        return
    if expansion.feed is None:
        raise TypeError(f"Cannot interpret feed_dict key as Tensor: {key!r} cannot be fed.")
    for part, part_value in expansion.feed(key, value):
        yield as_fed_tensor(graph, part), part_value


def as_fed_tensor(graph: Graph, key: Any) -> Tensor:
    """Return the tensor of the graph that `key` names.

    Raises:
      TypeError: it is none.
      ValueError: it may not be fed.
    """
    try:
        tensor: Tensor = graph.as_graph_element(key, allow_operation=False)
    except (KeyError, TypeError, ValueError) as error:
        raise TypeError(f"Cannot interpret feed_dict key as Tensor: {error.args[0]}") from error
    if not graph.is_feedable(tensor):
        raise ValueError(f"Tensor {tensor.name} may not be fed.")
    return tensor


class FeedCheck:
    """Makes a NumPy array of whatever is fed for one tensor, or says what is wrong with it."""

    __slots__ = ("_dims", "_dtype", "_numpy_type", "_tensor")

    def __init__(self, tensor: Tensor) -> None:
        self._tensor = tensor
        self._dtype = tensor.dtype.base_dtype
        self._numpy_type = np.dtype(self._dtype.as_numpy_dtype)
        self._dims = tensor.dims

    def __call__(self, value: Any) -> np.ndarray[Any, Any]:
        """Return the value as an array of the tensor's dtype.

        Raises:
          TypeError: the value is a tensor, or an integer that the dtype cannot hold.
          ValueError: the value has another shape, or is no number.
        """
        if isinstance(value, Tensor):
            raise TypeError(
                "The value of a feed cannot be a tf.Tensor object. Acceptable feed values include "
                "Python scalars, strings, lists, numpy ndarrays, or TensorHandles. For reference, "
                f"the tensor object was {value} which was passed to the argument `feed_dict` with "
                f"key {self._tensor}."
            )
        if isinstance(value, int) and not self._holds(value):
            raise TypeError(
                f"Type of feed value {value} with type {type(value)} is not compatible with Tensor "
                f"type {self._dtype.as_numpy_dtype}. Try explicitly setting the type of the feed "
                "tensor to a larger type (e.g. int64)."
            )
        if isinstance(value, TensorHandle):
            value = value.as_fed_for(self._dtype)
        try:
            array = np.asarray(value, dtype=self._numpy_type)
        except (TypeError, ValueError) as error:
            name, shape = self._tensor.name, self._tensor.shape
            error.add_note(
                f"  fed for Tensor {name}, of dtype {self._dtype.name} and shape {shape}"
            )
            raise
        dims = self._dims
        if dims is not None and array.shape != dims and not are_compatible(array.shape, dims):
            raise ValueError(
                f"Cannot feed value of shape {array.shape} for Tensor {self._tensor.name}, which "
                f"has shape {self._tensor.shape}"
            )
        return array

    def _holds(self, value: int) -> bool:
        if self._dtype is dtypes.string:
            return False
        if not (self._dtype.is_integer or self._dtype is dtypes.bool):
            return True
        try:
            return bool(self._numpy_type.type(value) == value)
        except OverflowError:
            return False


def make_feed(tensor: Tensor, form: Form) -> Callable[[Any], Any]:
    """Return what turns values fed for a tensor into the form that the program takes."""
    dtype = tensor.dtype.base_dtype
    if dtype.name in ("resource", "variant"):
        return _same
    check = FeedCheck(tensor)
    if dtype is dtypes.string:
        return lambda value: as_bytes(check(value))
    if form is Form.HOST:
        return _make_scalar_feed(check, dtype) if tensor.dims == () else check
    return _make_tensor_feed(check, dtype, tensor.dims)


def _same(value: Any) -> Any:
    return value


def _make_scalar_feed(check: FeedCheck, dtype: DType) -> Callable[[Any], Any]:
    scalar_type = np.dtype(dtype.as_numpy_dtype).type
    takes_float = dtype.is_floating

    def scalar_feed(value: Any) -> Any:
        kind = type(value)
        if kind is scalar_type:
            return value
        if kind is float and takes_float:
            return scalar_type(value)
        return check(value)[()]

    return scalar_feed


def _make_tensor_feed(check: FeedCheck, dtype: DType, dims: Dims) -> Callable[[Any], Any]:
    numpy_type = np.dtype(dtype.as_numpy_dtype)
    if dtype is dtypes.bfloat16 or dtype.is_quantized or dims is None:
        return lambda value: to_tensor(check(value))
    # Where only the first size is open, as in most programs, the others are compared as one.
    known = dims[1:] if dims and dims[0] is None else dims
    if None in known:
        return lambda value: to_tensor(check(value))
    is_open = known is not dims
    from_numpy = torch.from_numpy

    def tensor_feed(value: Any) -> Any:
        if (
            type(value) is np.ndarray
            and value.dtype is numpy_type
            and (value.shape[1:] == known and value.ndim if is_open else value.shape == known)
            and value.flags.c_contiguous
        ):
            return from_numpy(value)
        return to_tensor(check(value))

    return tensor_feed


def as_bytes(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return an array of strings with every text encoded in UTF-8.

    Raises:
      InternalError: an element is neither text nor bytes.
    """
    flat = np.empty(array.size, dtype=object)
    for index, item in enumerate(array.ravel()):
        if type(item) is bytes:
            flat[index] = item
        elif isinstance(item, str):
            flat[index] = item.encode()
        elif isinstance(item, bytes):
            flat[index] = bytes(item)
        else:
            raise errors.internal(f"Unsupported object type {type(item).__name__}")
    return flat.reshape(array.shape)
