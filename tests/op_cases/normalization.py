"""Cases of biases, batch normalisation, local response normalisation and the L2 loss."""

import numpy as np

from tests.op_cases.case import OpCase, elementwise

_RNG = np.random.default_rng(11)


def _numbers(*shape: int, kind: type = np.float32) -> np.ndarray:
    return _RNG.integers(-8, 9, shape).astype(kind) / kind(4)


_IMAGE = _numbers(3, 4, 2, 5)
_SCALE, _OFFSET = np.float32([0.5, 1, 2, -1, 0.25]), np.float32([0, 1, -1, 2, 0.5])
_MEAN, _VARIANCE = np.float32([0.1, 0, -0.5, 1, 0.3]), np.float32([1, 0.5, 2, 0.25, 4])
_EMPTY = np.zeros(0, np.float32)
_TRAINED = [_IMAGE, _SCALE, _OFFSET, _EMPTY, _EMPTY]
_SLOPES = _numbers(3, 4, 2, 5)
# What the forward op of the CPU hands on: the batch's mean and variance.
_SAVED = [_IMAGE.mean((0, 1, 2)), _IMAGE.var((0, 1, 2))]
_LRN_IMAGE = _numbers(2, 2, 3, 9)
_LRN_SUMS = np.stack(
    [(_LRN_IMAGE[..., max(i - 2, 0) : i + 3] ** 2).sum(-1) for i in range(9)], axis=-1
)
_LRN_EXACT = _LRN_IMAGE / (1 + 0.5 * np.float64(_LRN_SUMS)) ** 0.75
# Rounded: the last bits of a power depend on the processor, and the case has to be the same.
_LRN_OUTPUT = np.float32(np.round(_LRN_EXACT * 4096) / 4096)

CASES = [
    *elementwise(
        "BiasAdd",
        "float16 float32 float64 int32 int64",
        lambda kind: [np.arange(24).reshape(2, 3, 4).astype(kind), np.arange(4).astype(kind)],
    ),
    OpCase("BiasAdd", [_numbers(2, 3, 2, 2), _numbers(3)], {"data_format": "NCHW"}),
    OpCase("BiasAdd", [_numbers(2, 3), _numbers(4)],
           fails=("Dimensions must be equal", "Must provide as many biases as the last dimension")),
    OpCase("BiasAddV1", [_numbers(2, 3), _numbers(3)]),
    OpCase("BiasAddGrad", [_numbers(2, 3, 4)]),
    OpCase("BiasAddGrad", [_numbers(2, 3, 2, 2)], {"data_format": "NCHW"}),
    *[
        OpCase(op_type, _TRAINED, {"is_training": True, "epsilon": 0.001},
               gradient=False, tolerance=1e-4)
        for op_type in ("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3")
    ],
    OpCase("FusedBatchNormV3", [_IMAGE, _SCALE, _OFFSET, _MEAN, _VARIANCE],
           {"is_training": True, "exponential_avg_factor": 0.25, "epsilon": 0.001},
           gradient=False, tolerance=1e-4),
    *[
        OpCase(op_type, [_SLOPES, _IMAGE, _SCALE, *saved, *third],
               {"is_training": saved is _SAVED, "epsilon": 0.001}, tolerance=1e-4)
        for op_type, third in (
            ("FusedBatchNormGrad", []),
            ("FusedBatchNormGradV2", []),
            ("FusedBatchNormGradV3", [_EMPTY]),
        )
        for saved in (_SAVED, [_MEAN, _VARIANCE])
    ],
    OpCase("LRNGrad", [_numbers(2, 2, 3, 9), _LRN_IMAGE, _LRN_OUTPUT],
           {"depth_radius": 2, "alpha": 0.5, "beta": 0.75}),
    OpCase("LRN", [_numbers(2, 2, 3, 9)], {"depth_radius": 2, "alpha": 0.5, "beta": 0.75}),
    OpCase("LRN", [_numbers(1, 2, 2, 3)]),
    OpCase("LRN", [_numbers(2, 3)], fails=("rank 4", "must be 4-dimensional")),
    OpCase("L2Loss", [_numbers(2, 3)]),
    OpCase("L2Loss", [_numbers(2, 3, kind=np.float64)]),
]  # fmt: skip
