"""Kernels of images resampled with filters: a matrix of weights for each axis.

Source: TensorFlow 1.15, core/kernels/scale_and_translate_op.cc, sampling_kernels.h.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.shapes import format_dims
from tensormill.kernels.registry import kernel
from tensormill.kernels.value_types import as_ints

Array = np.ndarray[Any, Any]


def _lanczos(radius: float) -> Callable[[Array], Array]:
    def weight(x: Array) -> Array:
        safe = np.maximum(x, 1e-3) * np.pi
        inside = radius * np.sin(safe) * np.sin(safe / radius) / safe**2
        return np.where(x > radius, 0.0, np.where(x <= 1e-3, 1.0, inside))

    return weight


def _keys_cubic(x: Array) -> Array:
    far = ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0
    near = (1.5 * x - 2.5) * x * x + 1.0
    return np.where(x >= 2.0, 0.0, np.where(x >= 1.0, far, near))


def _mitchell_cubic(x: Array) -> Array:
    far = ((-7.0 / 18.0 * x + 2.0) * x - 10.0 / 3.0) * x + 16.0 / 9.0
    near = (7.0 / 6.0 * x - 2.0) * x * x + 8.0 / 9.0
    return np.where(x >= 2.0, 0.0, np.where(x >= 1.0, far, near))


def _gaussian(x: Array) -> Array:
    return np.where(x >= 1.5, 0.0, np.exp(-(x**2) / (2.0 * 0.5**2)))


def _box(x: Array) -> Array:
    return np.where(x < 0.5, 1.0, np.where(x == 0.5, 0.5, 0.0))


_FILTERS: dict[bytes, tuple[float, Callable[[Array], Array]]] = {
    b"lanczos1": (1.0, _lanczos(1.0)),
    b"lanczos3": (3.0, _lanczos(3.0)),
    b"lanczos5": (5.0, _lanczos(5.0)),
    b"gaussian": (1.5, _gaussian),
    b"box": (1.0, _box),
    b"triangle": (1.0, lambda x: np.maximum(1.0 - x, 0.0)),
    b"keyscubic": (2.0, _keys_cubic),
    b"mitchellcubic": (2.0, _mitchell_cubic),
}
# Sums of weights below this are those of no weights.
_NOTHING = 1000.0 * float(np.finfo(np.float32).tiny)


def _weights(
    kernel_type: bytes, antialias: bool, old: int, new: int, scale: float, translation: float
) -> torch.Tensor:
    """Return what each old pixel of an axis gives to each new one, [new, old]."""
    radius, weight = _FILTERS[kernel_type]
    # In float32, as the borders of a filter fall on pixels.
    inverse = np.float32(1.0) / np.float32(scale)
    stretch = max(inverse, np.float32(1.0)) if antialias else np.float32(1.0)
    moved = inverse * np.float32(translation)
    centers = (np.arange(new, dtype=np.float32) + np.float32(0.5)) * inverse - moved
    places = np.arange(old, dtype=np.float32)
    first = np.clip(np.ceil(centers - radius * stretch - 0.5), 0, old - 1)
    last = np.clip(np.floor(centers + radius * stretch - 0.5), 0, old - 1)
    made = weight(np.abs(places + 0.5 - centers[:, None]) / stretch)
    is_inside = (places >= first[:, None]) & (places <= last[:, None])
    is_inside &= ((centers >= 0) & (centers <= old))[:, None]
    made = np.where(is_inside, made, 0.0)
    total = made.sum(axis=1, keepdims=True)
    is_something = np.abs(total) >= _NOTHING
    return torch.from_numpy(
        np.where(is_something, made / np.where(is_something, total, 1.0), 0.0).astype(np.float32)
    )


def _axes(
    old: list[int], new: list[int], scale: Any, translation: Any, kernel_type: bytes, smooth: bool
) -> list[torch.Tensor]:
    for vector in (scale, translation):
        if vector.size != 2:
            raise errors.invalid_argument(
                f"t must have two elements{format_dims(vector.shape, 'kernel')}"
            )
    if kernel_type not in _FILTERS:
        raise errors.invalid_argument(f"Unrecognized kernel type: {kernel_type.decode()}")
    if min(new) <= 0:
        raise errors.invalid_argument("output dimensions must be positive")
    if (scale <= 0).any():
        raise errors.invalid_argument("Scale must be greater than zero.")
    return [
        _weights(kernel_type, smooth, old[axis], new[axis], float(scale[axis]), float(shift))
        for axis, shift in enumerate(translation)
    ]


@kernel("ScaleAndTranslate", "cpu", host_inputs=("size", "scale", "translation"))
def scale_and_translate(
    images: torch.Tensor,
    size: Any,
    scale: Any,
    translation: Any,
    *,
    kernel_type: bytes,
    antialias: bool,
) -> torch.Tensor:
    if images.dim() != 4:
        raise errors.invalid_argument(
            f"input must be 4-dimensional{format_dims(tuple(images.shape), 'kernel')}"
        )
    if size.size != 2:
        raise errors.invalid_argument(
            f"output_shape_t must have two elements{format_dims(size.shape, 'kernel')}"
        )
    old, new = list(images.shape[1:3]), as_ints(size)
    rows, columns = _axes(old, new, scale, translation, kernel_type, antialias)
    return torch.einsum("yh,bhwc,xw->byxc", rows, images.float(), columns)


@kernel("ScaleAndTranslateGrad", "cpu", host_inputs=("scale", "translation"))
def scale_and_translate_grad(
    grads: torch.Tensor,
    original_image: torch.Tensor,
    scale: Any,
    translation: Any,
    *,
    kernel_type: bytes,
    antialias: bool,
) -> torch.Tensor:
    old, new = list(original_image.shape[1:3]), list(grads.shape[1:3])
    rows, columns = _axes(old, new, scale, translation, kernel_type, antialias)
    return torch.einsum("yh,byxc,xw->bhwc", rows, grads, columns)
