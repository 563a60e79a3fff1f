"""`tf.train.Checkpoint` and its manager."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensormill as tf


class Net(tf.Module):
    def __init__(self) -> None:
        super().__init__(name="net")
        self.w = tf.Variable(np.arange(3, dtype=np.float32), name="w")
        self.parts = [tf.Variable(7.0, name="part", use_resource=True)]
        self.named = {"a.b/c": tf.Variable(9.0, name="odd")}


def model() -> tuple[Any, list[Any], Any]:
    net, optimizer = Net(), tf.train.AdamOptimizer(0.1)
    step = tf.train.get_or_create_global_step()
    loss = tf.reduce_sum(tf.square(net.w)) + net.parts[0] * 2.0
    train = optimizer.minimize(loss, global_step=step)
    checkpoint = tf.train.Checkpoint(net=net, optimizer=optimizer, step=step)
    state = [net.w, net.parts[0], net.named["a.b/c"], step, optimizer.get_slot(net.w, "m"),
             optimizer._get_beta_accumulators()[0]]  # fmt: skip
    return checkpoint, state, train


def test_objects_are_restored_by_the_way_they_are_reached(tmp_path: Path) -> None:
    checkpoint, state, train = model()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(train)
        assert checkpoint.save(str(tmp_path / "ckpt")) == str(tmp_path / "ckpt-1")
        expected = session.run(state)
        session.run(train)
        assert checkpoint.save(tmp_path / "ckpt") == str(tmp_path / "ckpt-2")
    assert tf.train.latest_checkpoint(str(tmp_path)) == str(tmp_path / "ckpt-2")
    with tf.Graph().as_default():
        tf.Variable(0.0, name="net/w")  # names say nothing
        checkpoint, state, _ = model()
        status = checkpoint.restore(str(tmp_path / "ckpt-1")).assert_consumed()
        with tf.Session() as session:
            status.run_restore_ops()
            for value, wanted in zip(session.run(state), expected, strict=True):
                np.testing.assert_array_equal(value, wanted)
            assert session.run(checkpoint.save_counter) == 1
            assert checkpoint.save(str(tmp_path / "again")) == str(tmp_path / "again-2")


def test_keys_are_paths(tmp_path: Path) -> None:
    checkpoint, _, _ = model()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        path = checkpoint.write(str(tmp_path / "new" / "ckpt"), session=session)
    keys = tf.train.NewCheckpointReader(path).get_variable_to_shape_map()
    value = ".ATTRIBUTES/VARIABLE_VALUE"
    assert {f"net/named/a..b.Sc/{value}", f"net/w/.OPTIMIZER_SLOT/optimizer/m/{value}",
            f"optimizer/beta1_power/{value}", f"net/parts/0/{value}"} <= set(keys)  # fmt: skip


def test_what_fits_is_restored_and_the_rest_initialized(tmp_path: Path) -> None:
    first = tf.train.Checkpoint(a=tf.Variable(1.0), b=tf.Variable(2.0))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        path = first.save(str(tmp_path / "ckpt"))
    other = tf.train.Checkpoint(a=tf.Variable(10.0))
    status = other.restore(path)
    other.c = tf.Variable(30.0)
    with pytest.raises(AssertionError, match="Unresolved object in checkpoint"):
        status.assert_consumed()
    with pytest.raises(AssertionError, match="Object not assigned a value from checkpoint"):
        status.assert_existing_objects_matched()
    status.expect_partial().assert_nontrivial_match()
    other.b = tf.Variable(20.0)
    with tf.Session() as session:
        status.initialize_or_restore(session)
        assert session.run([other.a, other.b, other.c]) == [1.0, 2.0, 30.0]
    alone = tf.train.Checkpoint(z=tf.Variable(5.0))
    with pytest.raises(AssertionError, match="Nothing except the root"):
        tf.train.Checkpoint(z=[alone]).restore(
            first_without_counter(path)
        ).assert_nontrivial_match()
    with pytest.raises(AssertionError, match="No checkpoint specified"):
        alone.restore(None).assert_consumed()
    with tf.Session() as session:
        alone.restore(None).initialize_or_restore()
        assert session.run(alone.z) == 5.0


def first_without_counter(path: str) -> str:
    """Write the variable `a` alone, uncounted, beside a checkpoint; return the path."""
    with tf.Graph().as_default(), tf.Session() as session:
        lone = tf.train.Checkpoint(a=tf.Variable(1.0))
        session.run(tf.global_variables_initializer())
        return lone.write(f"{path}-lone")


def test_checkpoints_by_name_are_read(tmp_path: Path) -> None:
    variable = tf.Variable(4.0, name="v")
    checkpoint = tf.train.Checkpoint(anything=variable)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        path = tf.train.Saver([variable]).save(session, str(tmp_path / "named"))
        session.run(variable.assign(0.0))
        status = checkpoint.restore(path)
        with pytest.raises(AssertionError, match="name-based"):
            status.assert_consumed()
        status.run_restore_ops()
        assert session.run(variable) == 4.0
        tf.train.Saver([variable]).restore(session, checkpoint.save(str(tmp_path / "objects")))


def test_keras_models_and_their_optimizers_are_saved(tmp_path: Path) -> None:
    def made() -> tuple[Any, Any]:
        layers = tf.keras.layers
        model = tf.keras.Sequential([layers.Dense(2, input_shape=(3,)), layers.ReLU()])
        model.compile(tf.keras.optimizers.Adam(0.1), "mse")
        return model, tf.train.Checkpoint(model=model, optimizer=model.optimizer)

    rows, labels = np.ones((4, 3), np.float32), np.zeros((4, 2), np.float32)
    with tf.Graph().as_default(), tf.Session() as session:
        tf.keras.backend.set_session(session)
        model, checkpoint = made()
        model.train_on_batch(rows, labels)
        expected = model.get_weights()
        path = checkpoint.save(str(tmp_path / "ckpt"))
    keys = tf.train.NewCheckpointReader(path).get_variable_to_shape_map()
    value = ".ATTRIBUTES/VARIABLE_VALUE"
    assert f"model/layer_with_weights-0/kernel/{value}" in keys
    assert f"optimizer/iter/{value}" in keys
    with tf.Graph().as_default(), tf.Session() as session:
        tf.keras.backend.set_session(session)
        model, checkpoint = made()
        model.train_on_batch(rows, labels)
        checkpoint.restore(path).run_restore_ops()
        for weight, wanted in zip(model.get_weights(), expected, strict=True):
            np.testing.assert_array_equal(weight, wanted)


def test_a_manager_keeps_the_latest(tmp_path: Path) -> None:
    checkpoint = tf.train.Checkpoint(v=tf.Variable(1.0))
    manager = tf.train.CheckpointManager(checkpoint, str(tmp_path / "new"), max_to_keep=2)
    assert manager.latest_checkpoint is None
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for _ in range(3):
            manager.save()
        assert manager.save(checkpoint_number=tf.constant(17)).endswith("ckpt-17")
    assert manager.checkpoints == [str(tmp_path / "new" / f"ckpt-{n}") for n in (3, 17)]
    assert not (tmp_path / "new" / "ckpt-2.index").exists()
    again = tf.train.CheckpointManager(checkpoint, tmp_path / "new", max_to_keep=None)
    assert again.checkpoints == manager.checkpoints
    assert again.latest_checkpoint == tf.train.latest_checkpoint(again.directory)
    with pytest.raises(ValueError, match="positive integer"):
        tf.train.CheckpointManager(checkpoint, str(tmp_path), max_to_keep=0)


def test_a_session_is_needed_and_objects_with_state() -> None:
    checkpoint = tf.train.Checkpoint(v=tf.Variable(1.0))
    with pytest.raises(ValueError, match="session="):
        checkpoint.save("nowhere")
    with pytest.raises(ValueError, match="expecting a trackable object"):
        tf.train.Checkpoint(v=3)


@pytest.mark.oracle
def test_real_tensorflow_reads_them_and_the_reverse(oracle: Any, tmp_path: Path) -> None:
    checkpoint, state, train = model()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run([train, *state])
        path = checkpoint.save(str(tmp_path / "ours"))
        expected = session.run(state)
    theirs = oracle.run(
        """
        class Net(tf.Module):
            def __init__(self):
                super().__init__(name="net")
                self.w = tf.Variable(np.zeros(3, np.float32))
                self.parts = [tf.Variable(0.0, use_resource=True)]
                self.named = {"a.b/c": tf.Variable(0.0)}

        net, optimizer = Net(), tf.train.AdamOptimizer(0.1)
        step = tf.train.get_or_create_global_step()
        loss = tf.reduce_sum(tf.square(net.w)) + net.parts[0] * 2.0
        optimizer.minimize(loss, global_step=step)
        checkpoint = tf.train.Checkpoint(net=net, optimizer=optimizer, step=step)
        with tf.Session() as session:
            checkpoint.restore(path).assert_consumed().run_restore_ops()
            state = [net.w, net.parts[0], net.named["a.b/c"], step, optimizer.get_slot(net.w, "m"),
                     optimizer._get_beta_accumulators()[0]]
            values = session.run(state)
            session.run(net.w.assign([5.0, 6.0, 7.0]))
            result = {"values": values, "path": checkpoint.save(folder + "/theirs")}
        """,
        path=path,
        folder=str(tmp_path),
    )
    for value, wanted in zip(theirs["values"], expected, strict=True):
        np.testing.assert_array_equal(value, wanted)
    with tf.Session() as session:
        checkpoint.restore(theirs["path"]).assert_consumed().run_restore_ops()
        assert session.run(state[0]).tolist() == [5.0, 6.0, 7.0]
        assert session.run(checkpoint.save_counter) == 2


def test_state_of_the_program_goes_into_checkpoints_and_comes_back(tmp_path: Path) -> None:
    class Count(tf.train.experimental.PythonState):
        def __init__(self) -> None:
            self.count = 0

        def serialize(self) -> bytes:
            return str(self.count).encode()

        def deserialize(self, string_value: bytes) -> None:
            self.count = int(string_value)

    state = Count()
    checkpoint = tf.train.Checkpoint(state=state)
    with tf.Session() as session:
        session.run(checkpoint.save_counter.initializer)
        state.count = 7
        path = checkpoint.save(str(tmp_path / "model"), session=session)
        state.count = 8
        checkpoint.restore(path).assert_consumed().run_restore_ops(session)
    assert state.count == 7
    assert "state/.ATTRIBUTES/py_state" in dict(tf.train.list_variables(path))
