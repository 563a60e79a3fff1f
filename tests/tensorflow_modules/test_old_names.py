"""Names of Python and NumPy that are put back for programs for TensorFlow 1."""

from __future__ import annotations

import subprocess
import sys

SOURCE = """
from tensormill.tensorflow_modules import finder
finder.install_as_tensorflow()
import collections, inspect, time
import numpy as np
assert np.zeros(2, np.float).dtype == np.float64
assert np.ones(2, dtype=np.int).dtype == np.int64
assert np.array([1], np.bool).dtype == np.bool_
assert np.product([2, 3]) == 6 and np.Inf == np.inf and np.asscalar(np.array([4])) == 4
assert np.lib.pad([1], 1, "constant").tolist() == [0, 1, 0]
assert np.asfarray([1, 2]).dtype == np.float64 and np.asfarray([1], np.float32).dtype == np.float32
assert np.cast["int8"](2.0).dtype == np.int8 and np.rank([[1]]) == 2
assert np.find_common_type([np.float32, np.float64], []) == np.float64
assert np.float32 in np.sctypes["float"] and np.issubsctype(np.float32, np.floating)
assert np.compat.asbytes("a") == b"a" and np.compat.asstr(b"a") == "a"
assert isinstance({}, collections.Mapping) and issubclass(list, collections.Sequence)
assert inspect.getargspec(lambda a, b=1: 0) == (["a", "b"], None, None, (1,))
assert time.clock() >= 0
from PIL import Image
assert Image.ANTIALIAS == Image.LANCZOS
print(np.float64(1.5), np.sum([1]))
"""


def test_names_are_put_back_and_others_left_alone() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SOURCE], capture_output=True, text=True, check=False
    )
    assert done.stdout == "1.5 1\n", done.stderr
