"""Ops of `tf.contrib.image` and `tf.contrib.resampler` that TensorFlow 2 has not, against NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensormill as tf
from tensormill.api import errors

_IMAGES = np.random.RandomState(0).rand(2, 5, 6, 3).astype(np.float32)


def _run(values: Any) -> Any:
    with tf.Session() as session:
        return session.run(values)


@pytest.mark.parametrize("dtype", [np.bool_, np.uint8, np.float32, np.int64])
def test_equal_neighbours_make_a_component(dtype: type) -> None:
    image = np.array([[1, 0, 1, 1, 0], [1, 1, 0, 1, 0], [0, 0, 0, 0, 0], [1, 0, 1, 1, 1]], dtype)
    made = tf.contrib.image.connected_components(image)
    assert made.dtype == tf.int32
    assert made.shape.as_list() == [4, 5]
    wanted = [[1, 0, 2, 2, 0], [1, 1, 0, 2, 0], [0, 0, 0, 0, 0], [3, 0, 4, 4, 4]]
    np.testing.assert_array_equal(_run(made), wanted)


def test_components_are_of_one_value_and_of_one_image() -> None:
    images = np.array([[["a", "a", "b"], ["", "b", "b"]], [["b", "b", ""], ["b", "", "b"]]])
    made = _run(tf.contrib.image.connected_components(images))
    np.testing.assert_array_equal(made, [[[1, 1, 2], [0, 2, 2]], [[3, 3, 0], [3, 0, 4]]])


def test_a_long_winding_component_is_one() -> None:
    image = np.zeros((21, 21), bool)
    image[::2] = True
    image[1::4, -1] = True
    image[3::4, 0] = True
    made = _run(tf.contrib.image.connected_components(image))
    np.testing.assert_array_equal(made, image.astype(int))


def test_components_of_a_vector_are_refused() -> None:
    with pytest.raises(TypeError, match=r"rank 2 \(HW\) or 3 \(NHW\)"):
        tf.contrib.image.connected_components([True, False])


def test_the_nearest_pairs_are_matched_first() -> None:
    distances = np.array([[0.5, 0.8, 0.1], [0.3, 0.2, 0.15]], np.float32)
    rows, columns = tf.contrib.image.bipartite_match(distances, -1.0)
    assert (rows.shape.as_list(), columns.shape.as_list()) == ([2], [3])
    by_row, by_column = _run([rows, columns])
    assert by_row.tolist() == [2, 1]
    assert by_column.tolist() == [-1, 1, 0]


@pytest.mark.parametrize(
    ("valid_rows", "top_k", "wanted"),
    [
        (1, -1, ([2, -1], [-1, -1, 0])),
        (2, 1, ([2, -1], [-1, -1, 0])),
        (0, -1, ([-1, -1], [-1] * 3)),
    ],
)
def test_only_some_rows_or_pairs_may_be_matched(
    valid_rows: int, top_k: int, wanted: tuple[list[int], list[int]]
) -> None:
    distances = np.array([[0.5, 0.8, 0.1], [0.3, 0.2, 0.15]], np.float32)
    made = _run(tf.contrib.image.bipartite_match(distances, [valid_rows], top_k))
    assert tuple(part.tolist() for part in made) == wanted


def test_more_valid_rows_than_there_are_is_refused() -> None:
    made = tf.contrib.image.bipartite_match(np.zeros((2, 3), np.float32), 3.0)
    with pytest.raises(errors.InvalidArgumentError, match="at least 3 rows in distance_mat"):
        _run(made)


def test_colors_stay_where_nothing_is_changed_in_yiq() -> None:
    made = _run(tf.contrib.image.adjust_hsv_in_yiq(_IMAGES))
    np.testing.assert_allclose(made, _IMAGES, atol=1e-6)


def test_saturation_and_value_scale_in_yiq() -> None:
    to_yiq = np.array([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])
    grey = _run(tf.contrib.image.adjust_hsv_in_yiq(_IMAGES, 1.0, 0.0, 0.5))
    brightness = _IMAGES @ to_yiq[0] * 0.5
    np.testing.assert_allclose(grey, np.repeat(brightness[..., None], 3, -1), atol=2e-3)


def test_a_whole_turn_of_the_hue_changes_nothing_and_half_a_turn_mirrors_it() -> None:
    image = tf.contrib.image
    np.testing.assert_allclose(
        _run(image.adjust_hsv_in_yiq(_IMAGES, 2 * np.pi)), _IMAGES, atol=1e-5
    )
    twice = image.adjust_hsv_in_yiq(image.adjust_hsv_in_yiq(_IMAGES, np.pi), np.pi)
    np.testing.assert_allclose(_run(twice), _IMAGES, atol=1e-5)


def test_random_colors_lie_within_their_bounds() -> None:
    grey = np.full((4, 4, 3), 0.5, np.float32)
    made = _run(tf.contrib.image.random_hsv_in_yiq(grey, 0.5, 0.5, 2.0, 0.5, 1.5, seed=3))
    assert 0.24 < made.min() <= made.max() < 0.76
    np.testing.assert_allclose(made, np.full_like(made, made[0, 0, 0]), atol=2e-3)
    with pytest.raises(ValueError, match="lower_value must be < upper_value"):
        tf.contrib.image.random_hsv_in_yiq(grey, lower_value=2.0, upper_value=1.0)


def test_images_without_three_channels_are_refused_in_yiq() -> None:
    made = tf.contrib.image.adjust_hsv_in_yiq(np.zeros((2, 2, 4), np.float32))
    with pytest.raises(errors.InvalidArgumentError, match="instead has 4 channels"):
        _run(made)


def _read(image: np.ndarray, x: float, y: float) -> np.ndarray:
    """Return what bilinear interpolation reads, zero around the image."""
    padded = np.pad(image, [(1, 1), (1, 1), (0, 0)])
    if not (-1 < x < image.shape[1] and -1 < y < image.shape[0]):
        return np.zeros(image.shape[2])
    left, top = int(np.floor(x)), int(np.floor(y))
    corners = padded[top + 1 : top + 3, left + 1 : left + 3]
    rows, columns = np.array([top + 1 - y, y - top]), np.array([left + 1 - x, x - left])
    return np.einsum("i,j,ijc->c", rows, columns, corners)


def test_pixels_are_read_between_others_and_zero_outside() -> None:
    warp = np.random.RandomState(1).uniform(-2, 7, (2, 4, 3, 2)).astype(np.float32)
    made = tf.contrib.resampler.resampler(_IMAGES, warp)
    assert made.op.type == "Resampler"
    assert made.shape.as_list() == [2, 4, 3, 3]
    wanted = [
        [[_read(i, *xy) for xy in row] for row in w] for i, w in zip(_IMAGES, warp, strict=True)
    ]
    np.testing.assert_allclose(_run(made), wanted, atol=1e-5)


def test_the_gradient_of_resampling_is_that_of_its_values() -> None:
    random = np.random.RandomState(2)
    data = tf.constant(random.rand(2, 4, 5, 2))
    places = random.randint(-2, 6, (2, 6, 2)) + random.uniform(0.1, 0.9, (2, 6, 2))
    warp = tf.constant(places)
    made = tf.contrib.resampler.resampler(data, warp)
    with tf.Session():
        for given, shape in ((data, (2, 4, 5, 2)), (warp, (2, 6, 2))):
            error = tf.test.compute_gradient_error(given, shape, made, (2, 6, 2))
            assert error < 1e-6


@pytest.mark.parametrize(
    ("data", "warp", "error", "words"),
    [
        ((2, 3, 3), (2, 4, 2), errors.UnimplementedError, "Only bilinear interpolation"),
        ((2, 3, 3, 1), (2, 4, 3), errors.UnimplementedError, "coordinates must be 2D"),
        ((2, 3, 3, 1), (3, 4, 2), errors.InvalidArgumentError, "Batch size of data and warp"),
    ],
)
def test_resampling_tells_what_it_cannot_read(
    data: tuple[int, ...], warp: tuple[int, ...], error: Any, words: str
) -> None:
    feeds = [tf.placeholder(tf.float32), tf.placeholder(tf.float32)]
    made = tf.contrib.resampler.resampler(*feeds)
    with tf.Session() as session, pytest.raises(error, match=words):
        session.run(made, dict(zip(feeds, map(np.zeros, (data, warp)), strict=True)))


@pytest.mark.parametrize("how", ["NEAREST", "BILINEAR"])
def test_the_first_projective_transform_keeps_the_size(how: str) -> None:
    transform = np.array([[1, 0.1, -1, 0, 0.9, 0.5, 0, 0.01]], np.float32)
    ops = tf.raw_ops
    first = ops.ImageProjectiveTransform(images=_IMAGES, transforms=transform, interpolation=how)
    second = ops.ImageProjectiveTransformV2(
        images=_IMAGES, transforms=transform, output_shape=[5, 6], interpolation=how
    )
    assert first.shape.as_list() == [2, 5, 6, 3]
    values = _run([first, second])
    np.testing.assert_array_equal(*values)
    assert values[0].any()
