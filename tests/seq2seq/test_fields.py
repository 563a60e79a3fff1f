"""`tf.contrib.crf` against all sequences of tags."""

from __future__ import annotations

import itertools

import numpy as np

import tensormill as tf

_RNG = np.random.RandomState(0)
_SCORES = _RNG.rand(3, 4, 3).astype(np.float32)
_TRANSITIONS = _RNG.rand(3, 3).astype(np.float32)
_LENGTHS = np.int32([4, 1, 3])
_TAGS = _RNG.randint(0, 3, (3, 4)).astype(np.int32)


def _score(row: int, tags: tuple[int, ...]) -> float:
    single = sum(_SCORES[row, t, tag] for t, tag in enumerate(tags))
    return float(single + sum(_TRANSITIONS[a, b] for a, b in itertools.pairwise(tags)))


def _all_scores(row: int) -> dict[tuple[int, ...], float]:
    sequences = itertools.product(range(3), repeat=int(_LENGTHS[row]))
    return {tags: _score(row, tags) for tags in sequences}


def test_scores_and_norms_are_those_of_all_sequences() -> None:
    crf = tf.contrib.crf
    likelihood, transitions = crf.crf_log_likelihood(_SCORES, _TAGS, _LENGTHS, _TRANSITIONS)
    norm = crf.crf_log_norm(_SCORES, _LENGTHS, _TRANSITIONS)
    free, variable = crf.crf_log_likelihood(_SCORES, _TAGS, _LENGTHS)
    (slope,) = tf.gradients(free, variable)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        made, whole, slopes = session.run([likelihood, norm, slope])
    assert transitions is _TRANSITIONS
    assert variable.op.name == "transitions"
    assert np.any(slopes)
    for row in range(3):
        scores = _all_scores(row)
        wanted = np.log(np.sum(np.exp(list(scores.values()))))
        tags = tuple(_TAGS[row, : _LENGTHS[row]].tolist())
        np.testing.assert_allclose(whole[row], wanted, rtol=1e-5)
        np.testing.assert_allclose(made[row], scores[tags] - wanted, rtol=1e-4)


def test_decoding_finds_the_best_of_all_sequences() -> None:
    crf = tf.contrib.crf
    tags, best = crf.crf_decode(_SCORES, _TRANSITIONS, _LENGTHS)
    with tf.Session() as session:
        found, scores = session.run([tags, best])
    for row in range(3):
        known = _all_scores(row)
        wanted = max(known, key=lambda sequence: known[sequence])
        assert tuple(found[row, : _LENGTHS[row]].tolist()) == wanted
        np.testing.assert_allclose(scores[row], known[wanted], rtol=1e-5)
        path, score = crf.viterbi_decode(_SCORES[row, : _LENGTHS[row]], _TRANSITIONS)
        assert tuple(path) == wanted
        np.testing.assert_allclose(score, known[wanted], rtol=1e-5)
