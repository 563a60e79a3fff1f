"""Kernels of indices computed from indices and from values."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.kernels.registry import kernel

Array = np.ndarray[Any, Any]


@kernel("UnravelIndex", "cpu", host_inputs=("indices", "dims"), host_outputs=("output",))
def unravel_index(indices: Array, dims: Array) -> Array:
    if dims.ndim != 1:
        raise errors.invalid_argument(
            f"The indices can only be 1-D, got shape [{','.join(map(str, dims.shape))}]"
        )
    if np.any(dims == 0):
        raise errors.invalid_argument("Input dims cannot contain a dim of zero")
    sizes = dims.tolist()
    total = int(np.prod(sizes, dtype=np.int64))
    if np.any((indices < 0) | (indices >= total)):
        raise errors.invalid_argument("index is out of bound as with dims")
    made = np.stack(np.unravel_index(indices, sizes)) if sizes else np.zeros((0, *indices.shape))
    return np.asarray(made, indices.dtype)


@kernel("Bucketize", "cpu", "gpu")
def bucketize(input: torch.Tensor, *, boundaries: Sequence[float]) -> torch.Tensor:
    if any(a > b for a, b in pairwise(boundaries)):
        raise errors.invalid_argument("Expected sorted boundaries")
    limits = torch.tensor(boundaries, dtype=torch.float32, device=input.device)
    values = input if input.is_floating_point() else input.double()
    return torch.bucketize(values, limits.to(values.dtype), right=True).to(torch.int32)


def _places(src_format: bytes, dst_format: bytes) -> list[int]:
    if len(src_format) not in (4, 5) or sorted(src_format) != sorted(dst_format):
        raise errors.invalid_argument(
            "Destination and source format must determine a permutation, got "
            f"{src_format.decode()} and {dst_format.decode()}"
        )
    return [dst_format.index(axis) for axis in src_format]


@kernel("DataFormatDimMap", "cpu", "gpu", host_inputs=("x",), host_outputs=("y",))
def data_format_dim_map(x: Array, *, src_format: bytes, dst_format: bytes) -> Array:
    places = np.array(_places(src_format, dst_format), x.dtype)
    return np.asarray(places[x])


@kernel("DataFormatVecPermute", "cpu", "gpu", host_inputs=("x",), host_outputs=("y",))
def data_format_vec_permute(x: Array, *, src_format: bytes, dst_format: bytes) -> Array:
    places = _places(src_format, dst_format)
    if x.ndim not in (1, 2):
        raise errors.invalid_argument("input must be a vector or 2D tensor")
    order = [src_format.index(axis) for axis in dst_format]
    if x.shape[0] == len(places):
        return np.ascontiguousarray(x[order])
    if x.shape[0] == len(places) - 2:
        space = [axis for axis in src_format if axis not in b"NC"]
        wanted = [axis for axis in dst_format if axis not in b"NC"]
        return np.ascontiguousarray(x[[space.index(axis) for axis in wanted]])
    raise errors.invalid_argument(
        f"1D input must be of size {len(places) - 2} or {len(places)}, but got shape [{x.shape[0]}]"
    )
