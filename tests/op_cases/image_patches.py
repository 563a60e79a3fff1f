"""Cases of patches of images."""

import numpy as np

from tests.op_cases.case import OpCase

IMAGES = np.arange(2 * 5 * 4 * 2, dtype=np.float32).reshape(2, 5, 4, 2)


def patches(size, stride, rate, padding, images=IMAGES):
    attrs = {
        "ksizes": [1, *size, 1],
        "strides": [1, *stride, 1],
        "rates": [1, *rate, 1],
        "padding": padding,
    }
    return OpCase("ExtractImagePatches", [images], attrs)


CASES = [
    patches((2, 2), (1, 1), (1, 1), "VALID"),
    patches((3, 2), (2, 2), (1, 1), "SAME"),
    patches((2, 2), (1, 2), (2, 1), "SAME"),
    patches((1, 3), (1, 1), (1, 1), "SAME", IMAGES.astype(np.int32)),
]
