"""Texts as numbers of words: `tf.contrib.learn.preprocessing`.

Source: TensorFlow 1.15, contrib/learn/python/learn/preprocessing: text.py, categorical.py and
categorical_vocabulary.py.
"""

from __future__ import annotations

import pickle
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from tensormill.platform import gfile

__all__ = [
    "ByteProcessor",
    "CategoricalProcessor",
    "CategoricalVocabulary",
    "VocabularyProcessor",
    "tokenizer",
]

# Capitals, a word that another follows without a space, and words.
TOKENIZER_RE = re.compile(r"[A-Z]{2,}(?![a-z])|[A-Z][a-z]+(?=[A-Z])|[\'\w\-]+", re.UNICODE)


def tokenizer(iterator: Iterable[str]) -> Iterator[list[str]]:
    """Yield the words of each text."""
    for text in iterator:
        yield TOKENIZER_RE.findall(text)


class CategoricalVocabulary:
    """Categories by number; number 0 stands for all that are not known.

    Programs look into `_mapping`, from category to number, and `_freq`, the counts.
    """

    def __init__(self, unknown_token: str = "<UNK>", support_reverse: bool = True) -> None:
        self._unknown_token = unknown_token
        self._mapping: dict[Any, int] = {unknown_token: 0}
        self._support_reverse = support_reverse
        if support_reverse:
            self._reverse_mapping: list[Any] = [unknown_token]
        self._freq: dict[Any, int] = defaultdict(int)
        self._freeze = False

    def __len__(self) -> int:
        """Return the number of categories, with that for the unknown."""
        return len(self._mapping)

    def freeze(self, freeze: bool = True) -> None:
        """Take categories that come from now on for unknown, or learn them again."""
        self._freeze = freeze

    def get(self, category: Any) -> int:
        """Return the number of a category; a new one gets the next unless they are frozen."""
        if category not in self._mapping:
            if self._freeze:
                return 0
            self._mapping[category] = len(self._mapping)
            if self._support_reverse:
                self._reverse_mapping.append(category)
        return self._mapping[category]

    def add(self, category: Any, count: int = 1) -> None:
        """Count a category."""
        if self.get(category) > 0:
            self._freq[category] += count

    def trim(self, min_frequency: int, max_frequency: int = -1) -> None:
        """Keep the categories seen more often than `min_frequency`, the most frequent first.

        Args:
          min_frequency: those seen as often or less go.
          max_frequency: those seen as often or more go, where it is positive.
        """
        by_name = sorted(self._freq.items(), key=lambda item: (isinstance(item[0], str), item[0]))
        by_count = sorted(by_name, key=lambda item: item[1], reverse=True)
        kept = [
            (category, count)
            for category, count in by_count
            if count > min_frequency and not 0 < max_frequency <= count
        ]
        self._mapping = {self._unknown_token: 0}
        self._mapping.update((category, number) for number, (category, _) in enumerate(kept, 1))
        if self._support_reverse:
            self._reverse_mapping = list(self._mapping)
        self._freq = dict(kept)

    def reverse(self, class_id: int) -> Any:
        """Return the category of a number.

        Raises:
          ValueError: the vocabulary does not keep them.
        """
        if not self._support_reverse:
            raise ValueError(
                "This vocabulary wasn't initialized with support_reverse to support reverse() "
                "function."
            )
        return self._reverse_mapping[class_id]


class CategoricalProcessor:
    """Turns rows of categories into rows of their numbers."""

    def __init__(
        self, min_frequency: int = 0, share: bool = False, vocabularies: Any = None
    ) -> None:
        """Make a processor.

        Args:
          min_frequency: categories seen as often or less are unknown.
          share: use one vocabulary for all columns.
          vocabularies: a vocabulary for each column.
        """
        self.min_frequency = min_frequency
        self.share = share
        self.vocabularies_ = vocabularies

    def freeze(self, freeze: bool = True) -> None:
        """Take new categories for unknown, or not."""
        for vocabulary in self.vocabularies_ or ():
            vocabulary.freeze(freeze)

    def fit(self, x: Any, unused_y: Any = None) -> CategoricalProcessor:
        """Learn the categories of the rows."""
        for row in x:
            if self.vocabularies_ is None:
                shared = CategoricalVocabulary()
                self.vocabularies_ = [
                    shared if self.share else CategoricalVocabulary() for _ in row
                ]
            for vocabulary, value in zip(self.vocabularies_, row, strict=False):
                if not (isinstance(value, float) and np.isnan(value)):
                    vocabulary.add(value)
        if self.min_frequency > 0:
            for vocabulary in self.vocabularies_ or ():
                vocabulary.trim(self.min_frequency)
        self.freeze()
        return self

    def fit_transform(self, x: Any, unused_y: Any = None) -> Iterator[Any]:
        """Learn the categories, and yield their numbers."""
        self.fit(x)
        return self.transform(x)

    def transform(self, x: Any) -> Iterator[Any]:
        """Yield the numbers of the categories of each row."""
        self.freeze()
        for row in x:
            numbers = [
                0 if isinstance(value, float) and np.isnan(value) else vocabulary.get(value)
                for vocabulary, value in zip(self.vocabularies_, row, strict=False)
            ]
            yield np.array(numbers, np.int64)


class VocabularyProcessor:
    """Turns texts into rows of the numbers of their words.

    Attributes:
      max_document_length: words of a text that are used; shorter ones end with zeros.
      min_frequency: words seen as often or less are unknown.
      vocabulary_: the words.
    """

    def __init__(
        self,
        max_document_length: int,
        min_frequency: int = 0,
        vocabulary: CategoricalVocabulary | None = None,
        tokenizer_fn: Callable[[Iterable[str]], Iterable[Any]] | None = None,
    ) -> None:
        self.max_document_length = max_document_length
        self.min_frequency = min_frequency
        self.vocabulary_ = vocabulary or CategoricalVocabulary()
        self._tokenizer = tokenizer_fn or tokenizer

    def fit(self, raw_documents: Iterable[str], unused_y: Any = None) -> VocabularyProcessor:
        """Learn the words of the texts."""
        for tokens in self._tokenizer(raw_documents):
            for token in tokens:
                self.vocabulary_.add(token)
        if self.min_frequency > 0:
            self.vocabulary_.trim(self.min_frequency)
        self.vocabulary_.freeze()
        return self

    def fit_transform(self, raw_documents: Iterable[str], unused_y: Any = None) -> Iterator[Any]:
        """Learn the words, and yield their numbers."""
        self.fit(raw_documents)
        return self.transform(raw_documents)

    def transform(self, raw_documents: Iterable[str]) -> Iterator[Any]:
        """Yield the numbers of the words of each text: int64, [max_document_length]."""
        for tokens in self._tokenizer(raw_documents):
            numbers = np.zeros(self.max_document_length, np.int64)
            for position, token in enumerate(tokens):
                if position >= self.max_document_length:
                    break
                numbers[position] = self.vocabulary_.get(token)
            yield numbers

    def reverse(self, documents: Iterable[Any]) -> Iterator[str]:
        """Yield the words of rows of numbers, with spaces between them."""
        for numbers in documents:
            yield " ".join(self.vocabulary_.reverse(number) for number in numbers)

    def save(self, filename: Any) -> None:
        """Write the processor to a file, as a pickle."""
        with gfile.Open(filename, "wb") as file:
            file.write(pickle.dumps(self))

    @classmethod
    def restore(cls, filename: Any) -> VocabularyProcessor:
        """Read a processor from a file; it is a pickle, so the file is to be trusted."""
        with gfile.Open(filename, "rb") as file:
            loaded: VocabularyProcessor = pickle.loads(file.read())
            return loaded


class ByteProcessor:
    """Turns texts into rows of their bytes in UTF-8."""

    def __init__(self, max_document_length: int) -> None:
        self.max_document_length = max_document_length

    def fit(self, x: Any) -> ByteProcessor:
        """Do nothing: bytes need no vocabulary."""
        return self

    def fit_transform(self, x: Iterable[Any]) -> Iterator[Any]:
        """Yield the bytes of each text."""
        return self.transform(x)

    def transform(self, x: Iterable[Any]) -> Iterator[Any]:
        """Yield the bytes of each text: uint8, [max_document_length]."""
        for document in x:
            data = document.encode("utf-8") if isinstance(document, str) else bytes(document)
            numbers = np.zeros(self.max_document_length, np.uint8)
            used = data[: self.max_document_length]
            numbers[: len(used)] = np.frombuffer(used, np.uint8)
            yield numbers

    @staticmethod
    def reverse(x: Iterable[Any]) -> Iterator[str]:
        """Yield the texts of rows of bytes."""
        for document in x:
            yield bytes(np.trim_zeros(np.asarray(document, np.uint8))).decode("utf-8")
