"""Images as they come out of JPEG files of lower quality."""

import numpy as np
import pytest

import tensormill as tf

PIXELS = np.random.RandomState(0).rand(16, 16, 3).astype(np.float32)


def test_files_are_known_by_their_first_bytes():
    image = tf.zeros([4, 4, 3], tf.uint8)
    with tf.Session() as session:
        assert session.run(tf.io.is_jpeg(tf.io.encode_jpeg(image)))
        assert not session.run(tf.image.is_jpeg(tf.io.encode_png(image)))


def test_a_lower_quality_changes_more():
    changes = []
    with tf.Session() as session:
        for quality in (95, 10):
            changed = tf.image.adjust_jpeg_quality(PIXELS, quality)
            assert changed.dtype == tf.float32
            changes.append(float(np.abs(session.run(changed) - PIXELS).mean()))
    assert 0 < changes[0] < changes[1] < 0.3


def test_a_random_quality_is_between_its_limits():
    with tf.Session() as session:
        chosen = session.run(tf.image.random_jpeg_quality(PIXELS, 40, 41, seed=1))
        wanted = session.run(tf.image.adjust_jpeg_quality(PIXELS, 40))
    assert (chosen == wanted).all()


@pytest.mark.parametrize("limits", [(-1, 5), (5, 101), (7, 7), (9, 3)])
def test_limits_must_be_qualities(limits):
    with pytest.raises(ValueError, match=r"quality|between"):
        tf.image.random_jpeg_quality(PIXELS, *limits)


@pytest.mark.oracle
def test_pixels_are_those_of_tensorflow(oracle):
    theirs = oracle.run(
        """
        with tf.Session() as session:
            result = session.run(tf.image.adjust_jpeg_quality(pixels, 30))
        """,
        pixels=PIXELS,
    )
    with tf.Session() as session:
        ours = session.run(tf.image.adjust_jpeg_quality(PIXELS, 30))
    assert np.abs(ours - theirs).max() <= 1.01 / 255  # one grey level
