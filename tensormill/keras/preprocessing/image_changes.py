"""Images turned, moved, sheared, enlarged and recoloured.

Source: the package Keras-Preprocessing 1.1, which TensorFlow 1.15 uses.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = [
    "apply_affine_transform",
    "apply_brightness_shift",
    "apply_channel_shift",
    "random_brightness",
    "random_channel_shift",
    "random_rotation",
    "random_shear",
    "random_shift",
    "random_zoom",
]


def _affine_matrix(theta: float, tx: float, ty: float, shear: float, zx: float, zy: float) -> Any:
    """Return where a pixel of the result comes from, as a matrix of (row, column, 1)."""
    angle, slant = np.deg2rad(theta), np.deg2rad(shear)
    turn = np.array(
        [[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]]
    )
    move = np.array([[1, 0, tx], [0, 1, ty], [0, 0, 1]])
    lean = np.array([[1, -np.sin(slant), 0], [0, np.cos(slant), 0], [0, 0, 1]])
    grow = np.array([[zx, 0, 0], [0, zy, 0], [0, 0, 1]])
    return turn @ move @ lean @ grow


def _inside(at: Any, size: int, fill_mode: str) -> Any:
    """Return positions outside of an axis as those within that stand for them."""
    if fill_mode == "reflect":
        at = np.mod(at, 2 * size)
        return np.where(at >= size, 2 * size - 1 - at, at)
    if fill_mode == "wrap":
        return np.mod(at, size)
    return np.clip(at, 0, size - 1)


def _sampled(plane: Any, rows: Any, columns: Any, fill_mode: str, cval: float) -> Any:
    """Return a plane at positions between its pixels, from the four around each."""
    height, width = plane.shape
    top, left = np.floor(rows).astype(int), np.floor(columns).astype(int)
    down, right = rows - top, columns - left
    result = np.zeros(rows.shape, plane.dtype)
    for row, column, share in (
        (top, left, (1 - down) * (1 - right)),
        (top, left + 1, (1 - down) * right),
        (top + 1, left, down * (1 - right)),
        (top + 1, left + 1, down * right),
    ):
        inner = plane[_inside(row, height, fill_mode), _inside(column, width, fill_mode)]
        result = result + inner * share
    if fill_mode == "constant":
        is_outside = (rows < 0) | (rows > height - 1) | (columns < 0) | (columns > width - 1)
        result = np.where(is_outside, cval, result)
    return result


def apply_affine_transform(
    x: Any, theta: float = 0, tx: float = 0, ty: float = 0, shear: float = 0, zx: float = 1,
    zy: float = 1, row_axis: int = 0, col_axis: int = 1, channel_axis: int = 2,
    fill_mode: str = "nearest", cval: float = 0.0, order: int = 1,
) -> Any:  # fmt: skip
    """Return an image turned by `theta` degrees, moved, sheared and enlarged about its centre."""
    if (theta, tx, ty, shear, zx, zy) == (0, 0, 0, 0, 1, 1):
        return x
    matrix = _affine_matrix(theta, tx, ty, shear, zx, zy)
    planes = np.moveaxis(x, channel_axis, 0)
    height, width = planes.shape[1:]
    centre = np.array([height / 2 + 0.5, width / 2 + 0.5])
    offset = centre + matrix[:2, 2] - matrix[:2, :2] @ centre
    grid = np.indices((height, width)).reshape(2, -1)
    rows, columns = (matrix[:2, :2] @ grid + offset[:, None]).reshape(2, height, width)
    if order == 0:
        rows, columns = np.round(rows), np.round(columns)
    moved = [_sampled(plane, rows, columns, fill_mode, cval) for plane in planes]
    return np.moveaxis(np.stack(moved), 0, channel_axis).astype(x.dtype)


def apply_brightness_shift(x: Any, brightness: float) -> Any:
    """Return an image with its brightness multiplied."""
    low, high = x.min(), x.max()
    is_scaled = low < 0 or high > 255
    pixels = (x - low) / max(high - low, 1e-12) * 255 if is_scaled else x
    pixels = np.clip(pixels * brightness, 0, 255)
    return pixels / 255 * (high - low) + low if is_scaled else pixels


def apply_channel_shift(x: Any, intensity: float, channel_axis: int = 0) -> Any:
    """Return an image with a number added to its channels, within its limits."""
    return np.clip(x + intensity, x.min(), x.max())


def random_rotation(
    x: Any, rg: float, row_axis: int = 1, col_axis: int = 2, channel_axis: int = 0, **kwargs: Any
) -> Any:
    """Return an image turned by up to `rg` degrees."""
    theta = np.random.uniform(-rg, rg)
    return apply_affine_transform(
        x, theta=theta, row_axis=row_axis, col_axis=col_axis, channel_axis=channel_axis, **kwargs
    )


def random_shift(
    x: Any, wrg: float, hrg: float, row_axis: int = 1, col_axis: int = 2, channel_axis: int = 0,
    **kwargs: Any,
) -> Any:  # fmt: skip
    """Return an image moved by up to a share of its width and height."""
    tx = np.random.uniform(-hrg, hrg) * x.shape[row_axis]
    ty = np.random.uniform(-wrg, wrg) * x.shape[col_axis]
    return apply_affine_transform(
        x, tx=tx, ty=ty, row_axis=row_axis, col_axis=col_axis, channel_axis=channel_axis, **kwargs
    )


def random_shear(
    x: Any, intensity: float, row_axis: int = 1, col_axis: int = 2, channel_axis: int = 0,
    **kwargs: Any,
) -> Any:  # fmt: skip
    """Return an image sheared by up to `intensity` degrees."""
    shear = np.random.uniform(-intensity, intensity)
    return apply_affine_transform(
        x, shear=shear, row_axis=row_axis, col_axis=col_axis, channel_axis=channel_axis, **kwargs
    )


def random_zoom(
    x: Any, zoom_range: Any, row_axis: int = 1, col_axis: int = 2, channel_axis: int = 0,
    **kwargs: Any,
) -> Any:  # fmt: skip
    """Return an image enlarged by factors within a range."""
    low, high = zoom_range
    zx, zy = (1, 1) if low == high == 1 else np.random.uniform(low, high, 2)
    return apply_affine_transform(
        x, zx=zx, zy=zy, row_axis=row_axis, col_axis=col_axis, channel_axis=channel_axis, **kwargs
    )


def random_brightness(x: Any, brightness_range: Any) -> Any:
    """Return an image with its brightness multiplied by a factor within a range."""
    return apply_brightness_shift(x, np.random.uniform(*brightness_range))


def random_channel_shift(x: Any, intensity_range: float, channel_axis: int = 0) -> Any:
    """Return an image with up to `intensity_range` added to its channels."""
    return apply_channel_shift(
        x, np.random.uniform(-intensity_range, intensity_range), channel_axis
    )
