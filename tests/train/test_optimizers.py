"""Optimizers against what real TensorFlow was recorded to do, and their own rules."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import tensormill.api as tf
from tests.golden.record_training import ANSWERS
from tests.train import optimizer_programs

_RECORDED = json.loads(ANSWERS.read_text())
# All optimizers, each on both kinds of variable; the test against TensorFlow itself tries the rest.
_KINDS = [kind for kind in optimizer_programs.kinds(tf) if kind[1] == kind[2]]


def check_training(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    """Hold a training against TensorFlow's: losses, and the names of all that was made."""
    np.testing.assert_allclose(ours["losses"], theirs["losses"], rtol=2e-5)
    assert list(ours["state"]) == list(theirs["state"])
    for key in ("step", "slots", "updates", "train_op"):
        assert ours[key] == theirs[key]


@pytest.mark.parametrize("kind", _KINDS, ids=lambda kind: optimizer_programs.label(*kind))
def test_training_goes_as_in_tensorflow(kind: tuple[str, bool, bool]) -> None:
    ours = optimizer_programs.train(tf, np, *kind)
    check_training(ours, _RECORDED[optimizer_programs.label(*kind)])


def _loss(**options: Any) -> tuple[Any, Any]:
    weights = tf.Variable([1.0, 2.0], name="weights", **options)
    return tf.reduce_sum(tf.square(weights)), weights


def test_minimize_returns_an_operation_in_the_collection_of_train_ops() -> None:
    loss, _ = _loss()
    update = tf.train.GradientDescentOptimizer(0.1).minimize(loss, name="train")
    assert isinstance(update, tf.Operation)
    assert update.name == "train"
    assert tf.get_collection(tf.GraphKeys.TRAIN_OP) == [update]


def test_gradients_without_a_path_are_none_and_leave_the_variable_alone() -> None:
    loss, weights = _loss()
    other = tf.Variable(3.0, name="other")
    optimizer = tf.train.GradientDescentOptimizer(0.1)
    pairs = optimizer.compute_gradients(loss)
    assert [v for _, v in pairs] == [weights, other]
    assert pairs[1][0] is None
    update = optimizer.apply_gradients(pairs)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(update)
        np.testing.assert_allclose(session.run(weights), [0.8, 1.6], rtol=1e-6)
        assert session.run(other) == 3.0


def test_minimize_without_gradients_is_refused() -> None:
    tf.Variable(1.0)
    with pytest.raises(ValueError, match="No gradients provided for any variable"):
        tf.train.GradientDescentOptimizer(0.1).minimize(tf.constant(1.0))


def test_minimize_without_variables_is_refused() -> None:
    with pytest.raises(ValueError, match=r"No variables to optimize\."):
        tf.train.GradientDescentOptimizer(0.1).minimize(tf.constant(1.0))


def test_an_integer_loss_is_refused() -> None:
    tf.Variable(1.0)
    with pytest.raises(ValueError, match=r"Invalid type tf\.int32 for Const"):
        tf.train.GradientDescentOptimizer(0.1).compute_gradients(tf.constant(1))


def test_an_unknown_gate_is_refused() -> None:
    loss, _ = _loss()
    with pytest.raises(ValueError, match="gate_gradients must be one of"):
        tf.train.GradientDescentOptimizer(0.1).compute_gradients(loss, gate_gradients=7)


def test_apply_gradients_refuses_an_empty_list() -> None:
    with pytest.raises(ValueError, match="No variables provided"):
        tf.train.GradientDescentOptimizer(0.1).apply_gradients([])


def test_gated_graph_computes_all_gradients_before_any_is_used() -> None:
    loss, _ = _loss()
    optimizer = tf.train.GradientDescentOptimizer(0.1)
    ((gradient, _),) = optimizer.compute_gradients(loss, gate_gradients=optimizer.GATE_GRAPH)
    assert gradient.op.type == "Identity"
    assert [op.type for op in gradient.op.control_inputs] == ["NoOp"]


@pytest.mark.parametrize("use_resource", [False, True])
def test_a_constraint_holds_after_an_update(use_resource: bool) -> None:
    loss, weights = _loss(
        use_resource=use_resource, constraint=lambda v: tf.minimum(v, tf.constant(0.5))
    )
    update = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(update)
        assert session.run(weights).tolist() == [0.5, 0.5]


def test_repeated_indices_are_summed_before_a_sparse_update() -> None:
    table = tf.Variable(np.ones((3, 2), np.float32))
    slices = tf.IndexedSlices(tf.ones([3, 2]), tf.constant([1, 1, 2]), tf.constant([3, 2]))
    update = tf.train.MomentumOptimizer(1.0, 0.5).apply_gradients([(slices, table)])
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(update)
        assert session.run(table).tolist() == [[1, 1], [-1, -1], [0, 0]]


def test_slots_are_variables_of_the_optimizer_beside_the_variable() -> None:
    loss, weights = _loss()
    with tf.device("/cpu:0"):
        optimizer = tf.train.AdamOptimizer(0.1, name="Tuned")
        optimizer.minimize(loss)
    slot = optimizer.get_slot(weights, "m")
    assert slot.name == "weights/Tuned:0"
    assert slot.op.colocation_groups() == [b"loc:@weights"]
    assert slot not in tf.trainable_variables()
    assert optimizer.get_slot(weights, "missing") is None
    assert [v.name for v in optimizer.variables()] == [
        "beta1_power:0",
        "beta2_power:0",
        "weights/Tuned:0",
        "weights/Tuned_1:0",
    ]


def test_a_learning_rate_may_be_fed() -> None:
    loss, weights = _loss()
    rate = tf.placeholder(tf.float32, [])
    update = tf.train.GradientDescentOptimizer(rate).minimize(loss)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(update, {rate: 0.25})
        np.testing.assert_allclose(session.run(weights), [0.5, 1.0])


def test_a_large_variable_is_updated_piece_by_piece_alike() -> None:
    random = np.random.RandomState(3)
    start = random.uniform(-1, 1, 300_001).astype(np.float32)
    gradient = random.uniform(-1, 1, 300_001).astype(np.float32)
    weights = tf.Variable(start)
    optimizer = tf.train.RMSPropOptimizer(0.1, decay=0.8, momentum=0.3, epsilon=0.01)
    update = optimizer.apply_gradients([(tf.constant(gradient), weights)])
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(update)
        squares = 0.8 + 0.2 * gradient**2
        expected = start - 0.1 * gradient / np.sqrt(squares + 0.01)
        np.testing.assert_allclose(session.run(weights), expected, rtol=1e-5, atol=1e-6)


_OPTIMIZERS = [
    value
    for name, value in sorted(vars(tf.train).items())
    if name.endswith("Optimizer") and name not in ("Optimizer", "SyncReplicasOptimizer")
]


@pytest.mark.parametrize("optimizer", _OPTIMIZERS, ids=lambda optimizer: optimizer.__name__)
def test_optimizers_come_straight_from_the_base_class(optimizer: Any) -> None:
    # Libraries that register TensorFlow's optimizers ask for it.
    assert optimizer.__base__ is tf.train.Optimizer


def test_subclasses_find_the_tensors_of_scalars_where_tensorflow_keeps_them() -> None:
    class Halved(tf.train.AdamOptimizer):
        def _prepare(self) -> None:
            super()._prepare()
            self._lr_t = self._lr_t / 2

    optimizer = Halved(0.5, epsilon=1e-12)
    assert optimizer._lr_t is None
    weights = tf.Variable([1.0, -1.0], name="weights")
    update = optimizer.minimize(tf.reduce_sum(tf.square(weights)))
    assert optimizer._epsilon_t.op.name == "Adam/epsilon"
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(update)
        np.testing.assert_allclose(session.run(weights), [0.75, -0.75], rtol=1e-5)


def test_a_step_counter_that_is_no_variable_is_refused() -> None:
    weight = tf.Variable(1.0)
    with pytest.raises(AttributeError, match="assign_add"):
        tf.train.GradientDescentOptimizer(0.1).minimize(
            weight * 2.0, global_step=tf.constant(43, tf.int64)
        )
