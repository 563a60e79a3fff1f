"""What layers take as arguments: windows, data formats, paddings and activations.

Source: TensorFlow 1.15, python/keras/utils/conv_utils.py and python/keras/activations.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.graph.constants import constant
from tensormill.graph.tensor import Tensor
from tensormill.ops import activations
from tensormill.ops.clipping import clip_by_value
from tensormill.ops.elementwise_unary import exp, sigmoid, tanh
from tensormill.ops.identities import identity


def hard_sigmoid(x: Tensor) -> Tensor:
    """Return `0.2 * x + 0.5`, limited to [0, 1]."""
    dtype = x.dtype.base_dtype
    line = x * constant(0.2, dtype) + constant(0.5, dtype)
    return clip_by_value(line, constant(0.0, dtype), constant(1.0, dtype))


_ACTIVATIONS: dict[str, Callable[..., Any]] = {
    "elu": activations.elu,
    "exponential": exp,
    "hard_sigmoid": hard_sigmoid,
    "linear": identity,
    "relu": activations.relu,
    "selu": activations.selu,
    "sigmoid": sigmoid,
    "softmax": activations.softmax,
    "softplus": activations.softplus,
    "softsign": activations.softsign,
    "tanh": tanh,
}


def activation_function(activation: Any) -> Callable[..., Any] | None:
    """Return the activation that a function, a name or None stands for.

    Raises:
      ValueError: no activation has this name.
    """
    if activation is None or callable(activation):
        return activation
    if activation not in _ACTIVATIONS:
        raise ValueError(f"Unknown activation function:{activation}")
    return _ACTIVATIONS[activation]


def window_tuple(value: Any, rank: int, name: str) -> tuple[int, ...]:
    """Return a window, step or dilation as one int a spatial dimension.

    Raises:
      ValueError: it is not an int or as many ints as there are dimensions.
    """
    if isinstance(value, int):
        return (value,) * rank
    try:
        made = tuple(value)
    except TypeError:
        made = ()
    if len(made) != rank or not all(hasattr(item, "__index__") for item in made):
        raise ValueError(
            f"The `{name}` argument must be a tuple of {rank} integers. Received: {value}"
        )
    return tuple(int(item) for item in made)


def padding_name(value: Any) -> str:
    """Return "valid", "same" or "causal".

    Raises:
      ValueError: the padding is none of these.
    """
    padding = str(value).lower()
    if padding not in ("valid", "same", "causal"):
        raise ValueError(
            'The `padding` argument must be a list/tuple or one of "valid", "same" (or "causal", '
            f"only for `Conv1D). Received: {padding}"
        )
    return padding


def data_format_name(value: str | None) -> str:
    """Return "channels_first" or "channels_last".

    Raises:
      ValueError: the data format is neither.
    """
    data_format = "channels_last" if value is None else value.lower()
    if data_format not in ("channels_first", "channels_last"):
        raise ValueError(
            'The `data_format` argument must be one of "channels_first", "channels_last". '
            f"Received: {value}"
        )
    return data_format


def op_data_format(data_format: str, rank: int) -> str:
    """Return the data format of ops on images with `rank` spatial dimensions."""
    space = {1: "W", 2: "HW", 3: "DHW"}[rank]
    return f"N{space}C" if data_format == "channels_last" else f"NC{space}"
