"""`tf.keras.preprocessing.text`: words as numbers.

Source: TensorFlow 1.15, python/keras/preprocessing/text.py.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

__all__ = ["Tokenizer", "hashing_trick", "one_hot", "text_to_word_sequence", "tokenizer_from_json"]

_FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'


def text_to_word_sequence(
    text: str, filters: str = _FILTERS, lower: bool = True, split: str = " "
) -> list[str]:
    """Return the words of a text, without the characters of `filters`."""
    if lower:
        text = text.lower()
    for each in filters:
        text = text.replace(each, split)
    return [word for word in text.split(split) if word]


def hashing_trick(
    text: str, n: int, hash_function: Any = None, filters: str = _FILTERS, lower: bool = True,
    split: str = " ",
) -> list[int]:  # fmt: skip
    """Return a number in [1, n) for each word of a text, by a hash."""
    if hash_function is None:
        hash_function = hash
    elif hash_function == "md5":

        def hash_function(word: str) -> int:
            return int(hashlib.md5(word.encode()).hexdigest(), 16)

    words = text_to_word_sequence(text, filters=filters, lower=lower, split=split)
    return [hash_function(word) % (n - 1) + 1 for word in words]


def one_hot(
    text: str, n: int, filters: str = _FILTERS, lower: bool = True, split: str = " "
) -> list[int]:
    """Return a number in [1, n) for each word of a text."""
    return hashing_trick(text, n, hash_function=hash, filters=filters, lower=lower, split=split)


class Tokenizer:
    """Gives words numbers by their frequency in texts, from 1.

    Args:
      num_words: numbers from this one on are left out.
      filters: characters that are left out.
      lower: whether texts are written in small letters.
      split: what separates words.
      char_level: whether each character is a word.
      oov_token: what stands for words without a number; it has the number 1.
      **kwargs: `document_count`.

    Attributes:
      word_index: number by word.
      word_counts: how often each word occurs.
      word_docs: in how many texts each word occurs.
    """

    def __init__(
        self, num_words: int | None = None, filters: str = _FILTERS, lower: bool = True,
        split: str = " ", char_level: bool = False, oov_token: str | None = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        self.document_count = kwargs.pop("document_count", 0)
        if kwargs:
            raise TypeError("Unrecognized keyword arguments: " + str(kwargs))
        self.num_words = num_words
        self.filters = filters
        self.lower = lower
        self.split = split
        self.char_level = char_level
        self.oov_token = oov_token
        self.word_counts: dict[str, int] = {}
        self.word_docs: dict[str, int] = {}
        self.word_index: dict[str, int] = {}
        self.index_word: dict[int, str] = {}
        self.index_docs: dict[int, int] = {}

    def _words(self, text: Any) -> list[str]:
        if self.char_level or isinstance(text, list):
            if self.lower:
                text = [each.lower() for each in text] if isinstance(text, list) else text.lower()
            return list(text)
        return text_to_word_sequence(text, self.filters, self.lower, self.split)

    def fit_on_texts(self, texts: Any) -> None:
        """Count the words of texts and give them numbers."""
        for text in texts:
            self.document_count += 1
            words = self._words(text)
            for word in words:
                self.word_counts[word] = self.word_counts.get(word, 0) + 1
            for word in set(words):
                self.word_docs[word] = self.word_docs.get(word, 0) + 1
        ordered = sorted(self.word_counts, key=lambda word: -self.word_counts[word])
        if self.oov_token is not None:
            ordered.insert(0, self.oov_token)
        self.word_index = {word: at for at, word in enumerate(ordered, 1)}
        self.index_word = {at: word for word, at in self.word_index.items()}
        self.index_docs = {self.word_index[word]: n for word, n in self.word_docs.items()}

    def fit_on_sequences(self, sequences: Any) -> None:
        """Count the numbers of sequences."""
        self.document_count += len(sequences)
        for sequence in sequences:
            for at in set(sequence):
                self.index_docs[at] = self.index_docs.get(at, 0) + 1

    def texts_to_sequences_generator(self, texts: Any) -> Iterator[list[int]]:
        """Yield the numbers of the words of each text."""
        unknown = self.word_index.get(self.oov_token) if self.oov_token is not None else None
        for text in texts:
            numbers = []
            for word in self._words(text):
                at = self.word_index.get(word)
                if at is None or (self.num_words and at >= self.num_words):
                    at = unknown
                if at is not None:
                    numbers.append(at)
            yield numbers

    def texts_to_sequences(self, texts: Any) -> list[list[int]]:
        """Return the numbers of the words of each text."""
        return list(self.texts_to_sequences_generator(texts))

    def sequences_to_texts(self, sequences: Any) -> list[str]:
        """Return the words of sequences of numbers as texts."""
        texts = []
        for sequence in sequences:
            words = []
            for at in sequence:
                word = self.index_word.get(at)
                if word is None or (self.num_words and at >= self.num_words):
                    word = self.oov_token
                if word is not None:
                    words.append(word)
            texts.append(" ".join(words))
        return texts

    def texts_to_matrix(self, texts: Any, mode: str = "binary") -> Any:
        """Return a row for each text; see `sequences_to_matrix`."""
        return self.sequences_to_matrix(self.texts_to_sequences(texts), mode=mode)

    def sequences_to_matrix(self, sequences: Any, mode: str = "binary") -> Any:
        """Return a row for each sequence, with an entry for each number.

        Args:
          sequences: sequences of numbers.
          mode: what an entry is: "binary", "count", "freq" or "tfidf".

        Raises:
          ValueError: the mode is not known, or there are no numbers yet.
        """
        if not self.num_words and not self.word_index:
            raise ValueError(
                "Specify a dimension (`num_words` argument), or fit on some text data first."
            )
        size = self.num_words or len(self.word_index) + 1
        if mode == "tfidf" and not self.document_count:
            raise ValueError("Fit the Tokenizer on some data before using tfidf mode.")
        entry = self._entries().get(mode)
        if entry is None:
            raise ValueError("Unknown vectorization mode:", mode)
        rows = np.zeros((len(sequences), size))
        for row, sequence in zip(rows, sequences, strict=True):
            for at, count in Counter(at for at in sequence if at < size).items():
                row[at] = entry(at, count, len(sequence))
        return rows

    def _entries(self) -> dict[str, Callable[[int, int, int], float]]:
        def tfidf(at: int, count: int, length: int) -> float:
            rarity = np.log(1 + self.document_count / (1 + self.index_docs.get(at, 0)))
            return float((1 + np.log(count)) * rarity)

        return {
            "binary": lambda at, count, length: 1,
            "count": lambda at, count, length: count,
            "freq": lambda at, count, length: count / length,
            "tfidf": tfidf,
        }

    def get_config(self) -> dict[str, Any]:
        """Return the settings and the counts; the tables as JSON."""
        names = ("num_words", "filters", "lower", "split", "char_level", "oov_token",
                 "document_count")  # fmt: skip
        tables = ("word_counts", "word_docs", "index_docs", "index_word", "word_index")
        config = {name: getattr(self, name) for name in names}
        config.update({name: json.dumps(getattr(self, name)) for name in tables})
        return config

    def to_json(self, **kwargs: Any) -> str:
        """Return the class and settings as JSON."""
        return json.dumps({"class_name": "Tokenizer", "config": self.get_config()}, **kwargs)


def tokenizer_from_json(json_string: str) -> Tokenizer:
    """Return the tokenizer that `to_json` described."""
    config = json.loads(json_string)["config"]
    tables = {
        name: json.loads(config.pop(name))
        for name in ("word_counts", "word_docs", "index_docs", "index_word", "word_index")
    }
    for name in ("index_docs", "index_word"):
        tables[name] = {int(key): value for key, value in tables[name].items()}
    tokenizer = Tokenizer(**config)
    vars(tokenizer).update(tables)
    return tokenizer
