"""What TensorFlow refuses is refused here: at the same moment, as the same error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tensormill as tf

IMAGE = np.ones([2, 4, 4, 3], np.float32)
VOLUME = np.ones([1, 4, 4, 4, 3], np.float32)
FILTERS = np.ones([2, 2, 3, 2], np.float32)
BLOCKS = [[[[1], [2]], [[3], [4]]]]
ONE = {"indices": [[0, 0]], "values": [7], "dense_shape": [2, 3]}


def sparse(**changes: Any) -> tf.SparseTensor:
    return tf.SparseTensor(**{**ONE, **changes})


# While the graph is built.
BUILDING: list[tuple[type[Exception], str, Callable[[], Any]]] = [
    (ValueError, "Shape must be rank 1", lambda: tf.reverse([1, 2], [[0]])),
    (ValueError, "Shape must be rank 0", lambda: tf.concat([[1], [2]], [0])),
    (TypeError, "int32, float32. that don't all match", lambda: tf.concat([[1], [2.5]], 0)),
    (
        TypeError,
        "float32, int32. that don't all match",
        lambda: tf.concat([[1.5], tf.constant([2])], 0),
    ),
    (ValueError, "Input must be scalar but has rank 1", lambda: tf.one_hot([0], [1])),
    (ValueError, "Shape must be at least rank 1", lambda: tf.scatter_nd(0, [1], [5])),
    (IndexError, "out of range", lambda: tf.tensordot(np.eye(2), np.eye(2), [[0], [7]])),
    (ValueError, "must be non-negative but is -1", lambda: tf.nn.top_k([1.0, 2.0], -1)),
    (ValueError, "both shapes must be equal", lambda: tf.roll([1, 2], [1, 2], [0])),
    (ValueError, "Shapes are .1,2. and .2,2.", lambda: tf.space_to_batch(BLOCKS, [[0, 0]], 2)),
    (
        ValueError,
        "block_shape must be positive",
        lambda: tf.space_to_batch_nd(BLOCKS, [0, 2], [[0, 0], [0, 0]]),
    ),
    (
        ValueError,
        "paddings cannot be negative",
        lambda: tf.space_to_batch_nd(BLOCKS, [2, 2], [[-1, 1], [0, 0]]),
    ),
    (
        ValueError,
        "does not match truth_shape: 1 vs. 2",
        lambda: tf.edit_distance(
            tf.SparseTensor([[0]], ["a"], [1]), tf.SparseTensor([[0, 0]], ["a"], [1, 1])
        ),
    ),
    (ValueError, "Stride must be > 0", lambda: tf.nn.conv2d(IMAGE, FILTERS, [1, 0, 1, 1], "SAME")),
    (ValueError, "Stride must be > 0", lambda: tf.nn.max_pool(IMAGE, 2, [1, 0, 1, 1], "SAME")),
    (ValueError, "Stride must be > 0", lambda: tf.nn.avg_pool(IMAGE, 2, [1, 1, 0, 1], "VALID")),
    (
        ValueError,
        "Dilation rate must be >= 1",
        lambda: tf.nn.conv2d(IMAGE, FILTERS, 1, "SAME", dilations=[1, 0, 1, 1]),
    ),
    (
        ValueError,
        "must be nonnegative",
        lambda: tf.nn.conv2d(IMAGE, FILTERS, 1, [[0, 0], [-1, 0], [0, 1], [0, 0]]),
    ),
    (
        ValueError,
        "Nonzero explicit padding in the batch or depth",
        lambda: tf.nn.conv2d(IMAGE, FILTERS, 1, [[0, 1], [1, 0], [0, 1], [0, 0]]),
    ),
    (
        ValueError,
        "must be equal, but are 3 and 2",
        lambda: tf.nn.conv2d_transpose(IMAGE, FILTERS, [2, 4, 4, 3], 1),
    ),
    (ValueError, "at least three-dimensional", lambda: tf.image.flip_up_down(np.ones([2, 2]))),
    (ValueError, "either 3 or 4", lambda: tf.image.flip_up_down(np.ones([1, 1, 1, 1, 1]))),
    (ValueError, "between 0 and 100", lambda: tf.image.random_jpeg_quality(IMAGE[0], 1, 101)),
    (ValueError, "must be less than", lambda: tf.image.random_jpeg_quality(IMAGE[0], 9, 9)),
    (ValueError, "Keyword arguments are required", lambda: tf.sparse.split(sparse(), 2, 1)),
    (ValueError, "to shape .4, None.", lambda: tf.sparse.reshape(sparse(), [4, -1])),
    (ValueError, "At most one dimension", lambda: tf.sparse.reshape(sparse(), [-1, -1])),
    (ValueError, "Requested new_shape", lambda: tf.sparse.reset_shape(sparse(), [1, 1])),
    (ValueError, "not compatible", lambda: tf.sparse.reset_shape(sparse(), [9])),
    (ValueError, "not compatible", lambda: tf.sparse.retain(sparse(), [True, False])),
    (ValueError, "not compatible", lambda: tf.sparse.transpose(sparse(), [0])),
    (ValueError, "Shape must be rank 0", lambda: tf.sparse.fill_empty_rows(sparse(), [7])),
    (ValueError, "Shape must be rank 1", lambda: tf.sparse_to_dense([1], [[3]], [1])),
    (ValueError, "Dimensions 1 and 2 are not", lambda: sparse(values=[7, 8])),
    (ValueError, "must have rank 2", lambda: sparse(indices=[0])),
]

# In the step.
RUNNING: list[tuple[type[Exception], str, Callable[[], Any]]] = [
    (
        tf.errors.InvalidArgumentError,
        "more than 0 entries, but params is empty",
        lambda: tf.gather_nd(np.empty([0, 0], np.float32), np.array([[0, 0]])),
    ),
    (
        tf.errors.InvalidArgumentError,
        "on_value must be a scalar",
        lambda: tf.one_hot([0], 2, on_value=[1.0, 2.0]),
    ),
    (
        tf.errors.InvalidArgumentError,
        r"Expected multiples\[0\] >= 0, but got -1",
        lambda: tf.tile([1, 2], [-1]),
    ),
    (
        tf.errors.InvalidArgumentError,
        "Dimension -1 must be >= 0",
        lambda: tf.broadcast_to([1, 2], [-1]),
    ),
    (
        tf.errors.InvalidArgumentError,
        "Cholesky decomposition was not successful",
        lambda: tf.cholesky([[1.0, -1, 0], [-1, 1, -1], [0, -1, 1]]),
    ),
    (
        tf.errors.InvalidArgumentError,
        "Self-adjoint eigen decomposition was not successful",
        lambda: tf.self_adjoint_eigvals([[np.nan, 0.0], [0.0, 1.0]]),
    ),
    (
        tf.errors.InvalidArgumentError,
        "default_value should be a scalar",
        lambda: tf.sparse_to_dense([1, 2], [3], [1, 2], [0, 0]),
    ),
    (
        tf.errors.InvalidArgumentError,
        r"k \(7\) from index\[0,1\] out of bounds \(>=3\)",
        lambda: tf.sparse_tensor_dense_matmul(sparse(indices=[[0, 7]]), np.ones([3, 4], np.int32)),
    ),
    (
        tf.errors.InvalidArgumentError,
        r"m \(9\) from index\[0,0\] out of bounds \(>=2\)",
        lambda: tf.sparse_tensor_dense_matmul(sparse(indices=[[9, 0]]), np.ones([3, 4], np.int32)),
    ),
    (
        tf.errors.UnimplementedError,
        "support strides in the batch and depth dimensions",
        lambda: tf.nn.conv2d(IMAGE, FILTERS, [2, 1, 1, 1], "SAME"),
    ),
    (
        tf.errors.UnimplementedError,
        "support dilations in the batch and depth dimensions",
        lambda: tf.nn.conv2d(IMAGE, FILTERS, 1, "SAME", dilations=[1, 1, 1, 2]),
    ),
    (
        tf.errors.UnimplementedError,
        "support strides",
        lambda: tf.nn.conv2d(
            tf.placeholder(tf.float32), tf.placeholder(tf.float32), [1, 1, 1, 2], "SAME"
        ),
    ),
    (
        tf.errors.InvalidArgumentError,
        "support strides",
        lambda: tf.nn.conv3d(VOLUME, np.ones([2, 2, 2, 3, 2], np.float32), [2, 1, 1, 1, 1], "SAME"),
    ),
]


@pytest.mark.parametrize(
    ("error", "text", "build"), BUILDING, ids=[text for _, text, _ in BUILDING]
)
def test_bad_input_is_refused_when_the_graph_is_built(
    error: type[Exception], text: str, build: Callable[[], Any]
) -> None:
    with pytest.raises(error, match=text):
        build()


@pytest.mark.parametrize(("error", "text", "build"), RUNNING, ids=[text for _, text, _ in RUNNING])
def test_bad_input_is_refused_in_the_step(
    error: type[Exception], text: str, build: Callable[[], Any]
) -> None:
    made = build()
    with tf.Session() as session, pytest.raises(error, match=text):
        session.run(made)


def test_matrices_that_are_not_finite_have_singular_values_that_are_not_either() -> None:
    matrices = np.array([[[np.nan, 0.0], [0.0, 1.0]], [[2.0, 0.0], [0.0, 1.0]]], np.float32)
    with tf.Session() as session:
        values, left, _ = session.run(tf.svd(matrices))
        alone = session.run(tf.svd(matrices, compute_uv=False))
    assert np.isnan(values[0]).all()
    assert np.isnan(left[0]).all()
    np.testing.assert_allclose(values[1], [2.0, 1.0])
    np.testing.assert_array_equal(alone, values)


def test_a_sparse_tensor_in_another_order_has_a_static_shape() -> None:
    assert tf.sparse.transpose(sparse()).shape.as_list() == [3, 2]
    assert tf.sparse.reshape(sparse(), [-1]).shape.as_list() == [6]
    assert tf.sparse.reset_shape(sparse(), [4, 5]).shape.as_list() == [4, 5]


def test_images_look_as_jpegs_of_a_quality() -> None:
    ramp = np.linspace(0.1, 0.9, 16, dtype=np.float32)
    image = np.stack([np.tile(ramp, [16, 1])] * 3, axis=-1)
    good, bad, drawn = (
        tf.image.adjust_jpeg_quality(image, 100),
        tf.image.adjust_jpeg_quality(image, tf.constant(5)),
        tf.image.random_jpeg_quality(image, 5, 6, seed=1),
    )
    encoded = tf.image.encode_jpeg((image * 255).astype(np.uint8))
    with tf.Session() as session:
        values = session.run([good, bad, drawn])
        assert session.run(tf.image.is_jpeg(encoded))
        assert not session.run(tf.image.is_jpeg(b"PNG?"))
    assert values[0].dtype == np.float32
    assert np.abs(values[0] - image).mean() < 0.01 < np.abs(values[1] - image).mean()
    np.testing.assert_array_equal(values[1], values[2])


def test_a_layer_asks_for_a_shape() -> None:
    spec = tf.layers.InputSpec(shape=(None, 3))
    assert spec.ndim == 2
    spec.check((5, 3), "mine")
    with pytest.raises(ValueError, match=r"expected shape=\(None, 3\), found shape=\[5, 2\]"):
        spec.check((5, 2), "mine")
