"""Functions of `tensorflow.python.ops.nn_ops` that `tf.nn` of TensorFlow 1 has not.

Source: TensorFlow 1.15, python/ops/nn_ops.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph.tensor import Tensor
from tensormill.ops.dilated_convolution import Convolution
from tensormill.ops.morphology import dilation2d, erosion2d

__all__ = ["Convolution", "dilation2d_v2", "erosion2d_v2"]


def _check_format(data_format: str) -> None:
    if data_format != "NHWC":
        raise ValueError("Data formats other than NHWC are not yet supported")


def dilation2d_v2(
    input: Any,
    filters: Any,
    strides: Any,
    padding: str,
    data_format: str,
    dilations: Any,
    name: str | None = None,
) -> Tensor:
    """Return the greyscale dilation of images; `data_format` must be "NHWC"."""
    _check_format(data_format)
    return dilation2d(input, filters, strides, rates=dilations, padding=padding, name=name)


def erosion2d_v2(
    value: Any,
    filters: Any,
    strides: Any,
    padding: str,
    data_format: str,
    dilations: Any,
    name: str | None = None,
) -> Tensor:
    """Return the greyscale erosion of images; `data_format` must be "NHWC"."""
    _check_format(data_format)
    return erosion2d(value, filters, strides, dilations, padding, name)
