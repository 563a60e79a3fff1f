"""Arrays of labels and data in other forms.

Source: TensorFlow 1.15, python/keras/utils/np_utils.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["normalize", "to_categorical"]


def to_categorical(y: Any, num_classes: int | None = None, dtype: Any = "float32") -> Any:
    """Return one-hot rows of classes."""
    classes = np.array(y, dtype="int")
    shape = classes.shape
    if shape and shape[-1] == 1 and len(shape) > 1:
        shape = shape[:-1]
    classes = classes.ravel()
    if not num_classes:
        num_classes = int(np.max(classes)) + 1
    rows = np.zeros((classes.size, num_classes), dtype=dtype)
    rows[np.arange(classes.size), classes] = 1
    return rows.reshape((*shape, num_classes))


def normalize(x: Any, axis: int = -1, order: int = 2) -> Any:
    """Return an array divided by its norms along an axis; norms of 0 count as 1."""
    norms = np.atleast_1d(np.linalg.norm(x, order, axis))
    norms[norms == 0] = 1
    return x / np.expand_dims(norms, axis)
