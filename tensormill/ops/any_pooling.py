"""Pooling of sequences, images or volumes, by the rank of the input: max_pool_v2, avg_pool_v2."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.tensor import Tensor
from tensormill.ops.pooling import avg_pool, avg_pool1d, max_pool, max_pool1d
from tensormill.ops.volume_pooling import avg_pool3d, max_pool3d
from tensormill.ops.windows import list_for_each

__all__ = ["avg_pool_v2", "max_pool_v2"]

_MAX: Mapping[int, Callable[..., Tensor]] = {1: max_pool1d, 2: max_pool, 3: max_pool3d}
_AVERAGE: Mapping[int, Callable[..., Tensor]] = {1: avg_pool1d, 2: avg_pool, 3: avg_pool3d}
_FORMATS = {1: "NWC", 2: "NHWC", 3: "NDHWC"}


def _pool(
    functions: Mapping[int, Callable[..., Tensor]],
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str | None,
    name: str | None,
) -> Tensor:
    dims = convert_to_tensor(input).dims
    if dims is None and data_format is None:
        raise ValueError("The input must have a rank or a data format must be given.")
    count = (len(dims) if dims is not None else len(data_format or "")) - 2
    if not 1 <= count <= 3:
        raise ValueError(f"Input tensor must be of rank 3, 4 or 5 but was {count + 2}.")
    data_format = data_format or _FORMATS[count]
    channels = 1 if data_format.startswith("NC") else count + 1
    return functions[count](
        input,
        ksize=list_for_each(ksize, count, channels, "ksize"),
        strides=list_for_each(strides, count, channels, "strides"),
        padding=padding,
        data_format=data_format,
        name=name,
    )


def max_pool_v2(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str | None = None,
    name: str | None = None,
) -> Tensor:
    """Return the largest entry of each window of sequences, images or volumes.

    Args:
      input: [batch, spatial..., channels] with one to three spatial dimensions.
      ksize: the window: one size, one a spatial dimension, or one a dimension.
      strides: the steps, likewise.
      padding: "SAME" or "VALID".
      data_format: such as "NWC", "NCHW", "NDHWC".
      name: the name of the node.

    Raises:
      ValueError: the rank is neither known nor said by `data_format`, or is another.
    """
    return _pool(_MAX, input, ksize, strides, padding, data_format, name)


def avg_pool_v2(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str | None = None,
    name: str | None = None,
) -> Tensor:
    """Return the mean of each window; see `max_pool_v2`."""
    return _pool(_AVERAGE, input, ksize, strides, padding, data_format, name)
