"""Small pictures in ten classes."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensormill.keras.datasets.cifar_files import cifar_folder, finished, read_batch

__all__ = ["load_data"]


def load_data() -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """Return images [n, 32, 32, 3] and classes [n, 1], for training and for a test."""
    folder = cifar_folder("cifar-10-batches-py", "cifar-10-python.tar.gz")
    batches = [read_batch(folder, f"data_batch_{number}") for number in range(1, 6)]
    images = np.concatenate([each[0] for each in batches])
    labels = np.concatenate([each[1] for each in batches])
    return finished(images, labels), finished(*read_batch(folder, "test_batch"))
