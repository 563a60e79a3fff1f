"""Texts as numbers of words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import tensormill as tf
from tensormill.learn.vocabulary import (
    ByteProcessor,
    CategoricalProcessor,
    CategoricalVocabulary,
    tokenizer,
)

TEXTS = ["The cat sat", "the cat isn't here", "NASA's cat"]


def test_words_are_numbered_as_they_come() -> None:
    processor = tf.contrib.learn.preprocessing.VocabularyProcessor(3)
    rows = np.array(list(processor.fit_transform(TEXTS)))
    assert rows.dtype == np.int64
    assert rows.tolist() == [[1, 2, 3], [4, 2, 5], [7, 8, 2]]
    assert len(processor.vocabulary_) == 9
    assert processor.vocabulary_._mapping["cat"] == 2
    assert next(iter(processor.transform(["dog cat"]))).tolist() == [0, 2, 0]
    assert list(processor.reverse(rows[:1])) == ["The cat sat"]


def test_rare_words_are_unknown() -> None:
    processor = tf.contrib.learn.preprocessing.VocabularyProcessor(4, min_frequency=1)
    rows = np.array(list(processor.fit_transform(["b a b", "a b c"])))
    assert rows.tolist() == [[1, 2, 1, 0], [2, 1, 0, 0]]
    assert len(processor.vocabulary_) == 3


def test_a_processor_is_saved_and_restored(tmp_path: Path) -> None:
    classes = tf.contrib.learn.preprocessing.VocabularyProcessor
    processor = classes(2, tokenizer_fn=tokenizer)
    processor.fit(TEXTS)
    processor.save(str(tmp_path / "vocabulary"))
    restored = classes.restore(str(tmp_path / "vocabulary"))
    assert [row.tolist() for row in restored.transform(["cat dog"])] == [[2, 0]]


def test_words_of_texts() -> None:
    assert list(tokenizer(["HTMLParser reads <b>don't-care</b> 3 ÄÖ"])) == [
        ["HTML", "Parser", "reads", "b", "don't-care", "b", "3", "ÄÖ"]
    ]


def test_categories_are_trimmed_by_frequency() -> None:
    vocabulary = CategoricalVocabulary()
    for category, count in (("a", 3), ("b", 1), ("c", 3), ("d", 9)):
        vocabulary.add(category, count)
    vocabulary.trim(1, max_frequency=9)
    assert vocabulary._mapping == {"<UNK>": 0, "a": 1, "c": 2}
    assert vocabulary.reverse(2) == "c"
    silent = CategoricalVocabulary(support_reverse=False)
    with pytest.raises(ValueError, match="support_reverse"):
        silent.reverse(0)


def test_columns_of_categories() -> None:
    processor = CategoricalProcessor(min_frequency=1)
    rows = [["a", 1], ["a", float("nan")], ["b", 1]]
    numbers = [row.tolist() for row in processor.fit_transform(rows)]
    assert numbers == [[1, 1], [1, 0], [0, 1]]


def test_bytes() -> None:
    processor = ByteProcessor(4)
    rows = list(processor.fit_transform(["é", b"abcde"]))
    assert [row.tolist() for row in rows] == [[195, 169, 0, 0], [97, 98, 99, 100]]
    assert list(ByteProcessor.reverse(rows)) == ["é", "abcd"]
