"""Cases of indices computed from indices and from values."""

import numpy as np

from tests.op_cases.case import OpCase

CASES = [
    OpCase("UnravelIndex", [np.int32([0, 5, 23]), np.int32([2, 3, 4])]),
    OpCase("UnravelIndex", [np.int64(7), np.int64([3, 4])]),
    OpCase("UnravelIndex", [np.int32([24]), np.int32([2, 3, 4])], fails="index is out of bound"),
    *[
        OpCase("Bucketize", [np.array([-1, 0, 3, 10, 11], dtype)], {"boundaries": [0.0, 3.0, 10.0]})
        for dtype in ("int32", "int64", "float32", "float64")
    ],
    OpCase(
        "Bucketize", [np.int32([1])], {"boundaries": [3.0, 1.0]}, fails="Expected sorted boundaries"
    ),
    OpCase("DataFormatDimMap", [np.int32([0, 1, 3, -1])]),
    OpCase("DataFormatDimMap", [np.int64(2)], {"src_format": "NHWC", "dst_format": "HWNC"}),
    OpCase("DataFormatVecPermute", [np.int32([7, 8, 9, 10])]),
    OpCase(
        "DataFormatVecPermute",
        [np.int32([[1, 2], [3, 4], [5, 6], [7, 8]])],
        {"src_format": "NCHW", "dst_format": "NHWC"},
    ),
]
