"""Cases of pooling over regions of random sizes."""

from itertools import pairwise

import numpy as np

from tests.op_cases.case import OpCase, OpProgram

_RNG = np.random.RandomState(8)
_IMAGES = _RNG.rand(2, 7, 9, 2)
_CUTS = [np.int64([0, 2, 3, 5, 7]), np.int64([0, 2, 4, 6, 7, 9])]


def _largest(overlapping: bool) -> np.ndarray:
    more = int(overlapping)
    rows, columns = _CUTS
    return np.array(
        [
            [_IMAGES[:, a : b + more, c : d + more].max((1, 2)) for c, d in pairwise(columns)]
            for a, b in pairwise(rows)
        ]
    ).transpose(2, 0, 1, 3)


# The static shapes of the places of cuts are wrong by one in TensorFlow 2, and unknown in 1.15.
_POOL = """
value = tf.constant(np.random.RandomState(8).rand(2, 7, 9, 2).astype("{dtype}"))
made = tf.nn.{name}(
    value, [1.0, {ratio}, 1.44, 1.0], {pseudo_random}, {overlapping}, True, seed=5, seed2=9
)
weights = tf.constant(np.random.RandomState(1).rand(*made[0].shape.as_list()).astype("{dtype}"))
gradient = tf.gradients(made[0], value, weights)
with tf.Session() as session:
    result = [session.run([*made, *gradient]), made[0].shape.as_list()]
"""

CASES = [
    *[
        OpProgram(
            (op_type,),
            _POOL.format(
                name=name,
                dtype=dtype,
                ratio=ratio,
                pseudo_random=pseudo_random,
                overlapping=overlapping,
            ),
        )
        for op_type, name in (
            ("FractionalMaxPool", "fractional_max_pool"),
            ("FractionalAvgPool", "fractional_avg_pool"),
        )
        for pseudo_random in (True, False)
        for overlapping in (True, False)
        for dtype, ratio in (("float32", 1.6), ("float64", 1.0))
    ],
    *[
        OpCase(
            "FractionalMaxPoolGrad",
            [_IMAGES, _largest(overlapping), _RNG.rand(2, 4, 5, 2), *_CUTS],
            {"overlapping": overlapping},
        )
        for overlapping in (True, False)
    ],
    OpCase(
        "FractionalAvgPool",
        [_IMAGES],
        {"pooling_ratio": [1.0, 1.5, 1.5, 1.0], "seed": 3},
        fails="Both seed and seed2 should be 0 if deterministic is false.",
    ),
    *[
        OpCase(
            "FractionalAvgPoolGrad",
            [np.int64([2, 7, 9, 2]), _RNG.rand(2, 4, 5, 2), *_CUTS],
            {"overlapping": overlapping},
        )
        for overlapping in (True, False)
    ],
]
