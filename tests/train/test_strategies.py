"""`tf.distribute` with one replica."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensormill as tf


def test_without_a_block_there_is_the_default_strategy() -> None:
    strategy = tf.distribute.get_strategy()
    assert not tf.distribute.has_strategy()
    assert not tf.distribute.in_cross_replica_context()
    context = tf.distribute.get_replica_context()
    assert (context.strategy, context.replica_id_in_sync_group) == (strategy, 0)
    assert strategy.num_replicas_in_sync == 1
    assert strategy.experimental_run_v2(lambda x, y: x + y, (1,), {"y": 2}) == 3


def test_variables_and_operations_are_on_the_device_of_the_strategy() -> None:
    strategy = tf.distribute.OneDeviceStrategy("/device:GPU:0")
    with strategy.scope() as entered:
        assert entered is strategy is tf.distribute.get_strategy()
        assert tf.distribute.in_cross_replica_context()
        assert tf.distribute.get_replica_context() is None
        variable = tf.get_variable("v", [2])
        outside = tf.constant(1.0)
    assert not tf.distribute.has_strategy()

    def replica(x: Any) -> Any:
        context = tf.distribute.get_replica_context()
        assert context.strategy is strategy
        assert not tf.distribute.in_cross_replica_context()
        merged = context.merge_call(lambda s, y: (s, y, tf.distribute.get_replica_context()), (x,))
        assert merged == (strategy, x, None)
        return context.all_reduce(tf.distribute.ReduceOp.SUM, tf.add(x, 1.0))

    result = strategy.experimental_run_v2(replica, (outside,))
    assert variable.device == result.device == "/device:GPU:0"
    assert outside.device == ""
    assert strategy.experimental_local_results(result) == (result,)


def test_values_are_reduced_over_an_axis() -> None:
    strategy = tf.distribute.MirroredStrategy(["/cpu:0"])
    assert strategy.reduce("SUM", 3.0) == 3.0
    iterator = strategy.make_dataset_iterator(tf.data.Dataset.from_tensors([1.0, 3.0]))
    value = strategy.experimental_run(lambda x: x * 2.0, iterator)
    reduced = [strategy.reduce(op, value, axis=0) for op in (tf.distribute.ReduceOp.MEAN, "SUM")]
    with tf.Session() as session:
        session.run(iterator.initializer)
        assert session.run(reduced) == [4.0, 8.0]


def test_strategies_of_several_devices_are_refused() -> None:
    with pytest.raises(NotImplementedError, match=r"with 2 devices.*replica_device_setter"):
        tf.distribute.MirroredStrategy(["/gpu:0", "/gpu:1"])
    with pytest.raises(NotImplementedError, match="with 2 devices"):
        tf.contrib.distribute.MirroredStrategy(num_gpus=2)
    with pytest.raises(ValueError, match="only specify one"):
        tf.contrib.distribute.MirroredStrategy(["/cpu:0"], num_gpus=1)
    with pytest.raises(NotImplementedError, match="one device"):
        tf.estimator.RunConfig(train_distribute="mirrored")


def test_libraries_change_variables_through_a_strategy() -> None:
    default = tf.distribute.get_strategy().extended
    one = tf.distribute.OneDeviceStrategy("/cpu:0")
    variable = tf.get_variable("v", initializer=np.float32([1.0]))
    updates = [
        extended.update(variable, lambda v, by: v.assign_add(by), (amount,), group=is_group)
        for extended, amount, is_group in [(default, [1.0], True), (one.extended, [2.0], False)]
    ]
    assert [type(each) for each in updates] == [tf.Tensor, tuple]
    placed = one.extended.update_non_slot(variable, tf.constant, (1.0,))
    assert placed.op.device == "/device:CPU:0"
    with tf.Session() as session:
        session.run(variable.initializer)
        assert session.run(updates[0]).tolist() == [2.0]
        assert session.run(updates[1])[0].tolist() == [4.0]
        assert session.run(default.read_var(variable)).tolist() == [4.0]
    assert one.extended.worker_devices == one.extended.parameter_devices == ("/cpu:0",)
    assert default.non_slot_devices([variable]) is variable
    assert default.batch_reduce_to("SUM", [(1.0, None), (2.0, None)]) == [1.0, 2.0]
    with pytest.raises(RuntimeError, match=r"worker_devices\(\) method unsupported by default"):
        _ = default.worker_devices
    with one.scope():
        assert tf.distribute.get_strategy().extended.call_for_each_replica(lambda x: x, (3,)) == 3


def test_the_function_of_an_input_is_told_which_part_it_reads() -> None:
    def dataset(context: tf.distribute.InputContext) -> Any:
        size = context.get_per_replica_batch_size(6)
        rows = tf.data.Dataset.range(6).shard(
            context.num_input_pipelines, context.input_pipeline_id
        )
        return rows.batch(size)

    strategy = tf.distribute.OneDeviceStrategy("/cpu:0")
    iterator = strategy.make_input_fn_iterator(dataset)
    value = iterator.get_next()
    with tf.Session() as session:
        session.run(iterator.initializer)
        assert session.run(value).tolist() == list(range(6))
    with pytest.raises(ValueError, match="not divisible by"):
        tf.distribute.InputContext(num_replicas_in_sync=4).get_per_replica_batch_size(6)


def test_estimators_train_and_evaluate_in_their_strategy(tmp_path: Path) -> None:
    strategy = tf.contrib.distribute.MirroredStrategy(num_gpus=0)
    seen = []

    def model_fn(features: Any, labels: Any, mode: str) -> Any:
        seen.append((mode, tf.distribute.has_strategy()))
        loss = tf.losses.mean_squared_error(labels, tf.layers.dense(features, 1))
        step = tf.train.get_global_step()
        train = tf.train.GradientDescentOptimizer(0.1).minimize(loss, step)
        return tf.estimator.EstimatorSpec(mode, loss=loss, train_op=train)

    def input_fn() -> Any:
        rows = np.ones((4, 2), np.float32)
        return tf.data.Dataset.from_tensors((rows, rows[:, :1])).repeat(20)

    config = tf.estimator.RunConfig(train_distribute=strategy)
    estimator = tf.estimator.Estimator(model_fn, str(tmp_path), config)
    estimator.train(input_fn)
    assert estimator.evaluate(input_fn, steps=1)["loss"] < 1e-3
    assert seen == [("train", True), ("eval", False)]
