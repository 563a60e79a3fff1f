"""Functions of `tf.nn`, `tf.losses` and checks, in real TensorFlow and here: values and names."""

import pytest

from tests.oracle.both import answers_of_both, check_values

pytestmark = pytest.mark.oracle

_PROGRAM = """
rng = np.random.RandomState(0)
feed = {}
def fed(name, value, shape):
    tensor = tf.placeholder(value.dtype, shape, name=name)
    feed[tensor] = value
    return tensor
p = fed("p", rng.rand(4, 3).astype("f"), [None, 3])
y = fed("y", (rng.rand(4, 3) > 0.5).astype("f"), [None, 3])
w = fed("w", rng.rand(4, 1).astype("f"), [None, 1])
i = fed("i", np.array([0, 2, 1, 1]), [None])
image = tf.constant(rng.rand(2, 5, 6, 2).astype("f"))
kernel = tf.constant(rng.rand(3, 3, 2, 3).astype("f"))
made = []
for name in ("absolute_difference", "hinge_loss", "huber_loss", "log_loss",
             "mean_pairwise_squared_error", "mean_squared_error", "sigmoid_cross_entropy"):
    made += [getattr(tf.losses, name)(y, p), getattr(tf.losses, name)(y, p, weights=w)]
made += [
    tf.losses.softmax_cross_entropy(y, p, label_smoothing=0.1),
    tf.losses.sparse_softmax_cross_entropy(i, p),
    tf.losses.sparse_softmax_cross_entropy(tf.expand_dims(i, 1), p, weights=w),
    tf.losses.cosine_distance(y, p, axis=1),
    *[tf.losses.mean_squared_error(y, p, weights=w, reduction=r) for r in
      ("none", "weighted_sum", "weighted_mean", "weighted_sum_over_batch_size")],
    tf.confusion_matrix(i, [0, 1, 1, 2]),
    *tf.nn.moments(p, [0]),
    *tf.nn.weighted_moments(p, [0], w),
    tf.nn.l2_normalize(p, 1),
    tf.nn.zero_fraction(y),
    tf.nn.weighted_cross_entropy_with_logits(y, p, 2.0),
    tf.nn.log_poisson_loss(y * 3, p, True),
    tf.nn.softmax(p, 0),
    tf.nn.log_softmax(p, axis=0),
    tf.nn.softmax_cross_entropy_with_logits_v2(labels=y, logits=p, axis=0),
    tf.nn.crelu(p - 0.5),
    tf.nn.embedding_lookup(p, i),
    tf.nn.top_k(p, 2)[1],
    tf.nn.in_top_k(p, i, 2),
    tf.nn.atrous_conv2d(image, kernel, 2, "SAME"),
    tf.nn.pool(image, [2, 2], "MAX", "VALID", dilation_rate=[2, 2]),
    tf.nn.depthwise_conv2d(image, kernel, [1, 1, 1, 1], "VALID", rate=[2, 2]),
    tf.nn.conv1d(image[0], kernel[0], 1, "SAME"),
    tf.nn.conv2d_transpose(image, tf.transpose(kernel, [0, 1, 3, 2]), [2, 10, 12, 3], [1, 2, 2, 1]),
    tf.nn.fused_batch_norm(image, [1., 2.], [0., 1.], mean=[.1, .2], variance=[1., 2.],
                           is_training=False)[0],
    *tf.gradients(tf.nn.fused_batch_norm(image, [1., 2.], [0., 1.])[0] * image, image),
    *tf.gradients(tf.nn.fused_batch_norm(image, [1., 2.], [0., 1.], mean=[.1, .2],
                                         variance=[1., 2.], is_training=False)[0] * image, image),
    *tf.gradients(tf.nn.softmax_cross_entropy_with_logits_v2(labels=y, logits=p), [p, y]),
    *tf.gradients(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=i, logits=p), p),
    *tf.gradients(tf.nn.top_k(p, 2)[0], p),
    *tf.gradients(tf.nn.swish(p), p),
]
with tf.Session() as session:
    values = session.run(made, feed)
result = [values, [t.name for t in tf.losses.get_losses()]]
"""


def test_values_and_names_of_losses_are_those_of_tensorflow(oracle) -> None:
    (values, loss_names), (expected_values, expected_names) = answers_of_both(oracle, _PROGRAM)
    assert loss_names == list(expected_names)
    check_values(values, expected_values, rtol=2e-5, atol=2e-6)
