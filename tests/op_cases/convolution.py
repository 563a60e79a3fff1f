"""Cases of convolutions of images, and of their gradients."""

import numpy as np

from tests.op_cases.case import OpCase

_RNG = np.random.default_rng(7)


def _numbers(*shape: int, kind: type = np.float32) -> np.ndarray:
    return _RNG.integers(-8, 9, shape).astype(kind) / kind(4)


def _channels_first(image: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(np.moveaxis(image, -1, 1))


_IMAGE = _numbers(2, 7, 6, 3)
_FILTER = _numbers(3, 2, 3, 4)


def _attrs(padding="SAME", strides=(1, 1), dilations=(1, 1), explicit=None):
    attrs = {
        "strides": [1, *strides, 1],
        "padding": padding,
        "dilations": [1, *dilations, 1],
    }
    if explicit:
        attrs["explicit_paddings"] = explicit
    return attrs


_GEOMETRIES = [
    _attrs("SAME"),
    _attrs("VALID"),
    _attrs("SAME", (2, 2)),
    _attrs("SAME", (3, 2)),
    _attrs("VALID", (2, 1)),
    _attrs("SAME", dilations=(2, 2)),
    _attrs("VALID", dilations=(1, 3)),
    _attrs("EXPLICIT", (2, 1), explicit=[0, 0, 2, 1, 0, 1, 0, 0]),
    _attrs("EXPLICIT", explicit=[0, 0, 1, 1, 1, 1, 0, 0]),
]


def _size(size: int, window: int, stride: int, dilation: int, padding: str, pads) -> int:
    reach = (window - 1) * dilation + 1
    if padding == "SAME":
        return -(-size // stride)
    return (size + sum(pads) - reach) // stride + 1


def _gradient_of_output(attrs) -> np.ndarray:
    explicit = attrs.get("explicit_paddings", [0] * 8)
    sizes = [
        _size(
            _IMAGE.shape[axis],
            _FILTER.shape[axis - 1],
            attrs["strides"][axis],
            attrs["dilations"][axis],
            attrs["padding"],
            explicit[2 * axis : 2 * axis + 2],
        )
        for axis in (1, 2)
    ]
    return _numbers(2, *sizes, 4)


_IMAGE_SHAPE = np.array(_IMAGE.shape, np.int32)
_FILTER_SHAPE = np.array(_FILTER.shape, np.int32)

CASES = [
    *[OpCase("Conv2D", [_IMAGE, _FILTER], attrs) for attrs in _GEOMETRIES],
    *[
        OpCase("Conv2D", [_IMAGE.astype(kind), _FILTER.astype(kind)], _attrs(), tolerance=tolerance)
        for kind, tolerance in ((np.float16, 1e-2), (np.float64, None))
    ],
    OpCase("Conv2D", [_IMAGE, _numbers(1, 1, 3, 2)], _attrs("VALID"), note="pointwise"),
    OpCase(
        "Conv2D",
        [_numbers(1, 1, 2, 3), _FILTER],
        _attrs("VALID"),
        fails=("Negative dimension size caused by subtracting", "output size would be negative"),
    ),
    OpCase(
        "Conv2D",
        [_IMAGE, _numbers(2, 2, 2, 4)],
        _attrs(),
        fails=(
            "Depth of input (3) is not a multiple of input depth of filter (2)",
            "evenly divisible",
        ),
    ),
    OpCase("Conv2D", [_numbers(2, 3), _FILTER], _attrs(), fails=("rank 4", "4-dimensional")),
    *[
        OpCase(
            "Conv2DBackpropInput",
            [_IMAGE_SHAPE, _FILTER, _gradient_of_output(attrs)],
            attrs,
        )
        for attrs in _GEOMETRIES
        if attrs["dilations"] == [1, 1, 1, 1]
    ],
    *[
        OpCase(
            "Conv2DBackpropFilter",
            [_IMAGE, _FILTER_SHAPE, _gradient_of_output(attrs)],
            attrs,
        )
        for attrs in _GEOMETRIES
        if attrs["dilations"] == [1, 1, 1, 1]
    ],
]
