"""Kernels of diagonals and bands: each is one gather with precomputed places."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.shapes import format_dims
from tensormill.kernels.registry import kernel
from tensormill.kernels.unsigned_types import SIGNED_OF
from tensormill.kernels.value_types import NUMBER_TYPES

Tensor = torch.Tensor
Places = np.ndarray[Any, Any]
_TYPES = {"T": NUMBER_TYPES}


def _movable(x: Tensor) -> Tensor:
    """Return a tensor of the same bytes in a dtype that torch can move about."""
    signed = SIGNED_OF.get(x.dtype)
    return x if signed is None else x.view(signed)


@kernel("Diag", "cpu", "gpu")
def diag(diagonal: Tensor) -> Tensor:
    if not diagonal.dim():
        raise errors.invalid_argument("Input must be at least rank 1, got 0")
    return torch.diag(diagonal.reshape(-1)).reshape(*diagonal.shape, *diagonal.shape)


@kernel("DiagPart", "cpu", "gpu")
def diag_part(input: Tensor) -> Tensor:
    shape = tuple(input.shape)
    half = shape[: len(shape) // 2]
    if len(shape) % 2:
        raise errors.invalid_argument(
            "The rank of the tensor should be even and positive, got shape "
            f"{format_dims(shape, 'kernel')}"
        )
    for axis, size in enumerate(half):
        if size != shape[len(half) + axis]:
            raise errors.invalid_argument(
                f"Invalid shape {format_dims(shape, 'kernel')}: dimensions {axis} and "
                f"{len(half) + axis} do not match."
            )
    size = math.prod(half)
    return input.reshape(size, size).diagonal().reshape(half).clone()


@kernel("MatrixBandPart", "cpu", "gpu", types=_TYPES, host_inputs=("num_lower", "num_upper"))
def matrix_band_part(input: Tensor, num_lower: Any, num_upper: Any) -> Tensor:
    check_matrices(input)
    for name, given in (("num_lower", num_lower), ("num_upper", num_upper)):
        if np.ndim(given):
            raise errors.invalid_argument(
                f"{name} must be scalar, got shape {format_dims(given.shape, 'kernel')}"
            )
    rows, columns = input.shape[-2:]
    lower, upper = int(num_lower), int(num_upper)
    for name, count, size in (("num_lower", lower, rows), ("num_upper", upper, columns)):
        if count > size:
            raise errors.invalid_argument(
                f"{name} must be negative or less or equal to number of "
                f"{'rows' if name == 'num_lower' else 'columns'} ({size}) got: {count}"
            )
    distance = torch.arange(columns, device=input.device) - torch.arange(
        rows, device=input.device
    ).unsqueeze(-1)
    inside = torch.ones((rows, columns), dtype=torch.bool, device=input.device)
    if lower >= 0:
        inside &= distance >= -lower
    if upper >= 0:
        inside &= distance <= upper
    values = _movable(input)
    return torch.where(inside, values, torch.zeros((), dtype=values.dtype)).view(input.dtype)


def check_matrices(x: Tensor) -> None:
    """Complain where a tensor is not a batch of matrices."""
    if x.dim() < 2:
        raise errors.invalid_argument(
            f"input must be at least 2-dim, received shape: {format_dims(tuple(x.shape), 'kernel')}"
        )


def _check_diagonals(x: Tensor) -> None:
    """Complain where a tensor is not a batch of diagonals."""
    if not x.dim():
        raise errors.invalid_argument("diagonal must be at least 1-dim, received shape: []")


def band_ends(k: Any) -> tuple[int, int]:
    """Return the lowest and the highest diagonal that `k` names."""
    if np.ndim(k) > 1:
        raise errors.invalid_argument(
            "diag_index must be a scalar or vector, received shape: "
            f"{format_dims(np.shape(k), 'kernel')}"
        )
    ends = np.asarray(k).ravel().tolist()
    if not ends:
        raise errors.invalid_argument("Expected diag_index to have at least 1 element")
    if len(ends) > 2:
        raise errors.invalid_argument(
            "diag_index must be a scalar or vector with one or two elements"
        )
    if ends[0] > ends[-1]:
        raise errors.invalid_argument(
            f"lower_diag_index must not be larger than upper_diag_index: {ends[0]} > {ends[-1]}"
        )
    return ends[0], ends[-1]


def _offset(k: int, rows: int, columns: int, longest: int, align: bytes) -> int:
    """Return where the entries of diagonal k begin in their row."""
    length = min(rows + min(k, 0), columns - max(k, 0))
    super_left, sub_left = (side == b"LEFT" for side in align.split(b"_"))
    is_left = (k >= 0 and super_left) or (k <= 0 and sub_left)
    return 0 if is_left else longest - length


def part_places(
    rows: int, columns: int, low: int, high: int, align: bytes
) -> tuple[Places, tuple[int, int]]:
    """Return for each entry of the diagonals its place in the flat matrix, -1 for padding."""
    longest = min(rows + min(high, 0), columns - max(low, 0))
    places = np.full((high - low + 1, max(longest, 0)), -1, np.int64)
    for index, k in enumerate(range(high, low - 1, -1)):
        length = min(rows + min(k, 0), columns - max(k, 0))
        if length <= 0:
            continue
        steps = np.arange(length)
        first = _offset(k, rows, columns, longest, align)
        places[index, first : first + length] = (steps + max(0, -k)) * columns + steps + max(0, k)
    return places, (high - low + 1, max(longest, 0))


def whole_places(rows: int, columns: int, low: int, high: int, align: bytes) -> Places:
    """Return for each entry of the matrix its place in the flat diagonals, -1 off the band."""
    parts, _ = part_places(rows, columns, low, high, align)
    places = np.full(rows * columns, -1, np.int64)
    flat = parts.ravel()
    inside = flat >= 0
    places[flat[inside]] = np.nonzero(inside)[0]
    return places


def _gather(flat: Tensor, places: Places, elsewhere: Tensor) -> Tensor:
    """Return `flat[..., places]`, or `elsewhere` where a place is -1."""
    index = torch.from_numpy(np.maximum(places, 0)).to(flat.device)
    inside = torch.from_numpy(places >= 0).to(flat.device)
    if not flat.shape[-1]:
        return elsewhere.expand(*flat.shape[:-1], *places.shape).clone()
    return torch.where(inside, flat[..., index], elsewhere)


def _check_band(low: int, high: int, rows: int, columns: int) -> None:
    """Complain where diagonals lie outside of a matrix."""
    for name, k in (("lower", low), ("upper", high)):
        if k and not -rows < k < columns:
            raise errors.invalid_argument(
                f"{name}_diag_index is out of bound: {k}. It must be between {-rows} and {columns}"
            )


def _check_padding(padding: Tensor) -> None:
    if padding.dim():
        raise errors.invalid_argument("Padding must be scalar.")


def _part(x: Tensor, low: int, high: int, padding: Tensor, align: bytes) -> Tensor:
    check_matrices(x)
    _check_padding(padding)
    rows, columns = x.shape[-2:]
    _check_band(low, high, rows, columns)
    places, shape = part_places(rows, columns, low, high, align)
    values = _movable(x).reshape(*x.shape[:-2], rows * columns)
    made = _gather(values, places.ravel(), _movable(padding)).view(x.dtype)
    return made.reshape(*x.shape[:-2], *(shape[1:] if low == high else shape))


@kernel("MatrixDiagPart", "cpu", "gpu", types=_TYPES)
def matrix_diag_part(input: Tensor) -> Tensor:
    check_matrices(input)
    return _movable(input).diagonal(dim1=-2, dim2=-1).clone().view(input.dtype)


@kernel("MatrixDiagPartV2", "cpu", "gpu", types=_TYPES, host_inputs=("k",))
def matrix_diag_part_v2(input: Tensor, k: Any, padding_value: Tensor) -> Tensor:
    return _part(input, *band_ends(k), padding_value, b"LEFT_LEFT")


@kernel("MatrixDiagPartV3", "cpu", "gpu", types=_TYPES, host_inputs=("k",))
def matrix_diag_part_v3(input: Tensor, k: Any, padding_value: Tensor, *, align: bytes) -> Tensor:
    return _part(input, *band_ends(k), padding_value, align)


def _matrices(
    diagonal: Tensor, ends: tuple[int, int], rows: int, columns: int, padding: Tensor, align: bytes
) -> Tensor:
    low, high = ends
    _check_diagonals(diagonal)
    _check_padding(padding)
    if low < high and (diagonal.dim() < 2 or diagonal.shape[-2] != high - low + 1):
        raise errors.invalid_argument(
            "The number of diagonals provided in the input does not match the lower_diag_index and "
            "upper_diag_index range."
        )
    longest = diagonal.shape[-1]
    least_rows, least_columns = longest - min(high, 0), longest + max(low, 0)
    if rows == -1 and columns == -1:
        rows = columns = max(least_rows, least_columns)
    rows = least_rows if rows == -1 else rows
    columns = least_columns if columns == -1 else columns
    if rows < least_rows:
        raise errors.invalid_argument("The number of rows is too small.")
    if columns < least_columns:
        raise errors.invalid_argument("The number of columns is too small.")
    if rows != least_rows and columns != least_columns:
        raise errors.invalid_argument(
            "The number of rows or columns is not consistent with the specified d_lower, d_upper, "
            "and diagonal."
        )
    lead = diagonal.shape[:-1] if low == high else diagonal.shape[:-2]
    values = _movable(diagonal).flatten(len(lead))
    places = whole_places(rows, columns, low, high, align)
    made = _gather(values, places, _movable(padding)).view(diagonal.dtype)
    return made.reshape(*lead, rows, columns)


@kernel("MatrixDiag", "cpu", "gpu", types=_TYPES)
def matrix_diag(diagonal: Tensor) -> Tensor:
    _check_diagonals(diagonal)
    return torch.diag_embed(_movable(diagonal)).view(diagonal.dtype)


_SIZES = ("k", "num_rows", "num_cols")


@kernel("MatrixDiagV2", "cpu", "gpu", types=_TYPES, host_inputs=_SIZES)
def matrix_diag_v2(
    diagonal: Tensor, k: Any, num_rows: Any, num_cols: Any, padding_value: Tensor
) -> Tensor:
    ends = band_ends(k)
    return _matrices(diagonal, ends, int(num_rows), int(num_cols), padding_value, b"LEFT_LEFT")


@kernel("MatrixDiagV3", "cpu", "gpu", types=_TYPES, host_inputs=_SIZES)
def matrix_diag_v3(
    diagonal: Tensor, k: Any, num_rows: Any, num_cols: Any, padding_value: Tensor, *, align: bytes
) -> Tensor:
    ends = band_ends(k)
    return _matrices(diagonal, ends, int(num_rows), int(num_cols), padding_value, align)


def _set(x: Tensor, diagonal: Tensor, ends: tuple[int, int], align: bytes) -> Tensor:
    check_matrices(x)
    _check_diagonals(diagonal)
    rows, columns = x.shape[-2:]
    low, high = ends
    _check_band(low, high, rows, columns)
    _, shape = part_places(rows, columns, low, high, align)
    if low < high and (diagonal.dim() != x.dim() or diagonal.shape[-2] != shape[0]):
        raise errors.invalid_argument(
            "The number of diagonals provided in `diag` is not consistent with `lower_diag_index` "
            "and `upper_diag_index`"
        )
    expected = (*x.shape[:-2], *(shape[1:] if low == high else shape))
    if tuple(diagonal.shape) != expected:
        raise errors.invalid_argument(
            "Either first dimensions of diagonal don't match input.shape[:-2], or "
            "diagonal.shape[:-1] is not equal to the longests diagonal in range "
            "[lower_diag_index:upper_diag_index].\nInput shape: "
            f"{format_dims(tuple(x.shape), 'kernel')}\nDiagonal shape: "
            f"{format_dims(tuple(diagonal.shape), 'kernel')}\nExpected diagonal shape: "
            f"{format_dims(expected, 'kernel')}"
        )
    values = _movable(diagonal).flatten(x.dim() - 2)
    places = whole_places(rows, columns, low, high, align)
    flat = _movable(x).reshape(*x.shape[:-2], rows * columns)
    return _gather(values, places, flat).view(x.dtype).reshape(x.shape)


@kernel("MatrixSetDiag", "cpu", "gpu", types=_TYPES)
def matrix_set_diag(input: Tensor, diagonal: Tensor) -> Tensor:
    return _set(input, diagonal, (0, 0), b"LEFT_LEFT")


@kernel("MatrixSetDiagV2", "cpu", "gpu", types=_TYPES, host_inputs=("k",))
def matrix_set_diag_v2(input: Tensor, diagonal: Tensor, k: Any) -> Tensor:
    return _set(input, diagonal, band_ends(k), b"LEFT_LEFT")


@kernel("MatrixSetDiagV3", "cpu", "gpu", types=_TYPES, host_inputs=("k",))
def matrix_set_diag_v3(input: Tensor, diagonal: Tensor, k: Any, *, align: bytes) -> Tensor:
    return _set(input, diagonal, band_ends(k), align)
