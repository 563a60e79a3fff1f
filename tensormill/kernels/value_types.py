"""Which dtypes live in which form: small integers of shape arithmetic and strings in host memory.

An op that takes part in shape arithmetic (Pack, StridedSlice, ConcatV2 …) has a NumPy kernel for
int32 and strings on every device, as TensorFlow keeps int32 in host memory, and a torch kernel for
the rest.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.dtypes import ALL_DTYPES, DType
from tensormill.graph.shapes import format_dims
from tensormill.kernels.torch_dtypes import is_number

NUMBER_TYPES: tuple[DType, ...] = tuple(d for d in ALL_DTYPES if is_number(d))
STRING_TYPES = ("string",)
HOST_TYPES = ("int32", "string")
HANDLE_TYPES = ("resource", "variant")
OBJECT_TYPES = (*STRING_TYPES, *HANDLE_TYPES)
DEVICE_TYPES: tuple[DType, ...] = tuple(d for d in NUMBER_TYPES if d.name != "int32")


def as_ints(value: Any) -> list[int]:
    """Return a host vector (or scalar) of integers as a list of Python ints."""
    listed = value.tolist()
    return listed if type(listed) is list else [listed]


def owned_copy(value: Any) -> Any:
    """Return a copy of a value, for what keeps it longer than the step does."""
    return value.clone() if isinstance(value, torch.Tensor) else np.array(value)


def check_scalars(**values: Any) -> None:
    """Refuse a value, by its name, that is no scalar."""
    for name, value in values.items():
        if value.ndim:
            raise errors.invalid_argument(
                f"{name} must be 0-D, got shape {format_dims(tuple(value.shape), 'kernel')}"
            )


def as_handles(array: np.ndarray[Any, Any]) -> Any:
    """Return an array of handles; one of no dimensions as the handle itself."""
    return array if array.ndim else array[()]


def as_object_array(items: list[Any], shape: tuple[int, ...] | None = None) -> np.ndarray[Any, Any]:
    """Return bytes as a string value."""
    array = np.empty(len(items), dtype=object)
    array[:] = items
    return array if shape is None else array.reshape(shape)


class SerializedVariants:
    """Variants as messages, in the form in which checkpoints hold them: a vector.

    Attributes:
      items: the bytes of a `VariantTensorDataProto` each.
    """

    __slots__ = ("items",)

    def __init__(self, items: list[bytes]) -> None:
        self.items = items

    @property
    def shape(self) -> tuple[int]:
        """The shape of the tensor."""
        return (len(self.items),)
