"""Sorting, repeating, masks and transposed convolutions in real TensorFlow and here."""

import pytest

from tests.oracle.both import answers_of_both, check_values

pytestmark = pytest.mark.oracle

_PROGRAM = """
rng = np.random.RandomState(2)
x = tf.constant(rng.rand(2, 3, 4).astype("f"))
i = tf.constant(rng.randint(-5, 5, (3, 4)))
u = tf.constant(rng.randint(0, 9, (5,)).astype("u1"))
free = tf.placeholder(tf.float32, [None, None])
slices = tf.IndexedSlices(x[0], [3, 1, 5], [8, 4])
masked = tf.sparse_mask(slices, [1])
sparse = tf.SparseTensor([[0, 1], [1, 0], [1, 2]], [1.0, 5.0, 3.0], [2, 3])
reduced = tf.sparse_reduce_max_sparse(sparse, 1)
image = tf.constant(rng.rand(2, 5, 6, 3).astype("f"))
kernel = tf.constant(rng.rand(3, 3, 2, 3).astype("f"))
n = tf.nn
made = [
    tf.sort(x), tf.sort(x, 0, "DESCENDING"), tf.argsort(x, axis=1), tf.sort(i), tf.argsort(i, 0),
    tf.sort(u), tf.sort(u, direction="DESCENDING"), tf.sort(free, axis=-2),
    tf.repeat([1, 2, 3], [2, 0, 3]), tf.repeat(x, 2, axis=1), tf.repeat(x, [1, 2], axis=0),
    tf.repeat(x, 3), masked.values, masked.indices, reduced.indices, reduced.values,
    tf.math.reciprocal_no_nan([0.0, 2.0]), tf.unravel_index([5, 7], [3, 4]),
    n.atrous_conv2d_transpose(image, kernel, [2, 5, 6, 2], 2, "SAME"),
    n.atrous_conv2d_transpose(image, kernel, [2, 9, 10, 2], 2, "VALID"),
    n.conv1d_transpose(image[0], kernel[0], [5, 12, 2], 2),
    n.conv_transpose(image, kernel, [2, 10, 12, 2], 2),
    tf.clip_by_norm(x, 2.0), tf.reduce_logsumexp(x, 1),
]
made += tf.gradients(tf.sort(x) * x, x)
made += [tf.convert_to_tensor(tf.gradients(tf.repeat(x, [1, 2], axis=0), x)[0])]
with tf.Session() as session:
    values = session.run(made, {free: rng.rand(3, 4)})
result = values
"""


def test_functions_are_those_of_tensorflow(oracle) -> None:
    result, values = answers_of_both(oracle, _PROGRAM)
    check_values(result, values, rtol=1e-4, atol=1e-5)
