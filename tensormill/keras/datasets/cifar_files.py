"""The files of CIFAR: pickled dictionaries of arrays.

They are read by an unpickler that knows arrays alone, so that a file cannot run anything.
"""

from __future__ import annotations

import os
import pickle
from typing import Any

import numpy as np

from tensormill.keras.backend.state import image_data_format
from tensormill.keras.utils.files import get_file

__all__ = ["cifar_folder", "finished", "read_batch"]

_ORIGIN = "https://www.cs.toronto.edu/~kriz/"
_ALLOWED = {
    ("numpy.core.multiarray", "_reconstruct"), ("numpy._core.multiarray", "_reconstruct"),
    ("numpy", "ndarray"), ("numpy", "dtype"), ("_codecs", "encode"),
}  # fmt: skip


class _ArrayUnpickler(pickle.Unpickler):
    """Reads arrays, lists, strings and numbers, and refuses all else."""

    def find_class(self, module: str, name: str) -> Any:
        """Return what stands for a name.

        Raises:
          UnpicklingError: it is none that arrays need.
        """
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"a data file asks for {module}.{name}")
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)


def cifar_folder(name: str, archive: str) -> str:
    """Return the folder of the unpacked files."""
    return get_file(name, _ORIGIN + archive, untar=True)


def read_batch(folder: str, name: str, label_key: str = "labels") -> tuple[Any, Any]:
    """Return images [n, 3, 32, 32] and labels of a file."""
    with open(os.path.join(folder, name), "rb") as file:
        content = _ArrayUnpickler(file, encoding="bytes").load()
    content = {key.decode() if isinstance(key, bytes) else key: v for key, v in content.items()}
    images = np.asarray(content["data"])
    return images.reshape(len(images), 3, 32, 32), content[label_key]


def finished(images: Any, labels: Any) -> tuple[Any, Any]:
    """Return images with their channels where Keras has them, and labels [n, 1]."""
    labels = np.reshape(labels, (-1, 1)).astype("uint8")
    if image_data_format() == "channels_last":
        images = images.transpose(0, 2, 3, 1)
    return images, labels
