"""Small pictures in a hundred classes."""

from __future__ import annotations

from typing import Any

from tensormill.keras.datasets.cifar_files import cifar_folder, finished, read_batch

__all__ = ["load_data"]


def load_data(label_mode: str = "fine") -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """Return images [n, 32, 32, 3] and classes [n, 1], for training and for a test.

    Raises:
      ValueError: `label_mode` is neither "fine" nor "coarse".
    """
    if label_mode not in ("fine", "coarse"):
        raise ValueError("`label_mode` must be one of `fine`, `coarse`.")
    folder = cifar_folder("cifar-100-python", "cifar-100-python.tar.gz")
    key = f"{label_mode}_labels"
    train, test = (read_batch(folder, name, key) for name in ("train", "test"))
    return finished(*train), finished(*test)
