"""The kernel of n-grams.

Source: TensorFlow 1.15, core/kernels/string_ngrams_op.cc.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from tensormill.graph import errors
from tensormill.kernels.registry import kernel
from tensormill.kernels.value_types import as_object_array

Array = np.ndarray[Any, Any]


def _check_splits(splits: list[int], count: int) -> None:
    if splits and splits[0]:
        raise errors.invalid_argument(f"First split value must be 0, got {splits[0]}")
    for low, high in pairwise(splits):
        if high < low:
            raise errors.invalid_argument(
                f"Invalid split value {high}, must be in [{low}, {count}]"
            )
    if splits and splits[-1] != count:
        raise errors.invalid_argument(
            f"Last split value must be data size. Expected {count}, got {splits[-1]}"
        )


@kernel("StringNGrams", "cpu", host_inputs=("data_splits",), host_outputs=("ngrams_splits",))
def string_ngrams(
    data: Array,
    data_splits: Array,
    *,
    separator: bytes,
    ngram_widths: tuple[int, ...],
    left_pad: bytes,
    right_pad: bytes,
    pad_width: int,
    preserve_short_sequences: bool,
) -> tuple[Array, Array]:
    if any(width <= 0 for width in ngram_widths):
        raise errors.invalid_argument("ngram_widths must contain positive values")
    splits, words = data_splits.ravel().tolist(), data.ravel().tolist()
    if not splits:
        return as_object_array([b""] * len(words)), data_splits
    _check_splits(splits, len(words))
    made: list[bytes] = []
    edges = [0] * len(splits)
    for place, (low, high) in enumerate(pairwise(splits)):
        row, count = words[low:high], 0
        for width in ngram_widths:
            pad = width - 1 if pad_width < 0 else min(pad_width, width - 1)
            padded = [left_pad] * pad + row + [right_pad] * pad
            grams = [
                separator.join(padded[at : at + width]) for at in range(len(padded) - width + 1)
            ]
            made += grams
            count += len(grams)
        if preserve_short_sequences and not count and row:
            # The pads that are asked for stand around a row that is too short for every width.
            pad = max(pad_width, 0)
            made.append(separator.join([left_pad] * pad + row + [right_pad] * pad))
            count = 1
        edges[place + 1] = edges[place] + count
    return as_object_array(made), np.array(edges, data_splits.dtype).reshape(data_splits.shape)
