"""`optimize_loss`, `create_train_op`, `slim.learning.train` and the projector."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensormill as tf


def _loss() -> Any:
    x = tf.get_variable("x", initializer=tf.constant([3.0, 4.0]))
    return tf.reduce_sum(tf.square(x)), x


def test_optimize_loss_takes_a_step_and_summarizes() -> None:
    loss, x = _loss()
    step = tf.train.get_or_create_global_step()
    train = tf.contrib.layers.optimize_loss(
        loss, step, 0.1, "SGD", clip_gradients=5.0,
        gradient_multipliers={"x:0": 2.0, "none:0": 3.0},
        learning_rate_decay_fn=lambda rate, step: rate * 0.5,
        summaries=tf.contrib.layers.OPTIMIZER_SUMMARIES,
    )  # fmt: skip
    tags = sorted(op.name for op in tf.get_default_graph().get_operations() if "Summary" in op.type)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(train)
        # The gradient [6, 8] is doubled and clipped to the norm 5: [3, 4].
        np.testing.assert_allclose(session.run(x), [3 - 0.15, 4 - 0.2], rtol=1e-5)
        assert session.run(step) == 1
    assert tags == [
        "OptimizeLoss/global_norm/clipped_gradient_norm",
        "OptimizeLoss/global_norm/gradient_norm",
        "OptimizeLoss/gradient_norm/x_0",
        "OptimizeLoss/gradients/x_0",
        "OptimizeLoss/learning_rate_1",
        "OptimizeLoss/loss",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"learning_rate": -1.0}, "Invalid learning_rate"),
        ({"learning_rate": 1}, "Learning rate should be 0d Tensor or float"),
        ({"optimizer": "Best"}, "Optimizer name should be one of"),
        ({"optimizer": 3}, "Unrecognized optimizer"),
        ({"clip_gradients": "x"}, "Unknown type"),
        ({"summaries": ["x"]}, "Summaries should be one of"),
    ],
)
def test_wrong_arguments_are_refused(arguments: dict[str, Any], message: str) -> None:
    loss, _ = _loss()
    given = {"learning_rate": 0.1, "optimizer": "SGD", **arguments}
    with pytest.raises(ValueError, match=message):
        tf.contrib.layers.optimize_loss(loss, None, **given)


def test_a_train_op_checks_the_loss_and_clips() -> None:
    loss, x = _loss()
    train = tf.contrib.slim.learning.create_train_op(
        loss, tf.train.GradientDescentOptimizer(1.0), clip_gradient_norm=1.0
    )
    broken = tf.contrib.slim.learning.create_train_op(
        loss / 0.0, tf.train.GradientDescentOptimizer(1.0)
    )
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(train)
        np.testing.assert_allclose(session.run(x), [3 - 0.6, 4 - 0.8], rtol=1e-5)
        with pytest.raises(tf.errors.InvalidArgumentError, match="LossTensor is inf or nan"):
            session.run(broken)


def test_slim_trains_saves_and_goes_on(tmp_path: Path) -> None:
    losses = []
    for steps in (3, 5):
        with tf.Graph().as_default():
            loss, _ = _loss()
            train = tf.contrib.slim.learning.create_train_op(
                loss, tf.train.GradientDescentOptimizer(0.1)
            )
            losses.append(
                tf.contrib.slim.learning.train(
                    train, str(tmp_path), number_of_steps=steps, log_every_n_steps=100
                )
            )
    wanted = [25 * 0.64**taken for taken in range(6)]
    assert any(np.isclose(losses[0], wanted, rtol=1e-4))
    np.testing.assert_allclose(losses[1] / losses[0], 0.64**2, rtol=1e-4)
    assert tf.train.latest_checkpoint(str(tmp_path)).endswith("-5")


def test_the_projector_reads_what_is_written(tmp_path: Path) -> None:
    projector = tf.contrib.tensorboard.plugins.projector
    config = projector.ProjectorConfig()
    config.embeddings.add(tensor_name="words", metadata_path="words.tsv")
    with tf.summary.FileWriter(str(tmp_path)) as writer:
        projector.visualize_embeddings(writer, config)
    text = (tmp_path / "projector_config.pbtxt").read_text()
    assert 'tensor_name: "words"' in text


def test_slim_traces_steps_and_needs_a_folder_for_it(tmp_path: Path) -> None:
    loss, _ = _loss()
    learning = tf.contrib.slim.learning
    train = learning.create_train_op(loss, tf.train.GradientDescentOptimizer(0.1))
    for argument in ({"trace_every_n_steps": 1}, {"saver": tf.train.Saver()}):
        (name,) = argument
        with pytest.raises(ValueError, match=f"Cannot provide {name} because logdir=None"):
            learning.train(train, None, number_of_steps=2, **argument)
    learning.train(train, str(tmp_path), number_of_steps=4, trace_every_n_steps=2)
    assert sorted(path.name for path in tmp_path.glob("tf_trace-*.json")) == [
        "tf_trace-1.json", "tf_trace-3.json",
    ]  # fmt: skip


def test_slim_looks_after_an_optimizer_that_synchronizes_replicas(tmp_path: Path) -> None:
    loss, _ = _loss()
    learning = tf.contrib.slim.learning
    optimizer = tf.train.SyncReplicasOptimizer(
        tf.train.GradientDescentOptimizer(0.1), replicas_to_aggregate=1, total_num_replicas=1
    )
    train = learning.create_train_op(loss, optimizer)
    with pytest.raises(ValueError, match="startup_delay_steps must be zero"):
        learning.train(
            train, str(tmp_path), sync_optimizer=optimizer, startup_delay_steps=1, number_of_steps=1
        )
    with pytest.raises(ValueError, match=r"must be a tf\.train\.SyncReplicasOptimizer"):
        learning.train(train, str(tmp_path), sync_optimizer=tf.train.AdamOptimizer())
    last = learning.train(train, str(tmp_path), sync_optimizer=optimizer, number_of_steps=3)
    assert 0 < last < 25
    assert tf.train.latest_checkpoint(str(tmp_path)).endswith("-3")


def test_slim_begins_again_after_a_step_was_aborted(tmp_path: Path) -> None:
    loss, _ = _loss()
    learning = tf.contrib.slim.learning
    train = learning.create_train_op(loss, tf.train.GradientDescentOptimizer(0.1))
    calls = []

    def step(*args: Any) -> Any:
        calls.append(args)
        if len(calls) == 2:
            raise tf.errors.AbortedError(None, None, "the server started again")
        return learning.train_step(*args)

    learning.train(train, str(tmp_path), train_step_fn=step, number_of_steps=2)
    assert len(calls) > 2
    assert tf.train.latest_checkpoint(str(tmp_path)).endswith("-2")


def test_optimize_loss_counts_the_steps_of_the_graph_and_passes_over_missing_gradients() -> None:
    loss, x = _loss()
    other = tf.get_variable("other", initializer=1.0)
    step = tf.train.get_or_create_global_step()
    train = tf.contrib.layers.optimize_loss(
        loss, None, 0.1, "SGD", gradient_multipliers={x: 0.5, other: 3.0}
    )
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(train)
        np.testing.assert_allclose(session.run(x), [2.7, 3.6], rtol=1e-5)
        assert session.run([step, other]) == [1, 1.0]


def test_optimize_loss_refuses_losses_and_steps_that_are_none() -> None:
    loss, x = _loss()
    with pytest.raises(ValueError, match="Expected scalar shape"):
        tf.contrib.layers.optimize_loss(x, None, 0.1, "SGD")
    with pytest.raises(TypeError, match="must be a Variable or Tensor"):
        tf.contrib.layers.optimize_loss(loss, 0, 0.1, "SGD")
    with pytest.raises(TypeError, match="does not have integer type"):
        tf.contrib.layers.optimize_loss(loss, tf.constant(1.0), 0.1, "SGD")
    with pytest.raises(ValueError, match="if optimizer is string"):
        tf.contrib.layers.optimize_loss(loss, None, None, "SGD")


def test_summaries_of_tensors_have_names_of_their_own() -> None:
    given = tf.constant([-1.0, 3.0, 7.0, 8.0], name="given")
    relu6 = tf.nn.relu6(given, name="relu6")
    tf.contrib.layers.summarize_activation(relu6)
    tf.contrib.layers.summarize_tensor(given)
    merged = tf.summary.merge_all()
    with tf.Session() as session:
        found = tf.Summary.FromString(session.run(merged)).value
    values = {item.tag: item.simple_value for item in found}
    assert sorted(values) == [
        "given_summary", "relu6/activation", "relu6/sixes", "relu6/zeros"
    ]  # fmt: skip
    assert values["relu6/zeros"] == 0.25
    assert values["relu6/sixes"] == 0.5
