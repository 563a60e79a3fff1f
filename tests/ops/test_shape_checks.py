"""`tf.contrib.framework`: tensors with checked shapes, described prints, structured scripts."""

from __future__ import annotations

import numpy as np
import pytest

import tensormill as tf

framework = tf.contrib.framework


def test_known_shapes_are_checked_when_the_graph_is_built() -> None:
    tensor = tf.constant([[1, 2, 3]], name="numbers")
    assert framework.with_shape([1, 3], tensor) is tensor
    with pytest.raises(ValueError, match="Invalid shape for tensor numbers:0"):
        framework.with_shape([3, 1], tensor)
    with pytest.raises(ValueError, match="Invalid rank 2 for shape"):
        framework.with_shape([[1], [2]], tensor)
    with pytest.raises(ValueError, match="Invalid dtype"):
        framework.with_shape([1.1, 3.0], tensor)
    with pytest.raises(ValueError, match="SparseTensor not supported"):
        framework.with_shape([1], tf.sparse.from_dense([1]))
    assert framework.with_shape([], tf.constant([5])).get_shape().as_list() == []


def test_unknown_shapes_are_checked_when_the_step_runs() -> None:
    fed = tf.placeholder(tf.float32)
    checked = framework.with_shape([2, 2], fed)
    same = framework.with_same_shape(tf.zeros([2, 2]), fed)
    asked = framework.with_shape(tf.constant([2, 2]), fed)
    assert checked.get_shape().as_list() == [2, 2]
    with tf.Session() as session:
        for tensor in (checked, same, asked):
            assert session.run(tensor, {fed: np.ones((2, 2))}).sum() == 4
            with pytest.raises(tf.errors.InvalidArgumentError, match="Wrong shape for Placeholder"):
                session.run(tensor, {fed: np.ones((4, 1))})
            with pytest.raises(tf.errors.InvalidArgumentError, match="Wrong shape for Placeholder"):
                session.run(tensor, {fed: np.ones(4)})


def test_sums_and_integer_scalars() -> None:
    total = framework.reduce_sum_n([tf.constant([1, 2]), tf.constant(3)])
    with tf.Session() as session:
        assert session.run(total) == 6
    with pytest.raises(ValueError, match="No tensors provided"):
        framework.reduce_sum_n([])
    assert framework.assert_scalar_int(tf.constant(3)).dtype == tf.int32
    with pytest.raises(ValueError, match="Expected integer type"):
        framework.assert_scalar_int(3.0)


def test_prints_say_what_a_value_is(capfd: pytest.CaptureFixture[str]) -> None:
    sparse = tf.SparseTensor([[1]], [2.0], [3])
    array = tf.TensorArray(tf.float32, 1, clear_after_read=False).write(0, [4.0])
    shown = framework.print_op(tf.constant([0, 5], name="flags"), data=[sparse, array])
    kept = framework.print_op(sparse, message="sparse ")
    listed = framework.print_op(array).stack()
    with tf.Session() as session:
        assert session.run(shown).tolist() == [0, 5]
        first = capfd.readouterr().err
        assert session.run(kept).values.tolist() == [2.0]
        second = capfd.readouterr().err
        assert session.run(listed).tolist() == [[4.0]]
        third = capfd.readouterr().err
    assert "[Name: flags:0][Type: Tensor (int32)]" in first
    assert "[Type: SparseTensor (float32)][Shape:][3][Sparse indices:][[1]]" in first
    assert "[Type: TensorArray (float32)][Size:][1][Value:][[4]]" in first
    assert second.startswith("sparse ")
    assert "Size:" in third
    with pytest.raises(ValueError, match="input_ must be of type"):
        framework.print_op(None)


def test_python_functions_take_and_return_structures() -> None:
    def swapped(pair: tuple[int, int], scale: int) -> dict[str, object]:
        return {"sum": np.int64(sum(pair) * scale), "pair": (pair[1], pair[0])}

    made = framework.py_func(
        swapped,
        args=((tf.constant(1), tf.constant(2)),),
        kwargs={"scale": tf.constant(10)},
        output_types={"sum": tf.int64, "pair": (tf.int32, tf.int32)},
        output_shapes={"sum": [], "pair": ([], [])},
    )
    assert made["sum"].get_shape().as_list() == []
    with tf.Session() as session:
        assert session.run(made) == {"sum": 30, "pair": (2, 1)}
    with pytest.raises(TypeError, match="args must be list"):
        framework.py_func(swapped, args=3)


def test_variables_go_to_parameter_servers_in_turn() -> None:
    chooser = framework.VariableDeviceChooser(num_tasks=2)
    with tf.device(chooser):
        fed = [tf.placeholder(tf.float32) for _ in range(3)]
    assert [each.device for each in fed] == [f"/job:ps/task:{n}/device:CPU:0" for n in (0, 1, 0)]
    assert framework.get_placeholders(tf.get_default_graph()) == fed
    assert framework.VariableDeviceChooser(device_type="GPU")(fed[0].op) == "/device:GPU:0"
