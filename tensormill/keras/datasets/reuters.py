"""News in 46 topics."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from tensormill.keras.datasets.word_numbers import limited, read_texts, shuffled
from tensormill.keras.utils.files import get_file

__all__ = ["get_word_index", "load_data"]

_ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"


def load_data(
    path: str = "reuters.npz", num_words: int | None = None, skip_top: int = 0,
    maxlen: int | None = None, test_split: float = 0.2, seed: int = 113, start_char: Any = 1,
    oov_char: Any = 2, index_from: int = 3, **kwargs: Any,
) -> tuple[tuple[Any, Any], tuple[Any, Any]]:  # fmt: skip
    """Return news as lists of numbers of words and topics, for training and for a test."""
    num_words = kwargs.pop("nb_words", num_words)
    if kwargs:
        raise TypeError("Unrecognized keyword arguments: " + str(kwargs))
    arrays = read_texts(get_file(path, _ORIGIN + "reuters.npz"))
    texts, labels = shuffled(arrays["x"], arrays["y"], np.random.RandomState(seed))
    texts, labels = limited(
        texts, labels, num_words, skip_top, maxlen, start_char, oov_char, index_from
    )
    at = int(len(texts) * (1 - test_split))
    whole = np.array(texts, dtype=object)
    return (whole[:at], labels[:at]), (whole[at:], labels[at:])


def get_word_index(path: str = "reuters_word_index.json") -> dict[str, int]:
    """Return the rank of each word."""
    with open(get_file(path, _ORIGIN + "reuters_word_index.json")) as file:
        return dict(json.load(file))
