"""The kernel of pairs of tokens: how far each looks is drawn as TensorFlow does it.

Source: TensorFlow 1.15, contrib/text/kernels/skip_gram_kernels.cc and
core/lib/random/simple_philox.cc.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tensormill.graph import errors
from tensormill.kernels.philox import Philox, seed_stream
from tensormill.kernels.registry import KernelContext, kernel_factory

_SPAN = 1 << 32
_AT_ONCE = 64
_INPUTS = ("input_tensor", "min_skips", "max_skips", "start", "limit", "emit_self_as_target")


def _words(place: Philox) -> Iterator[int]:
    while True:
        yield from place.words(_AT_ONCE).tolist()
        place = Philox(place.key, place.counter + _AT_ONCE // 4)


def _below(bound: int, words: Iterator[int]) -> int:
    """Return a number in [0, bound), each as likely as the others."""
    if bound & (bound - 1) == 0:
        return next(words) & (bound - 1)
    least = (_SPAN - 1) % bound + 1
    return next(word for word in words if word >= least) % bound


@kernel_factory(
    "SkipGramGenerateCandidates",
    "cpu",
    types={"T": ("string", "int64", "int32", "int16")},
    host_inputs=_INPUTS,
    host_outputs=("tokens", "labels"),
)
def make_skip_gram_generate_candidates(ctx: KernelContext) -> Any:
    stream = seed_stream(ctx.attrs["seed"], ctx.attrs["seed2"])

    def generate(
        input_tensor: Any,
        min_skips: Any,
        max_skips: Any,
        start: Any,
        limit: Any,
        emit_self_as_target: Any,
    ) -> tuple[Any, Any]:
        least, most, first, count = map(int, (min_skips, max_skips, start, limit))
        if least < 0 or most < 0:
            raise errors.invalid_argument("Both min_skips and max_skips must be >= 0.")
        if least > most:
            raise errors.invalid_argument("min_skips must be <= max_skips.")
        tokens = np.ravel(input_tensor)
        end = tokens.size if count < 0 else min(first + count, tokens.size)
        words = _words(stream.reserve(max(end - first + 1, 0)))
        pairs = []
        for place in range(first, end):
            reach = least + _below(most - least + 1, words)
            for other in range(max(place - reach, first), min(place + reach + 1, end)):
                if other != place or emit_self_as_target:
                    pairs.append((place, other))
        places = np.array(pairs, np.int64).reshape(-1, 2)
        return tokens[places[:, 0]], tokens[places[:, 1]]

    return generate
