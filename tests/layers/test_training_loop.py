"""`tf.contrib.training`: a training op whose gradients are changed, and the loop around it."""

from pathlib import Path

import pytest

import tensormill as tf


def test_training_goes_on_until_a_hook_stops_it(tmp_path: Path) -> None:
    weight = tf.get_variable("weight", initializer=4.0)
    train_op = tf.contrib.training.create_train_op(
        tf.square(weight),
        tf.train.GradientDescentOptimizer(0.25),
        transform_grads_fn=tf.contrib.training.clip_gradient_norms_fn(1.0),
    )
    stop = tf.train.StopAtStepHook(num_steps=3)
    last = tf.contrib.training.train(train_op, str(tmp_path), hooks=[stop])
    assert last in (pytest.approx(3.5**2), pytest.approx(3.25**2))
    assert tf.train.latest_checkpoint(str(tmp_path)).endswith("model.ckpt-3")
    saved = tf.train.load_variable(tf.train.latest_checkpoint(str(tmp_path)), "weight")
    assert saved == pytest.approx(3.25)


def test_a_chief_that_writes_needs_a_folder() -> None:
    with pytest.raises(ValueError, match="logdir cannot be None"):
        tf.contrib.training.train(tf.constant(1.0), None)
