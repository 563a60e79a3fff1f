"""`tf.contrib.text`: tokens and what stands close to them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensormill as tf
from tensormill.api import errors

_WORDS = np.array(["the", "quick", "brown", "fox", "jumps", "over"])


def _pairs(**given: Any) -> list[tuple[str, str]]:
    tokens, labels = tf.contrib.text.skip_gram_sample(_WORDS, **given)
    assert (tokens.shape.as_list(), tokens.dtype) == ([None], tf.string)
    with tf.Session() as session:
        session.run(tf.tables_initializer())
        made = session.run([tokens, labels])
    return [(a.decode(), b.decode()) for a, b in zip(*made, strict=True)]


def test_each_token_is_paired_with_its_neighbours() -> None:
    wanted = [
        (str(_WORDS[at]), str(_WORDS[other]))
        for at in range(6)
        for other in range(max(at - 2, 0), min(at + 3, 6))
        if at != other
    ]
    assert _pairs(min_skips=2, max_skips=2) == wanted


def test_a_part_of_the_tokens_with_themselves() -> None:
    made = _pairs(min_skips=1, max_skips=1, start=1, limit=2, emit_self_as_target=True)
    names = ("quick", "brown")
    assert made == [(a, b) for a in names for b in names]


def test_how_far_a_token_looks_is_drawn_for_each() -> None:
    words = np.arange(300)
    made = tf.contrib.text.skip_gram_sample(words, 1, 3, seed=5)
    with tf.Session() as session:
        tokens, labels = session.run(made)
        others = session.run(made)
    reach = [np.abs(labels[tokens == word] - word).max() for word in words[10:-10]]
    assert set(reach) == {1, 2, 3}
    assert len(tokens) != len(others[0]) or (labels != others[1]).any()


@pytest.mark.parametrize(
    ("least", "most", "words"), [(-1, 2, "must be >= 0"), (3, 2, "min_skips must be <= max_skips")]
)
def test_wrong_bounds_are_refused(least: int, most: int, words: str) -> None:
    made = tf.contrib.text.skip_gram_sample(_WORDS, least, most)
    with tf.Session() as session, pytest.raises(errors.InvalidArgumentError, match=words):
        session.run(made)


def test_rare_and_unknown_tokens_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "counts.csv"
    path.write_text("the,30\nquick,5\nfox,10\n")
    made = tf.contrib.text.skip_gram_sample_with_text_vocab(
        _WORDS, str(path), vocab_min_count=6, min_skips=1, max_skips=1
    )
    with tf.Session() as session:
        session.run(tf.tables_initializer())
        tokens, labels = session.run(made)
    assert (tokens.tolist(), labels.tolist()) == ([b"the", b"fox"], [b"fox", b"the"])


def test_common_tokens_are_left_out_at_random(tmp_path: Path) -> None:
    path = tmp_path / "counts.csv"
    path.write_text("the,1000000\nquick,1\nfox,1\n")
    given = np.array(["the"] * 200 + ["quick", "fox"])
    made = tf.contrib.text.skip_gram_sample_with_text_vocab(
        given, str(path), vocab_subsampling=1e-4, min_skips=1, max_skips=1, seed=1
    )
    with tf.Session() as session:
        session.run(tf.tables_initializer())
        tokens, _ = session.run(made)
    assert {b"quick", b"fox"} <= set(tokens)
    assert len(tokens) < 80


def test_a_corpus_smaller_than_its_counts_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "counts.csv"
    path.write_text("the,30\n")
    with pytest.raises(ValueError, match="must be greater than or equal to the sum"):
        tf.contrib.text.skip_gram_sample_with_text_vocab(_WORDS, str(path), corpus_size=20)


def test_settings_of_a_vocabulary_need_one() -> None:
    with pytest.raises(ValueError, match="useless without a vocab_freq_table"):
        tf.contrib.text.skip_gram_sample(_WORDS, vocab_min_count=2)
