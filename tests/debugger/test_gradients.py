"""`tfdbg.GradientsDebugger`: the gradients of tensors that it watches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import tensormill.api as tf
from tensormill import debugger as tfdbg
from tensormill.debugger.gradients import clear_gradient_debuggers, gradient_values_from_dump


@pytest.fixture(autouse=True)
def no_debuggers() -> Iterator[None]:
    clear_gradient_debuggers()
    yield
    clear_gradient_debuggers()


def test_a_tensor_that_is_passed_through_shows_its_gradient() -> None:
    x = tf.constant(3.0)
    y = x * 2.0
    watcher = tfdbg.GradientsDebugger()
    z = tf.square(watcher.identify_gradient(y))
    with watcher:
        (by_x,) = tf.gradients(z, x)
    with tf.Session() as session:
        assert session.run([by_x, watcher.gradient_tensor(y)]) == [24.0, 12.0]
        assert session.run(watcher.gradient_tensor(y.name)) == 12.0
    assert list(watcher.gradient_tensors()) == [y.name]
    assert watcher.graph is tf.get_default_graph()


def test_tensors_in_use_are_watched_by_their_names() -> None:
    variable = tf.get_variable("weight", initializer=2.0, use_resource=False)
    y = tf.multiply(variable, 3.0, name="y")
    z = tf.square(y)
    watcher = tfdbg.GradientsDebugger(z)
    with watcher.watch_gradients_by_tensor_names(tf.get_default_graph(), r"y:0$"):
        train = tf.train.GradientDescentOptimizer(0.1).minimize(z)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert session.run(watcher.gradient_tensor(y)) == 12.0
        session.run(train)
        assert session.run(variable) == pytest.approx(-1.6)
    with pytest.raises(LookupError, match="not received any gradient tensor for x-tensor other:0"):
        watcher.gradient_tensor("other:0")
    with pytest.raises(TypeError, match="x_tensor must be a str or"):
        watcher.gradient_tensor(1.0)


def test_of_several_debuggers_the_active_one_is_told() -> None:
    x = tf.constant(1.0)
    first, second = tfdbg.GradientsDebugger(), tfdbg.GradientsDebugger()
    z = first.identify_gradient(x) + second.identify_gradient(x)
    with second:
        tf.gradients(z, x)
    assert not first.gradient_tensors()
    assert list(second.gradient_tensors()) == [x.name]


def test_values_of_gradients_are_read_from_what_a_step_wrote(tmp_path: Path) -> None:
    x = tf.placeholder(tf.float32, [], name="x")
    watcher = tfdbg.GradientsDebugger()
    z = tf.square(watcher.identify_gradient(x))
    with watcher:
        (by_x,) = tf.gradients(z, x)
    options = tf.RunOptions()
    tfdbg.watch_graph(options, tf.get_default_graph(), debug_urls=f"file://{tmp_path}")
    metadata = tf.RunMetadata()
    with tf.Session() as session:
        session.run(by_x, {x: 3.0}, options=options, run_metadata=metadata)
    dump = tfdbg.DebugDumpDir(str(tmp_path), partition_graphs=metadata.partition_graphs)
    assert gradient_values_from_dump(watcher, x, dump) == [6.0]
