"""`tf.contrib.image` and `resampler`: images turned, moved and warped."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensormill as tf

_IMAGES = np.random.RandomState(0).rand(2, 5, 6, 3).astype(np.float32)


def _run(values: Any) -> Any:
    with tf.Session() as session:
        return session.run(values)


@pytest.mark.parametrize("how", ["NEAREST", "BILINEAR"])
def test_a_quarter_turn_is_counterclockwise(how: str) -> None:
    square = _IMAGES[:, :, :5]
    made = _run(tf.contrib.image.rotate(square, np.pi / 2, how))
    np.testing.assert_allclose(made, np.rot90(square, axes=(1, 2)), atol=1e-4)


def test_each_image_turns_by_its_own_angle() -> None:
    square = _IMAGES[:, :, :5]
    made = _run(tf.contrib.image.rotate(square, [0.0, np.pi]))
    np.testing.assert_allclose(made[0], square[0], atol=1e-4)
    np.testing.assert_allclose(made[1], square[1, ::-1, ::-1], atol=1e-4)


@pytest.mark.parametrize("given", [_IMAGES, _IMAGES[0], _IMAGES[0, :, :, 0]])
def test_images_of_any_rank_move_by_columns_and_rows(given: np.ndarray) -> None:
    made = tf.contrib.image.translate(given, [2, -1])
    assert made.shape.as_list() == list(given.shape)
    wanted = np.zeros_like(given)
    if given.ndim == 4:
        wanted[:, :-1, 2:] = given[:, 1:, :-2]
    else:
        wanted[:-1, 2:] = given[1:, :-2]
    np.testing.assert_allclose(_run(made), wanted, atol=1e-6)


def test_maps_are_composed_as_matrices() -> None:
    image = tf.contrib.image
    moves = image.translations_to_projective_transforms([1.0, 2.0])
    back = image.translations_to_projective_transforms([-1.0, -2.0])
    made = _run(image.compose_transforms(moves, back))
    np.testing.assert_allclose(made, [[1, 0, 0, 0, 1, 0, 0, 0]], atol=1e-6)


def test_the_output_may_have_another_size() -> None:
    identity = [1, 0, 0, 0, 1, 0, 0, 0]
    made = tf.contrib.image.transform(_IMAGES, identity, output_shape=[3, 8])
    assert made.shape.as_list() == [2, 3, 8, 3]
    value = _run(made)
    np.testing.assert_array_equal(value[:, :, :6], _IMAGES[:, :3])
    np.testing.assert_array_equal(value[:, :, 6:], np.zeros((2, 3, 2, 3)))


def test_the_gradient_of_a_move_moves_back() -> None:
    given = tf.constant(_IMAGES)
    made = tf.contrib.image.translate(given, [1, 0])
    (slope,) = tf.gradients(made * np.arange(6, dtype=np.float32)[:, None], given)
    wanted = np.broadcast_to(np.float32([1, 2, 3, 4, 5, 0])[:, None], _IMAGES.shape)
    np.testing.assert_allclose(_run(slope), wanted, atol=1e-5)


def test_a_constant_flow_moves_images_and_repeats_the_border() -> None:
    flow = np.broadcast_to(np.float32([1, 0]), (2, 5, 6, 2))
    made = _run(tf.contrib.image.dense_image_warp(_IMAGES, tf.constant(flow)))
    np.testing.assert_allclose(made[:, 1:], _IMAGES[:, :-1], atol=1e-6)
    np.testing.assert_allclose(made[:, 0], _IMAGES[:, 0], atol=1e-6)


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_a_spline_goes_through_its_points(order: int) -> None:
    random = np.random.RandomState(1)
    points = random.rand(2, 7, 2).astype(np.float64) * 4
    values = random.rand(2, 7, 3)
    made = _run(tf.contrib.image.interpolate_spline(points, values, points, order))
    np.testing.assert_allclose(made, values, atol=1e-3)


def test_points_of_an_image_go_where_they_should_and_the_border_stays() -> None:
    image = np.zeros((1, 9, 9, 1), np.float32)
    image[0, 4, 4] = 1
    source, target = np.float32([[[4, 4]]]), np.float32([[[5, 4]]])
    warped, flows = tf.contrib.image.sparse_image_warp(image, source, target, num_boundary_points=2)
    value, flow = _run([warped, flows])
    np.testing.assert_allclose(value[0, 5, 4], [1], atol=1e-3)
    np.testing.assert_allclose(flow[0, 5, 4], [1, 0], atol=1e-3)
    np.testing.assert_allclose(flow[0, 0, 0], [0, 0], atol=1e-3)


def test_a_resampler_reads_between_pixels_and_zero_outside() -> None:
    data = tf.constant(np.float32([[[[0], [1]], [[2], [3]]]]))
    places = tf.constant(np.float32([[[0, 0], [1, 0], [0.5, 0.5], [1.5, 1], [-2, 0]]]))
    made = tf.contrib.resampler.resampler(data, places)
    assert made.shape.as_list() == [1, 5, 1]
    slopes = tf.gradients(made[0, 2], [data, places])
    value, by_data, by_place = _run([made, *slopes])
    np.testing.assert_allclose(value[0, :, 0], [0, 1, 1.5, 1.5, 0])
    np.testing.assert_allclose(by_data, np.full((1, 2, 2, 1), 0.25))
    np.testing.assert_allclose(by_place[0, 2], [1, 2])


def test_what_is_no_image_is_refused() -> None:
    image = tf.contrib.image
    with pytest.raises(TypeError, match="rank between 2 and 4"):
        image.rotate(np.zeros(3, np.float32), 1.0)
    with pytest.raises(TypeError, match="Invalid dtype"):
        image.rotate(np.zeros((3, 3), np.complex64), 1.0)
    with pytest.raises(TypeError, match="rank 0 or 1"):
        image.rotate(_IMAGES, [[1.0]])
    with pytest.raises(ValueError, match="1-D Tensor of 2 elements"):
        image.transform(_IMAGES, np.zeros(8), output_shape=[1, 2, 3])
