"""The kernel of connected components.

Source: TensorFlow 1.15, contrib/image/kernels/segmentation_ops.h.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.shapes import format_dims
from tensormill.kernels.registry import kernel

Array = np.ndarray[Any, Any]


@kernel("ImageConnectedComponents", "cpu", host_inputs=("image",))
def image_connected_components(image: Array) -> torch.Tensor:
    if image.ndim != 3:
        raise errors.invalid_argument(
            f"images must have rank 3, but are of shape {format_dims(image.shape, 'kernel')}"
        )
    places = np.arange(image.size).reshape(image.shape)
    is_set = image != (b"" if image.dtype == object else image.dtype.type(0))
    edges = []
    for axis in (1, 2):
        first, second = (
            tuple(slice(start, stop) if at == axis else slice(None) for at in range(3))
            for start, stop in ((None, -1), (1, None))
        )
        joined = is_set[first] & (image[first] == image[second])
        edges.append((places[first][joined], places[second][joined]))
    roots = _roots(image.size, *(np.concatenate(ends) for ends in zip(*edges, strict=True)))
    return torch.from_numpy(np.where(is_set, roots.reshape(image.shape) + 1, 0))


def _roots(count: int, first: Array, second: Array) -> Array:
    """Return the least member of the set of each of `count` elements, some of them joined."""
    parents: Array = np.arange(count)
    while True:
        a, b = parents[first], parents[second]
        differ = a != b
        if not differ.any():
            return parents
        np.minimum.at(parents, np.maximum(a, b)[differ], np.minimum(a, b)[differ])
        above = parents[parents]
        while (above != parents).any():
            parents, above = above, above[above]
