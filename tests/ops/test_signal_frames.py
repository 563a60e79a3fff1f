"""Frames of signals whose rank, axis or lengths are known in the step only."""

from __future__ import annotations

import numpy as np
import pytest

import tensormill.api as tf

SOUND = np.arange(24, dtype=np.float32).reshape(2, 3, 4)


@pytest.mark.parametrize("pad_end", [False, True])
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_frames_are_the_same_where_the_rank_is_unknown(axis: int, pad_end: bool) -> None:
    dynamic = tf.placeholder(tf.float32)
    chosen = tf.placeholder(tf.int32, [])
    wanted = tf.signal.frame(SOUND, 2, 2, pad_end=pad_end, axis=axis)
    made = tf.signal.frame(dynamic, 2, 2, pad_end=pad_end, axis=axis)
    by_tensor = tf.signal.frame(SOUND, 2, 2, pad_end=pad_end, axis=chosen)
    assert made.shape.ndims is None
    with tf.Session() as session:
        expected, *others = session.run([wanted, made, by_tensor], {dynamic: SOUND, chosen: axis})
    for other in others:
        np.testing.assert_array_equal(other, expected)


def test_spectra_are_the_same_where_the_rank_is_unknown() -> None:
    dynamic = tf.placeholder(tf.float32)
    sound = np.float32(np.sin(np.arange(64)))
    spectra = [tf.signal.stft(each, 16, 8) for each in (sound, dynamic)]
    sounds = [tf.signal.inverse_stft(each, 16, 8) for each in spectra]
    with tf.Session() as session:
        (a, b), (c, d) = session.run([spectra, sounds], {dynamic: sound})
    np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(c, d)


def test_lengths_are_scalars() -> None:
    for lengths in (([2], 1), (2, [1])):
        with pytest.raises(ValueError, match="must have rank 0"):
            tf.signal.frame(SOUND, *lengths)
    with pytest.raises(ValueError, match="must have rank at least 1"):
        tf.signal.frame(1.0, 2, 1)
    with pytest.raises(ValueError, match="frame_step must be an integer"):
        tf.signal.overlap_and_add(SOUND, 1.5)


def test_transforms_of_real_numbers_tell_the_rank_they_need() -> None:
    with pytest.raises(ValueError, match=r"Shape \(\) must have rank at least 1"):
        tf.signal.rfft(1.0)
    with pytest.raises(ValueError, match=r"Shape \(1, 1\) must have rank 1"):
        tf.signal.rfft([1.0], [[1]])
    with pytest.raises(ValueError, match="Dimension must be 1 but is 2"):
        tf.signal.rfft([1.0], [1, 2])
