"""Kernels of fingerprints and of the clock.

Source: TensorFlow 1.15, core/kernels/fingerprint_op.cc.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.shapes import format_dims
from tensormill.kernels.registry import kernel
from tensormill.kernels.string_hashes import fingerprint64
from tensormill.kernels.torch_dtypes import to_host


def _hashed(data: bytes) -> bytes:
    return fingerprint64(data).to_bytes(8, "little")


@kernel("Fingerprint", "cpu", host_inputs=("method",), host_outputs=("fingerprint",))
def fingerprint(data: Any, method: Any) -> Any:
    if np.ndim(method):
        raise errors.invalid_argument(f"`method` should be a scalar string: {np.shape(method)}")
    name = bytes(np.asarray(method)[()])
    if name != b"farmhash64":
        raise errors.invalid_argument(f"Unsupported fingerprint method: {name.decode()}")
    if data.ndim < 1:
        raise errors.invalid_argument(f"input must have rank >= 1: {format_dims((), 'kernel')}")
    array = to_host(data) if isinstance(data, torch.Tensor) else data
    if array.dtype != object:
        rows = [np.ascontiguousarray(row).tobytes() for row in array]
    elif array.ndim == 1:
        rows = array.tolist()
    else:
        rows = [b"".join(map(_hashed, row.ravel().tolist())) for row in array]
    joined = b"".join(map(_hashed, rows))
    return np.frombuffer(joined, np.uint8).reshape(len(rows), 8).copy()


@kernel("Timestamp", "cpu", host_outputs=("ts",))
def timestamp() -> Any:
    return np.float64(time.time())
