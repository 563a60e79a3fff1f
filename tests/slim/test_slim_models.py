"""Evaluation, networks and reports of `tf.contrib.slim`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensormill as tf

slim = tf.contrib.slim


def saved_model(folder: Path, steps: list[int]) -> Any:
    """Return a variable whose value in each checkpoint is the step."""
    weight = tf.get_variable("weight", [], initializer=tf.zeros_initializer())
    step = tf.train.get_or_create_global_step()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for value in steps:
            session.run([weight.assign(value), step.assign(value)])
            tf.train.Saver([weight, step]).save(session, str(folder / "model"), global_step=value)
    return weight


def events(folder: Path) -> list[tuple[int, float]]:
    return [
        (event.step, value.simple_value)
        for path in sorted(folder.glob("events*"))
        for event in tf.train.summary_iterator(str(path))
        for value in event.summary.value
    ]


def test_a_checkpoint_is_evaluated_with_its_summaries(tmp_path: Path) -> None:
    weight = saved_model(tmp_path, [3])
    mean, update = tf.metrics.mean(weight)
    tf.summary.scalar("mean", mean)
    final = slim.evaluation.evaluate_once(
        "", tf.train.latest_checkpoint(str(tmp_path)), str(tmp_path / "eval"), num_evals=2,
        eval_op=update, final_op=mean, variables_to_restore=slim.get_variables_to_restore(),
    )  # fmt: skip
    assert final == 3.0
    assert events(tmp_path / "eval") == [(3, 3.0)]


def test_each_checkpoint_is_evaluated_until_none_comes(tmp_path: Path) -> None:
    weight = saved_model(tmp_path, [5])
    tf.summary.scalar("weight", weight)
    mean, update = tf.metrics.mean(weight)
    started = []
    result = slim.evaluation.evaluation_loop(
        "", str(tmp_path), str(tmp_path / "eval"), eval_op=update, final_op=mean,
        init_fn=lambda session: started.append(session.run(weight)), eval_interval_secs=0,
        max_number_of_evaluations=1,
    )  # fmt: skip
    assert result == 5.0
    assert events(tmp_path / "eval") == [(5, 5.0)]
    none = tf.contrib.training.evaluate_repeatedly(
        str(tmp_path / "empty"), final_ops=mean, timeout=0, timeout_fn=lambda: True
    )
    assert none is None


def test_vgg_has_the_variables_of_its_checkpoints() -> None:
    images = tf.placeholder(tf.float32, [2, 224, 224, 3])
    with slim.arg_scope(slim.nets.vgg.vgg_arg_scope()):
        logits, end_points = slim.nets.vgg.vgg_16(images, num_classes=7)
    assert logits.shape == (2, 7)
    assert end_points["vgg_16/conv3/conv3_2"].shape == (2, 56, 56, 256)
    names = [variable.op.name for variable in slim.get_model_variables()]
    assert len(names) == 32
    assert names[:2] == ["vgg_16/conv1/conv1_1/weights", "vgg_16/conv1/conv1_1/biases"]
    assert names[-1] == "vgg_16/fc8/biases"
    assert slim.nets.vgg.vgg_16.default_image_size == 224


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_residual_networks_have_the_variables_of_their_checkpoints(version: str) -> None:
    networks = getattr(slim.nets, f"resnet_{version}")
    network = getattr(networks, f"resnet_{version}_50")
    images = tf.placeholder(tf.float32, [1, 64, 64, 3])
    with slim.arg_scope(networks.resnet_arg_scope()):
        logits, end_points = network(images, 11, is_training=False)
        features, _ = network(
            images, None, is_training=False, global_pool=False, output_stride=8, scope="dense"
        )
    assert logits.shape == end_points["predictions"].shape == (1, 1, 1, 11)
    assert features.shape == (1, 8, 8, 2048)
    names = [v.op.name for v in slim.get_model_variables(f"resnet_{version}_50")]
    unit = f"resnet_{version}_50/block1/unit_1/bottleneck_{version}"
    assert f"{unit}/shortcut/weights" in names
    assert f"{unit}/conv2/BatchNorm/moving_mean" in names
    assert (f"{unit}/preact/gamma" in names) == (version == "v2")
    assert (f"{unit}/conv3/biases" in names) == (version == "v2")
    assert sum(name.endswith("/weights") for name in names) == 54
    with pytest.raises(ValueError, match="multiple of 4"):
        network(images, output_stride=6, scope="wrong")


def test_other_networks() -> None:
    with slim.arg_scope(slim.nets.alexnet.alexnet_v2_arg_scope()):
        logits, _ = slim.nets.alexnet.alexnet_v2(tf.zeros([1, 224, 224, 3]), 5)
    assert logits.shape == (1, 5)
    with slim.arg_scope(slim.nets.overfeat.overfeat_arg_scope()):
        logits, points = slim.nets.overfeat.overfeat(tf.zeros([1, 231, 231, 3]), 5)
    assert logits.shape == (1, 5)
    assert points["overfeat/pool5"].shape == (1, 6, 6, 1024)


def test_sizes_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    tf.get_variable("a", [2, 3])
    counts = slim.model_analyzer.analyze_vars(tf.trainable_variables(), print_info=True)
    assert counts == (6, 24)
    assert "a:0 (float32_ref 2x3) [6, bytes: 24]" in capsys.readouterr().out
    with tf.Graph().as_default() as graph:
        tf.zeros([4, 5], name="z")
    assert slim.model_analyzer.analyze_ops(graph, print_info=True) == 20
    assert "z \t-> (float32 4x5) [20] [20]" in capsys.readouterr().out


def test_summaries_of_tensors() -> None:
    x = tf.constant([0.0, 1.0], name="x")
    scalars = slim.summaries.add_scalar_summaries([tf.constant(2.0, name="y")], prefix="p")
    zeros = slim.summaries.add_zero_fraction_summary(x, "share")
    histogram = slim.summaries.add_histogram_summary(x, prefix="p")
    with tf.Session() as session:
        texts = session.run([*scalars, zeros, histogram])
    found = [tf.Summary.FromString(text).value[0] for text in texts]
    assert [(value.tag, value.simple_value) for value in found[:2]] == [
        ("p/y", 2.0),
        ("share", 0.5),
    ]
    assert found[2].tag == "p/x"
    assert np.isclose(found[2].histo.sum, 1.0)
