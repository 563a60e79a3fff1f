"""Texts as sequences of the ranks of their words, as `imdb` and `reuters` have them."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["limited", "read_texts", "shuffled"]


def read_texts(path: str) -> dict[str, Any]:
    """Return the arrays of a file of texts.

    They are arrays of lists, which NumPy keeps as pickles: the file is as trusted as a program.
    """
    with np.load(path, allow_pickle=True) as arrays:
        return {name: arrays[name] for name in arrays.files}


def shuffled(x: Any, y: Any, random: Any) -> tuple[Any, Any]:
    """Return texts and labels in another order."""
    order = np.arange(len(x))
    random.shuffle(order)
    return x[order], y[order]


def limited(
    texts: Any, labels: Any, num_words: Any, skip_top: int, maxlen: Any, start_char: Any,
    oov_char: Any, index_from: int,
) -> tuple[list[Any], Any]:  # fmt: skip
    """Return texts whose numbers are moved, and limited to the more frequent words.

    Raises:
      ValueError: no text is short enough.
    """
    start = [] if start_char is None else [start_char]
    moved = [start + [word + index_from for word in text] for text in texts]
    if start_char is None and not index_from:
        moved = [list(text) for text in texts]
    if maxlen:
        kept = [at for at, text in enumerate(moved) if len(text) < maxlen]
        if not kept:
            raise ValueError(
                f"After filtering for sequences shorter than maxlen={maxlen}, no sequence was "
                "kept. Increase maxlen."
            )
        moved, labels = [moved[at] for at in kept], labels[kept]
    if not num_words:
        num_words = max(max(text) for text in moved)

    def choose(text: list[int]) -> list[int]:
        if oov_char is None:
            return [word for word in text if skip_top <= word < num_words]
        return [word if skip_top <= word < num_words else oov_char for word in text]

    return [choose(text) for text in moved], labels
