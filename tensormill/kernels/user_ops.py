"""The kernel of the example of an op of one's own."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensormill.kernels.registry import kernel


@kernel("Fact", "cpu")
def fact() -> Any:
    return np.array(b"0! == 1", dtype=object)
