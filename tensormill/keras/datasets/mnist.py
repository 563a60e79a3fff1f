"""Handwritten digits."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensormill.keras.utils.files import get_file

__all__ = ["load_data"]

_ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"


def load_data(path: str = "mnist.npz") -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """Return images [n, 28, 28] and digits, for training and for a test."""
    with np.load(get_file(path, _ORIGIN)) as arrays:
        return (
            (arrays["x_train"], arrays["y_train"]),
            (arrays["x_test"], arrays["y_test"]),
        )
