"""Reviews of films, good and bad."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from tensormill.keras.datasets.word_numbers import limited, read_texts, shuffled
from tensormill.keras.utils.files import get_file

__all__ = ["get_word_index", "load_data"]

_ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"


def load_data(
    path: str = "imdb.npz", num_words: int | None = None, skip_top: int = 0,
    maxlen: int | None = None, seed: int = 113, start_char: Any = 1, oov_char: Any = 2,
    index_from: int = 3, **kwargs: Any,
) -> tuple[tuple[Any, Any], tuple[Any, Any]]:  # fmt: skip
    """Return reviews as lists of numbers of words and 0 or 1, for training and for a test."""
    num_words = kwargs.pop("nb_words", num_words)
    if kwargs:
        raise TypeError("Unrecognized keyword arguments: " + str(kwargs))
    arrays = read_texts(get_file(path, _ORIGIN + "imdb.npz"))
    random = np.random.RandomState(seed)
    train = shuffled(arrays["x_train"], arrays["y_train"], random)
    test = shuffled(arrays["x_test"], arrays["y_test"], random)
    texts, labels = limited(
        [*train[0], *test[0]], np.concatenate([train[1], test[1]]), num_words, skip_top, maxlen,
        start_char, oov_char, index_from,
    )  # fmt: skip
    at = len(train[0])
    whole = np.array(texts, dtype=object)
    return (whole[:at], labels[:at]), (whole[at:], labels[at:])


def get_word_index(path: str = "imdb_word_index.json") -> dict[str, int]:
    """Return the rank of each word."""
    with open(get_file(path, _ORIGIN + "imdb_word_index.json")) as file:
        return dict(json.load(file))
