"""Strings that are hashed together have the fingerprints that each of them has alone."""

import numpy as np
import pytest

from tensormill.kernels.short_fingerprints import fingerprints64
from tensormill.kernels.string_hashes import fingerprint64


def drawn(longest: int, count: int = 400) -> list[bytes]:
    random = np.random.default_rng(longest)
    sizes = random.integers(0, longest + 1, count)
    return [random.integers(0, 256, size, np.uint8).tobytes() for size in sizes]


@pytest.mark.parametrize("longest", [0, 3, 7, 8, 16, 17, 100])
def test_fingerprints_are_those_of_single_strings(longest) -> None:
    texts = drawn(longest)
    assert fingerprints64(texts).tolist() == [fingerprint64(text) for text in texts]


@pytest.mark.parametrize("size", range(18))
def test_zeros_at_the_end_count(size) -> None:
    texts = [b"\0" * size, b"a" + b"\0" * size] * 8
    assert fingerprints64(texts).tolist() == [fingerprint64(text) for text in texts]


def test_few_strings_and_none_are_hashed() -> None:
    assert fingerprints64([]).shape == (0,)
    assert fingerprints64([b"word"]).tolist() == [fingerprint64(b"word")]
