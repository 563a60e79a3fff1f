"""Pictures of clothes."""

from __future__ import annotations

import gzip
import os
from typing import Any

import numpy as np

from tensormill.keras.utils.files import get_file

__all__ = ["load_data"]

_ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"


def _read(name: str, header_bytes: int) -> Any:
    path = get_file(name, _ORIGIN + name, cache_subdir=os.path.join("datasets", "fashion-mnist"))
    with gzip.open(path, "rb") as file:
        return np.frombuffer(file.read(), np.uint8, offset=header_bytes)


def load_data() -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """Return images [n, 28, 28] and classes, for training and for a test."""
    parts = []
    for part in ("train", "t10k"):
        labels = _read(f"{part}-labels-idx1-ubyte.gz", 8)
        images = _read(f"{part}-images-idx3-ubyte.gz", 16).reshape(len(labels), 28, 28)
        parts.append((images, labels))
    return parts[0], parts[1]
