"""Names of the variables and nodes of layers, as in TensorFlow 1.15: checkpoints depend on them."""

import numpy as np
import pytest

import tensormill as tf


def variable_names() -> list[str]:
    return [v.op.name for v in tf.global_variables()]


def node_names(prefix: str) -> list[str]:
    return [op.name for op in tf.get_default_graph().get_operations() if op.name.startswith(prefix)]


def image(channels: int = 3) -> tf.Tensor:
    return tf.placeholder(tf.float32, [None, 8, 8, channels])


def test_dense_names_its_variables_after_its_scope() -> None:
    x = tf.placeholder(tf.float32, [None, 4])
    tf.layers.dense(tf.layers.dense(x, 3, name="hidden"), 2)
    tf.layers.dense(x, 2)
    assert variable_names() == [
        "hidden/kernel", "hidden/bias", "dense/kernel", "dense/bias",
        "dense_1/kernel", "dense_1/bias",
    ]  # fmt: skip


def test_dense_names_its_nodes() -> None:
    x = tf.placeholder(tf.float32, [None, 4])
    y = tf.layers.dense(x, 3, activation=tf.nn.relu, name="hidden")
    assert y.name == "hidden/Relu:0"
    assert {"hidden/MatMul", "hidden/BiasAdd"} <= set(node_names("hidden"))


def test_reused_dense_takes_the_variables_and_a_new_name_scope() -> None:
    x = tf.placeholder(tf.float32, [None, 4])
    first = tf.layers.dense(x, 3, name="d")
    second = tf.layers.dense(x, 3, name="d", reuse=True)
    assert variable_names() == ["d/kernel", "d/bias"]
    assert (first.name, second.name) == ("d/BiasAdd:0", "d_1/BiasAdd:0")


def test_layer_object_shares_its_variables_between_calls() -> None:
    layer = tf.layers.Dense(3, name="d")
    x = tf.placeholder(tf.float32, [None, 4])
    first, second = layer(x), layer(x)
    assert variable_names() == ["d/kernel", "d/bias"]
    assert (first.name, second.name) == ("d/BiasAdd:0", "d/BiasAdd_1:0")
    assert [v.op.name for v in layer.trainable_weights] == ["d/kernel", "d/bias"]
    assert layer.count_params() == 15


def test_layers_stand_in_the_open_variable_scope() -> None:
    with tf.variable_scope("tower"):
        y = tf.layers.conv2d(image(), 4, 3, name="c")
    assert variable_names() == ["tower/c/kernel", "tower/c/bias"]
    assert y.name == "tower/c/BiasAdd:0"


def test_conv2d_names_its_nodes() -> None:
    tf.layers.conv2d(image(), 4, 3, padding="same")
    names = [name for name in node_names("conv2d") if "kernel" not in name and "bias" not in name]
    assert names == ["conv2d/dilation_rate", "conv2d/Conv2D", "conv2d/BiasAdd"]
    assert tf.global_variables()[0].shape.as_list() == [3, 3, 3, 4]


def test_dilated_conv2d_goes_through_the_batch() -> None:
    tf.layers.conv2d(image(), 4, 3, dilation_rate=2)
    assert {"conv2d/SpaceToBatchND", "conv2d/Conv2D", "conv2d/BatchToSpaceND"} <= set(
        node_names("conv2d")
    )


def test_batch_normalization_makes_four_variables_and_two_updates() -> None:
    tf.layers.batch_normalization(image(), training=True)
    assert variable_names() == [
        f"batch_normalization/{name}"
        for name in ("gamma", "beta", "moving_mean", "moving_variance")
    ]
    assert [v.op.name for v in tf.trainable_variables()] == variable_names()[:2]
    assert [op.name for op in tf.get_collection(tf.GraphKeys.UPDATE_OPS)] == [
        "batch_normalization/AssignMovingAvg", "batch_normalization/AssignMovingAvg_1",
    ]  # fmt: skip


def test_batch_normalization_for_inference_makes_no_updates() -> None:
    tf.layers.batch_normalization(image())
    assert tf.get_collection(tf.GraphKeys.UPDATE_OPS) == []


def test_other_layers_name_their_variables() -> None:
    tf.layers.conv2d_transpose(image(), 2, 3)
    tf.layers.separable_conv2d(image(), 2, 3)
    tf.layers.conv1d(tf.placeholder(tf.float32, [None, 5, 2]), 4, 3)
    assert variable_names() == [
        "conv2d_transpose/kernel", "conv2d_transpose/bias",
        "separable_conv2d/depthwise_kernel", "separable_conv2d/pointwise_kernel",
        "separable_conv2d/bias", "conv1d/kernel", "conv1d/bias",
    ]  # fmt: skip


def test_regularizer_gives_a_loss_once() -> None:
    x = tf.placeholder(tf.float32, [None, 4])
    for reuse in (None, True):
        tf.layers.dense(x, 3, name="d", reuse=reuse, kernel_regularizer=tf.nn.l2_loss)
    assert [t.name for t in tf.losses.get_regularization_losses()] == [
        "d/kernel/Regularizer/L2Loss:0"
    ]


def test_dropout_names_its_branches() -> None:
    x = tf.placeholder(tf.float32, [None, 4])
    assert tf.layers.dropout(x, 0.5).name == "dropout/Identity:0"
    assert tf.layers.dropout(x, 0.5, training=True).name == "dropout_1/dropout/mul_1:0"
    assert tf.layers.dropout(x, 0.5, training=tf.placeholder(tf.bool, [])).name == (
        "dropout_2/cond/Merge:0"
    )


@pytest.mark.parametrize("rank", [2, 3])
def test_flatten_keeps_the_batch(rank: int) -> None:
    shape = [None, *[2] * rank]
    assert tf.layers.flatten(tf.placeholder(tf.float32, shape)).shape.as_list() == [None, 2**rank]


def test_dense_of_a_sequence_contracts_the_last_axis() -> None:
    x = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    y = tf.layers.dense(x, 2, kernel_initializer=tf.ones_initializer())
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        np.testing.assert_allclose(session.run(y)[..., 1], x.sum(-1))


def test_wrong_rank_is_refused() -> None:
    with pytest.raises(ValueError, match=r"incompatible with the layer: expected ndim=4"):
        tf.layers.conv2d(tf.placeholder(tf.float32, [None, 8]), 4, 3)


def test_unknown_depth_is_refused() -> None:
    with pytest.raises(ValueError, match="last dimension of the inputs to `Dense`"):
        tf.layers.dense(tf.placeholder(tf.float32, [3, None]), 2)


def test_moving_averages_follow_the_batch() -> None:
    x = tf.placeholder(tf.float32, [None, 2])
    tf.layers.batch_normalization(x, training=True, momentum=0.5)
    mean = tf.global_variables()[2]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(tf.get_collection(tf.GraphKeys.UPDATE_OPS), {x: [[2.0, 4.0], [4.0, 8.0]]})
        np.testing.assert_allclose(session.run(mean), [1.5, 3.0])


@pytest.mark.parametrize("kind", ["Max", "Average"])
def test_volumes_are_pooled_with_their_channels_last(kind: str) -> None:
    x = tf.random_uniform([2, 3, 4, 6, 8])
    last = getattr(tf.layers, f"{kind.lower()}_pooling3d")(tf.transpose(x, [0, 2, 3, 4, 1]), 2, 2)
    layer = getattr(tf.layers, f"{kind}Pooling3D")(2, 2, data_format="channels_first", name="pool")
    made = layer.apply(x)
    of_keras = getattr(tf.keras.layers, f"{kind}Pooling3D")(2, data_format="channels_first")(x)
    short = {"Max": "Max", "Average": "Avg"}[kind]
    assert node_names("pool/")[:5:2] == [
        "pool/transpose/perm", f"pool/{short}Pool3D", "pool/transpose_1"
    ]  # fmt: skip
    assert made.op.name == "pool/transpose_1"
    with tf.Session() as session:
        expected, *values = session.run([tf.transpose(last, [0, 4, 1, 2, 3]), made, of_keras])
    for value in values:
        np.testing.assert_array_equal(value, expected)


@pytest.mark.parametrize("settings", [{"adjustment": lambda shape: (1.0, 0.0)}, {"renorm": True},
                                      {"virtual_batch_size": 2}, {"axis": [1, 2]}])  # fmt: skip
def test_the_fused_op_is_left_where_it_cannot_be_used(settings: dict) -> None:
    layer = tf.layers.BatchNormalization(fused=True, **settings)
    layer.apply(tf.ones([4, 8, 8, 3]), training=True)
    assert layer.fused is False
    flat = tf.layers.BatchNormalization(fused=True)
    flat.apply(tf.ones([4, 3]))
    assert flat.fused is False
