"""Cases of max and average pooling of images."""

import numpy as np

from tests.op_cases.case import OpCase

_RNG = np.random.default_rng(3)
# All entries differ, so that the place of each maximum is certain.
_IMAGE = (_RNG.permutation(2 * 5 * 6 * 3).reshape(2, 5, 6, 3) / 8).astype(np.float32)
_WINDOWS = [
    ((2, 2), (2, 2), "SAME"),
    ((2, 2), (2, 2), "VALID"),
    ((3, 3), (2, 2), "SAME"),
    ((2, 2), (1, 1), "SAME"),
    ((3, 2), (1, 2), "VALID"),
    ((4, 3), (2, 3), "SAME"),
    ((1, 1), (2, 2), "SAME"),
]


def _attrs(ksize, strides, padding):
    return {"ksize": [1, *ksize, 1], "strides": [1, *strides, 1], "padding": padding}


def _pooled(ksize, strides, padding) -> np.ndarray:
    sizes = [
        -(-size // step) if padding == "SAME" else (size - window) // step + 1
        for size, window, step in zip((5, 6), ksize, strides, strict=True)
    ]
    return _RNG.integers(-8, 9, (2, *sizes, 3)).astype(np.float32) / np.float32(4)


def _largest(ksize, strides, padding) -> tuple[np.ndarray, np.ndarray]:
    """Return the maximum of each window and its place in the flat image of its batch."""
    height, width, depth = _IMAGE.shape[1:]
    corners = []
    for size, window, step in zip((height, width), ksize, strides, strict=True):
        count = -(-size // step) if padding == "SAME" else (size - window) // step + 1
        before = max((count - 1) * step + window - size, 0) // 2 if padding == "SAME" else 0
        starts = [index * step - before for index in range(count)]
        corners.append([(max(start, 0), min(start + window, size)) for start in starts])
    shape = (len(_IMAGE), len(corners[0]), len(corners[1]), depth)
    values, places = np.zeros(shape, np.float32), np.zeros(shape, np.int64)
    for b, i, j, channel in np.ndindex(*shape):
        (top, bottom), (left, right) = corners[0][i], corners[1][j]
        window = _IMAGE[b, top:bottom, left:right, channel]
        y, x = np.unravel_index(window.argmax(), window.shape)
        values[b, i, j, channel] = window.max()
        places[b, i, j, channel] = ((top + y) * width + left + x) * depth + channel
    return values, places


def _max_pool_grads(window) -> list[OpCase]:
    """Return cases of the gradients of max pooling, and of their gradients, for a window."""
    attrs, (largest, places) = _attrs(*window), _largest(*window)
    sizes = [np.array([1, *pair, 1], np.int32) for pair in window[:2]]
    padding, grad = {"padding": window[2]}, _pooled(*window)
    image_grad = (_IMAGE[::-1] - 4) / 2
    return [
        OpCase("MaxPoolGrad", [_IMAGE, largest, grad], attrs),
        OpCase("MaxPoolGradV2", [_IMAGE, largest, grad, *sizes], padding),
        OpCase("MaxPoolGradGrad", [_IMAGE, largest, image_grad], attrs),
        OpCase("MaxPoolGradGradV2", [_IMAGE, largest, image_grad, *sizes], padding),
        OpCase("MaxPoolGradWithArgmax", [_IMAGE, grad, places], attrs),
    ]


_SHAPE = np.array(_IMAGE.shape, np.int32)

CASES = [
    *[
        OpCase(op_type, [_IMAGE], _attrs(*window))
        for op_type in ("MaxPool", "AvgPool")
        for window in _WINDOWS
    ],
    OpCase(
        "MaxPool",
        [_IMAGE],
        {**_attrs((2, 2), (2, 2), "EXPLICIT"), "explicit_paddings": [0, 0, 1, 0, 0, 1, 0, 0]},
        gradient=False,
    ),
    *[
        OpCase("MaxPool", [_IMAGE.astype(kind)], _attrs((2, 2), (2, 2), "SAME"))
        for kind in (np.float64, np.float16, np.int32, np.int64, np.uint8)
    ],
    OpCase(
        "MaxPool",
        [np.concatenate([_IMAGE, _IMAGE[:, :, :, :1] + 1], 3)],
        {"ksize": [1, 1, 1, 2], "strides": [1, 1, 1, 2], "padding": "VALID"},
        note="over channels",
    ),
    *[
        OpCase(
            "MaxPoolV2",
            [_IMAGE, np.array([1, 3, 2, 1], np.int32), np.array([1, 2, 2, 1], np.int32)],
            {"padding": padding},
        )
        for padding in ("SAME", "VALID")
    ],
    *[
        OpCase(
            "MaxPoolWithArgmax", [_IMAGE], {**_attrs(*window), "include_batch_in_index": in_batch}
        )
        for window in _WINDOWS[:4]
        for in_batch in (False, True)
    ],
    OpCase(
        "MaxPoolWithArgmax", [_IMAGE], {**_attrs((2, 2), (2, 2), "SAME"), "Targmax": "int32"},
        gradient=False,
    ),
    *[
        OpCase("AvgPoolGrad", [_SHAPE, _pooled(*window)], _attrs(*window))
        for window in _WINDOWS[:4]
    ],
    *[case for window in _WINDOWS[:4] for case in _max_pool_grads(window)],
    OpCase("AvgPool", [_IMAGE[:, :1, :1]], _attrs((3, 2), (1, 1), "VALID"),
           fails=("Negative dimension", "output size would be negative")),
    OpCase("MaxPool", [_IMAGE[0]], _attrs((2, 2), (1, 1), "VALID"),
           fails=("rank 4", "must have 2 spatial dimensions")),
]  # fmt: skip
