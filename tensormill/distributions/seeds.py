"""Many seeds from one.

Source: TensorFlow 1.15, contrib/distributions/python/ops/seed_stream.py.
"""

from __future__ import annotations

import hashlib
from typing import Any

__all__ = ["SeedStream"]


class SeedStream:
    """Seeds for the random numbers of many places, which are made of one seed.

    Args:
      seed: the seed, or a stream whose seed is taken; None for None each time.
      salt: tells this stream from others with the same seed.
    """

    def __init__(self, seed: Any, salt: str) -> None:
        self._seed = seed.original_seed if isinstance(seed, SeedStream) else seed
        self._salt = salt
        self._counter = 0

    def __call__(self) -> int | None:
        """Return the next seed."""
        self._counter += 1
        if self._seed is None:
            return None
        text = str((self._seed, self._counter, self._salt))
        return int(hashlib.sha512(text.encode()).hexdigest(), 16)

    @property
    def original_seed(self) -> Any:
        """The seed that all of them are made of."""
        return self._seed

    @property
    def salt(self) -> str:
        """What tells this stream from others."""
        return self._salt
