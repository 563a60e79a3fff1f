"""Cases of candidate samplers."""

import numpy as np

from tests.op_cases.case import OpCase

_CLASSES = np.array([[1, 5], [0, 3], [5, 2]], np.int64)
_ATTRS = {"num_true": 2, "num_sampled": 4, "unique": True}

CASES = [
    *[
        OpCase(op_type, [_CLASSES], {**_ATTRS, "range_max": 8, **more}, compare="shape_dtype")
        for op_type, more in (
            ("UniformCandidateSampler", {}),
            ("LogUniformCandidateSampler", {}),
            ("LearnedUnigramCandidateSampler", {}),
            ("ThreadUnsafeUnigramCandidateSampler", {}),
            ("FixedUnigramCandidateSampler", {"unigrams": [1.0, 2, 3, 4, 5, 6, 7, 8]}),
        )
    ],
    OpCase("AllCandidateSampler", [_CLASSES], {"num_true": 2, "num_sampled": 6, "unique": True}),
    OpCase("ComputeAccidentalHits", [_CLASSES, np.array([5, 7, 0], np.int64)], {"num_true": 2}),
]
