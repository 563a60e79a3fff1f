"""Scopes, templates, seeds and errors, where TensorFlow 1.15 differs from later releases too."""

from __future__ import annotations

import inspect
import threading

import pytest

import tensormill.api as tf
from tensormill.variables.store import variable_store


def test_iterating_over_a_variable_is_refused() -> None:
    with pytest.raises(TypeError, match="'Variable' object is not iterable"):
        iter(tf.Variable([1.0]))


def test_an_error_of_a_second_variable_shows_where_the_first_was_made() -> None:
    tf.get_variable("v", [1])
    with pytest.raises(ValueError, match="already exists, disallowed") as caught:
        tf.get_variable("v", [1])
    assert "Originally defined at:\n\n" in str(caught.value)
    assert "test_scopes.py" in str(caught.value)


def test_the_seed_of_an_op_is_the_number_of_operations_before_it() -> None:
    tf.set_random_seed(7)
    sampled = tf.random_uniform([2], 1.0, 2.0)
    op = next(op for op in sampled.graph.get_operations() if op.type == "RandomUniform")
    assert (op.get_attr("seed"), op.get_attr("seed2")) == (7, 3)


def test_a_random_op_without_any_seed_has_none() -> None:
    sampled = tf.random_uniform([2])
    op = next(op for op in sampled.graph.get_operations() if op.type == "RandomUniform")
    assert (op.get_attr("seed"), op.get_attr("seed2")) == (0, 0)


def test_a_regularizer_adds_its_loss_next_to_the_variable() -> None:
    with tf.device("/job:ps"):
        v = tf.get_variable("v", [2], regularizer=lambda v: tf.reduce_sum(v, name="sum"))
    with tf.variable_scope("s", regularizer=lambda v: tf.reduce_sum(v, name="sum")):
        tf.get_variable("w", [2], regularizer=tf.no_regularizer)
    losses = tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)
    assert [loss.op.name for loss in losses] == ["v/Regularizer/sum"]
    assert losses[0].op.colocation_groups() == v.op.colocation_groups()


def test_a_template_refuses_new_trainable_variables_at_a_later_call() -> None:
    template = tf.make_template("t", lambda: tf.Variable(1.0))
    template()
    with pytest.raises(ValueError, match="Trainable variable created when calling a template"):
        template()


def test_a_template_depends_on_its_variables_and_on_templates_within() -> None:
    def one() -> tf.Variable:
        return tf.get_variable("v", [])

    def two() -> tuple[tf.Variable, ...]:
        return (
            tf.make_template("in", one)(),
            tf.make_template("in", one)(),
            tf.get_variable("w", []),
        )

    outer = tf.make_template("out", two)
    first, second, own = outer()
    found = dict(outer._checkpoint_dependencies)
    assert list(found) == ["in", "in_1", "w"]
    assert found["w"] is own
    assert dict(found["in_1"]._checkpoint_dependencies) == {"v": second}
    assert outer() == (first, second, own)

    model = tf.keras.Model()
    model.parts = [outer]
    assert model.variables == [first, second, own]
    assert model.layers == []


def test_a_store_of_its_own() -> None:
    from tensormill.python.ops import variable_scope

    store = variable_scope.EagerVariableStore()
    with store.as_default():
        trained = tf.get_variable("b", initializer=1.0)
        kept = tf.get_variable("a", initializer=2.0, trainable=False)
    assert store.variables() == [kept, trained]
    assert store.trainable_variables() == [trained]
    assert store.non_trainable_variables() == [kept]
    assert tf.get_variable("a", []) is not kept
    copied = store.copy()
    with copied.as_default(), tf.variable_scope("", reuse=True):
        again = tf.get_variable("b")
    assert again is not trained
    with tf.Session() as session:
        session.run(trained.initializer)
        session.run(again.initializer)
        session.run(trained.assign(5.0))
        assert session.run(again) == 1.0


def test_every_thread_has_its_own_open_scope() -> None:
    graph = tf.get_default_graph()
    names = []

    def work() -> None:
        with graph.as_default():
            names.append(tf.get_variable_scope().name)

    with tf.variable_scope("s"):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert names == [""]


def test_scopes_that_are_not_left_in_order_are_refused() -> None:
    outer, inner = tf.variable_scope("a"), tf.variable_scope("b")
    outer.__enter__()
    inner.__enter__()
    with pytest.raises(RuntimeError, match="Improper nesting of variable_scope"):
        outer.__exit__(None, None, None)
    inner.__exit__(None, None, None)
    outer.__exit__(None, None, None)
    assert tf.get_variable_scope().name == ""


@pytest.mark.parametrize("use_resource", [False, True])
def test_variables_of_both_kinds_are_variables(use_resource: bool) -> None:
    v = tf.Variable(1.0, use_resource=use_resource)
    assert isinstance(v, tf.Variable)
    assert not isinstance(v.value(), tf.Variable)
    assert v != tf.Variable(1.0)
    assert len({v, v}) == 1


def test_the_global_step_is_made_once() -> None:
    assert tf.train.get_global_step() is None
    step = tf.train.get_or_create_global_step()
    assert tf.train.get_or_create_global_step() is step
    assert step.name == "global_step:0"
    assert step.dtype.base_dtype == tf.int64
    with pytest.raises(ValueError, match="already exists"):
        tf.train.create_global_step()
    with tf.Session() as session:
        session.run(step.initializer)
        assert tf.train.global_step(session, step) == 0


def test_an_initializer_is_made_again_from_its_settings() -> None:
    for initializer in (
        tf.zeros_initializer(),
        tf.constant_initializer(3.0),
        tf.random_normal_initializer(1.0, 2.0, seed=3),
        tf.variance_scaling_initializer(2.0, "fan_out", "uniform"),
        tf.glorot_uniform_initializer(seed=1),
        tf.orthogonal_initializer(2.0),
    ):
        again = type(initializer).from_config(initializer.get_config())
        assert again.get_config() == initializer.get_config()


def test_local_variables_are_asked_for_as_others_are():
    takes = inspect.signature(tf.get_local_variable).parameters
    assert list(takes) == list(inspect.signature(tf.get_variable).parameters)
    local = tf.get_local_variable("x", [2])
    assert tf.local_variables() == [local]
    assert not tf.global_variables()


def test_a_store_takes_its_options_by_position():
    store = variable_store()
    made = store.get_variable("v", [1], tf.float64)
    assert made.dtype.base_dtype is tf.float64
    assert store.get_variable("v", [1], tf.float64) is made
