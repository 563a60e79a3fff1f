"""Which library multiplies large float32 matrices fastest on this processor.

torch calls MKL, which leaves half of the speed of some processors with AVX-512 unused; oneDNN,
which torch brings as well, does not. On others MKL is as fast or faster. So the two are measured,
once a process, when the first plan with a large product is made.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from functools import cache

import torch

from tensormill.graph.shapes import Dims

__all__ = ["Product", "fastest", "is_large", "large_product"]

Tensor = torch.Tensor
Product = Callable[[Tensor, Tensor], Tensor]

_LARGE = 128**3
"""So many multiplications take much longer than the call of oneDNN, tens of microseconds."""
_USUAL_BATCH = 64
"""What stands for a size that is not known when the plan is made."""
_WANTED_GAIN = 0.8
_MEASURED_SIZE = 256
_TRIALS = 5


def is_large(a: Dims, b: Dims) -> bool:
    """Return whether the product of matrices of these static shapes is probably a large one.

    The shapes are those after a transposition.
    """
    if a is None or b is None or len(a) != 2 or len(b) != 2:
        return False
    sizes = (_USUAL_BATCH if size is None else size for size in (*a, b[1]))
    return math.prod(sizes) >= _LARGE


@cache
def large_product() -> Product:
    """Return the fastest product of large float32 matrices on this processor."""
    if not torch.backends.mkldnn.is_available():
        return torch.mm
    return fastest(torch.mm, _by_one_dnn)


def fastest(
    usual: Product, other: Product, now: Callable[[], float] = time.perf_counter
) -> Product:
    """Return the other product where it is clearly faster than the usual one.

    Args:
      usual: what is kept where the difference is small.
      other: what may be faster.
      now: the clock.
    """
    matrix = torch.full((_MEASURED_SIZE, _MEASURED_SIZE), 0.5)
    times_s: dict[Product, list[float]] = {usual: [], other: []}
    for _ in range(_TRIALS):
        for product, taken in times_s.items():
            start = now()
            product(matrix, matrix)
            taken.append(now() - start)
    is_faster = min(times_s[other]) < _WANTED_GAIN * min(times_s[usual])
    return other if is_faster else usual


def _by_one_dnn(a: Tensor, b: Tensor) -> Tensor:
    if a.dim() != 2 or b.dim() != 2 or a.shape[1] != b.shape[0] or not a.numel() or not b.numel():
        return torch.mm(a, b)  # it knows what to do, or say
    product: Tensor = torch.ops.mkldnn._linear_pointwise.default(a, b.t(), None, "none", [], "")
    return product
