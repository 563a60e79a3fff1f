"""Layers in the manner of `tf.contrib.layers`: their variables, values and argument scopes."""

from __future__ import annotations

import numpy as np
import pytest

import tensormill as tf


def _names() -> list[str]:
    return [v.op.name for v in tf.global_variables()]


def test_arg_scope_gives_arguments_within_its_block() -> None:
    slim = tf.contrib.slim
    x = tf.zeros([2, 6, 6, 3])
    with slim.arg_scope([slim.conv2d], normalizer_fn=slim.batch_norm, scope="one") as outer:
        slim.conv2d(x, 4, [3, 3])
        with slim.arg_scope([slim.conv2d], normalizer_fn=None):
            slim.conv2d(x, 4, [3, 3], scope="two")
    with slim.arg_scope(outer):
        assert slim.current_arg_scope() == outer
    slim.conv2d(x, 4, [3, 3], scope="three")
    assert _names() == [
        "one/weights", "one/BatchNorm/beta", "one/BatchNorm/moving_mean",
        "one/BatchNorm/moving_variance", "two/weights", "two/biases", "three/weights",
        "three/biases",
    ]  # fmt: skip


def test_arg_scope_refuses_functions_without_it() -> None:
    slim = tf.contrib.slim
    with pytest.raises(ValueError, match="is not decorated with @add_arg_scope"):
        slim.arg_scope([tf.nn.relu], x=1).__enter__()
    with pytest.raises(TypeError, match="list_ops_or_scope must either be"):
        slim.arg_scope(slim.conv2d, stride=2).__enter__()
    with pytest.raises(ValueError, match="kwargs must be empty"):
        slim.arg_scope({}, stride=2).__enter__()


def test_repeat_and_stack_number_their_layers() -> None:
    slim = tf.contrib.slim
    x = tf.zeros([2, 6, 6, 3])
    net = slim.repeat(x, 2, slim.conv2d, 4, [3, 3], scope="conv")
    slim.stack(slim.flatten(net), slim.fully_connected, [5, 6], scope="fc")
    assert [n for n in _names() if n.endswith("weights")] == [
        "conv/conv_1/weights", "conv/conv_2/weights", "fc/fc_1/weights", "fc/fc_2/weights",
    ]  # fmt: skip


def test_named_outputs_of_a_collection() -> None:
    slim = tf.contrib.slim
    net = slim.conv2d(tf.zeros([1, 4, 4, 1]), 2, [3, 3], scope="a", outputs_collections="ends")
    with tf.variable_scope("net"):
        last = slim.max_pool2d(net, [2, 2], scope="p", outputs_collections="ends")
    found = slim.utils.convert_collection_to_dict("ends")
    assert found == {"a": net, "net/p": last}


def test_model_variables_are_found_by_scope_and_name() -> None:
    framework = tf.contrib.framework
    tf.contrib.layers.fully_connected(tf.zeros([2, 3]), 4, scope="a")
    tf.contrib.layers.fully_connected(tf.zeros([2, 3]), 4, scope="b")
    assert [v.op.name for v in framework.get_variables("a")] == ["a/weights", "a/biases"]
    assert [v.op.name for v in framework.get_variables_by_name("weights")] == [
        "a/weights", "b/weights",
    ]  # fmt: skip
    assert [v.op.name for v in framework.get_variables_to_restore(exclude=["a"])] == [
        "b/weights", "b/biases",
    ]  # fmt: skip
    assert framework.get_unique_variable("b/biases").op.name == "b/biases"
    assert len(framework.get_model_variables()) == 4
    with pytest.raises(ValueError, match="Couldn't find variable c"):
        framework.get_unique_variable("c")


def test_values_are_assigned_by_name() -> None:
    tf.contrib.layers.fully_connected(tf.zeros([2, 3]), 1, scope="a")
    weights = np.arange(3, dtype=np.float32).reshape(3, 1)
    assign = tf.contrib.framework.assign_from_values_fn({"a/weights": weights})
    with tf.Session() as session:
        assign(session)
        np.testing.assert_array_equal(session.run("a/weights:0"), weights)


def _moments(x: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    mean, variance = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
    return (x - mean) / np.sqrt(variance + 1e-6)


def test_layer_instance_and_group_norm_take_their_moments() -> None:
    layers = tf.contrib.layers
    value = np.random.RandomState(0).rand(2, 3, 4, 6).astype(np.float32)
    x = tf.constant(value)
    made = [layers.layer_norm(x), layers.instance_norm(x), layers.group_norm(x, groups=2)]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        by_example, by_channel, by_group = session.run(made)
    np.testing.assert_allclose(by_example, _moments(value, (1, 2, 3)), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(by_channel, _moments(value, (1, 2)), rtol=1e-4, atol=1e-4)
    grouped = _moments(value.reshape(2, 3, 4, 2, 3), (1, 2, 4)).reshape(value.shape)
    np.testing.assert_allclose(by_group, grouped, rtol=1e-4, atol=1e-4)


def test_batch_weights_change_the_moments() -> None:
    value = np.random.RandomState(0).rand(3, 4).astype(np.float32)
    result = tf.contrib.layers.batch_norm(
        tf.constant(value), batch_weights=[1.0, 1.0, 0.0], updates_collections=None
    )
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        made = session.run(result)
    mean, variance = value[:2].mean(0), value[:2].var(0)
    np.testing.assert_allclose(made, (value - mean) / np.sqrt(variance + 1e-3), rtol=1e-4)


def test_sequences_are_embedded_and_averaged() -> None:
    layers = tf.contrib.layers
    ids = tf.constant([[1, 0, 2]])
    table = tf.constant_initializer(np.arange(6, dtype=np.float32).reshape(3, 2))
    embedded = layers.embed_sequence(ids, 3, 2, initializer=table, scope="table")
    again = layers.embed_sequence(ids, 3, 2, unique=True, scope="table", reuse=True)
    bag = layers.bow_encoder(ids, 3, 2, initializer=table)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        rows, unique_rows, mean = session.run([embedded, again, bag])
    np.testing.assert_array_equal(rows, [[[2, 3], [0, 1], [4, 5]]])
    np.testing.assert_array_equal(unique_rows, rows)
    np.testing.assert_array_equal(mean, [[3, 4]])


def test_batch_renormalisation_corrects_by_the_moments_of_training() -> None:
    value = np.random.RandomState(0).rand(8, 3).astype(np.float32) * 4
    x = tf.constant(value)
    result = tf.layers.batch_normalization(
        x, renorm=True, renorm_clipping={"rmax": 1.5, "dmax": 0.5}, training=True
    )
    updates = tf.get_collection(tf.GraphKeys.UPDATE_OPS)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        made, _ = session.run([result, updates])
        state = {v.op.name.split("/")[1]: session.run(v) for v in tf.global_variables()}
    mean, deviation = value.mean(0), np.sqrt(value.var(0) + 1e-3)
    r, d = np.minimum(deviation, 1.5), np.clip(mean, -0.5, 0.5)
    np.testing.assert_allclose(made, (value - mean) / deviation * r + d, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(state["renorm_mean"], 0.01 * mean, rtol=1e-4)
    np.testing.assert_allclose(state["renorm_stddev"], 0.99 + 0.01 * deviation, rtol=1e-4)
    moved = 0.99 + 0.01 * deviation
    np.testing.assert_allclose(state["moving_stddev"], moved, rtol=1e-4)
    np.testing.assert_allclose(state["moving_variance"], moved**2 - 1e-3, rtol=1e-4)


def test_virtual_batches_are_normalised_each_by_itself() -> None:
    value = np.random.RandomState(0).rand(4, 3).astype(np.float32)
    result = tf.layers.batch_normalization(tf.constant(value), virtual_batch_size=2, training=True)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        made = session.run(result)
    parts = value.reshape(2, 2, 3)
    wanted = (parts - parts.mean(0)) / np.sqrt(parts.var(0) + 1e-3)
    np.testing.assert_allclose(made, wanted.reshape(4, 3), rtol=1e-4, atol=1e-5)


def test_batch_norm_corrects_the_moving_mean_for_its_zeros() -> None:
    inputs = tf.constant(np.arange(24.0).reshape(2, 2, 2, 3), tf.float32)
    outputs = tf.contrib.layers.batch_norm(
        inputs, decay=0.9, fused=True, zero_debias_moving_mean=True, updates_collections=None
    )
    mean, variance = (
        tf.contrib.framework.get_variables_by_name(name)[0]
        for name in ("BatchNorm/moving_mean", "BatchNorm/moving_variance")
    )
    rows = np.arange(24.0).reshape(8, 3)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(outputs)
        np.testing.assert_allclose(session.run(mean), rows.mean(0), rtol=1e-5)
        np.testing.assert_allclose(
            session.run(variance), 0.9 + 0.1 * rows.var(0, ddof=1), rtol=1e-5
        )


@pytest.mark.parametrize("rank", [2, 3, 4])
@pytest.mark.parametrize("data_format", ["NHWC", "NCHW"])
@pytest.mark.parametrize("fused", [False, True])
def test_batch_norm_without_a_collection_updates_while_it_computes(
    rank: int, data_format: str, fused: bool
) -> None:
    value = np.random.RandomState(0).rand(*(6, 3, 3, 3)[:rank]).astype(np.float32)
    is_training = tf.Variable(True, trainable=False)
    outputs = tf.contrib.layers.batch_norm(
        tf.constant(value),
        decay=0.5,
        updates_collections=None,
        is_training=is_training,
        data_format=data_format,
        fused=fused,
    )
    assert tf.get_collection(tf.GraphKeys.UPDATE_OPS) == []
    assert outputs.shape.as_list() == list(value.shape)
    (moving_mean,) = tf.contrib.framework.get_variables_by_name("BatchNorm/moving_mean")
    axis = 1 if data_format == "NCHW" else rank - 1
    mean = value.mean(tuple(a for a in range(rank) if a != axis), keepdims=True)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        trained = session.run(outputs)
        session.run(is_training.assign(False))
        used = session.run(outputs)
        moved = session.run(moving_mean)
    scaled = trained * np.sqrt(value.var(tuple(a for a in range(rank) if a != axis), keepdims=True))
    np.testing.assert_allclose(scaled, value - mean, atol=0.02)
    np.testing.assert_allclose(moved, mean.reshape(-1) / 2, rtol=1e-5)
    assert not np.allclose(used, trained)


def test_batch_norm_leaves_updates_in_a_collection_of_the_program() -> None:
    tf.contrib.layers.batch_norm(tf.ones([2, 4, 4, 3]), updates_collections="my_updates")
    assert tf.get_collection(tf.GraphKeys.UPDATE_OPS) == []
    assert [update.op.name for update in tf.get_collection("my_updates")] == [
        "BatchNorm/AssignMovingAvg",
        "BatchNorm/AssignMovingAvg_1",
    ]


def test_an_initializer_of_variances_says_its_deviation_in_the_graph() -> None:
    with tf.Graph().as_default() as graph:
        tf.contrib.layers.variance_scaling_initializer()([4, 5])
        tf.contrib.layers.xavier_initializer(uniform=False)([3, 3, 2, 4])
        names = ("truncated_normal/stddev", "truncated_normal_1/stddev")
        found = [
            tf.contrib.util.constant_value(graph.get_tensor_by_name(f"{name}:0")) for name in names
        ]
    np.testing.assert_allclose(found, [(1.3 * 2 / 4) ** 0.5, (1.3 / 27) ** 0.5], rtol=1e-6)


def test_maxout_parts_what_is_neighboured_in_memory() -> None:
    x = np.random.RandomState(0).rand(2, 4, 3).astype(np.float32)
    with tf.Graph().as_default(), tf.Session() as session:
        given = tf.placeholder_with_default(x, [None, 4, 3])
        found = [tf.contrib.layers.maxout(given, n, axis=a) for n, a in ((2, 1), (3, -1), (1, 2))]
        assert [each.shape.as_list() for each in found] == [
            [None, 2, 3], [None, 4, 3], [None, 4, 1],
        ]  # fmt: skip
        first, same, last = session.run(found)
    np.testing.assert_array_equal(first, x.reshape(2, 2, 3, 2).max(-1))
    np.testing.assert_array_equal(same, x)
    np.testing.assert_array_equal(last, x.max(-1, keepdims=True))


def test_spatial_softmax_keeps_its_temperature_in_a_variable() -> None:
    image = np.zeros([1, 3, 3, 1], np.float32)
    image[0, 2, 0, 0] = 1.0
    with tf.Graph().as_default(), tf.Session() as session:
        places = tf.contrib.layers.spatial_softmax(tf.constant(image), temperature=0.01)
        assert _names() == ["spatial_softmax/temperature"]
        assert places.name == "spatial_softmax/spatial_softmax_op/Reshape_3:0"
        assert len(tf.trainable_variables()) == 1
        session.run(tf.global_variables_initializer())
        np.testing.assert_allclose(session.run(places), [[1.0, -1.0]], atol=1e-6)
