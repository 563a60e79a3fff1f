"""Cases of patches of volumes."""

import numpy as np

from tests.op_cases.case import OpCase

_VOLUMES = np.arange(2 * 4 * 3 * 5 * 2, dtype=np.float32).reshape(2, 4, 3, 5, 2)


def _patches(size, stride, padding, volumes=_VOLUMES):
    attrs = {"ksizes": [1, *size, 1], "strides": [1, *stride, 1], "padding": padding}
    return OpCase("ExtractVolumePatches", [volumes], attrs)


CASES = [
    _patches((2, 2, 2), (1, 1, 1), "VALID"),
    _patches((3, 1, 2), (2, 1, 2), "SAME"),
    _patches((1, 2, 3), (1, 2, 2), "SAME", _VOLUMES.astype(np.int32)),
]
