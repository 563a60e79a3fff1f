"""`EstimatorSpec` and `RunConfig`: what they take, refuse and make of TF_CONFIG."""

from __future__ import annotations

import json

import pytest

import tensormill as tf

EVAL, PREDICT, TRAIN = "eval", "infer", "train"
CLUSTER = {"chief": ["h0:1"], "ps": ["h1:2", "h1:3"], "worker": ["h3:4", "h4:5", "h5:6"]}


@pytest.mark.parametrize(
    ("kwargs", "error", "message"),
    [
        ({"mode": TRAIN, "loss": 1}, ValueError, "Missing train_op"),
        ({"mode": EVAL}, ValueError, "Missing loss"),
        ({"mode": PREDICT}, ValueError, "Missing predictions"),
        ({"mode": EVAL, "loss": "x"}, TypeError, "loss must be Tensor, given: x"),
        ({"mode": EVAL, "loss": [1.0, 2.0]}, ValueError, "Loss must be scalar"),
        ({"mode": EVAL, "loss": 1, "eval_metric_ops": [1]}, TypeError, "must be a dict"),
        ({"mode": EVAL, "loss": 1, "eval_metric_ops": {"a": 1}}, TypeError, "tuples, given: 1"),
        ({"mode": EVAL, "loss": 1, "training_hooks": [1]}, TypeError, "must be SessionRunHook"),
        ({"mode": EVAL, "loss": 1, "scaffold": 1}, TypeError, "must be tf.train.Scaffold"),
    ],
)
def test_a_spec_is_checked(kwargs, error, message):
    if isinstance(kwargs.get("loss"), (int, list)):
        kwargs = {**kwargs, "loss": tf.constant(kwargs["loss"], tf.float32)}
    with pytest.raises(error, match=message):
        tf.estimator.EstimatorSpec(**kwargs)


def test_a_spec_of_another_graph_is_refused():
    with tf.Graph().as_default():
        loss = tf.constant(1.0)
    with pytest.raises(ValueError, match='loss with "Const:0" must be from the default graph'):
        tf.estimator.EstimatorSpec(EVAL, loss=loss)


def test_predictions_are_the_default_answer():
    spec = tf.estimator.EstimatorSpec(PREDICT, predictions=tf.constant([1.0]))
    (output,) = spec.export_outputs.values()
    assert list(spec.export_outputs) == ["serving_default"]
    assert list(output.outputs) == ["output"]
    with pytest.raises(ValueError, match="mode of EstimatorSpec cannot be changed"):
        spec._replace(mode=EVAL)


def config(monkeypatch, tf_config, **kwargs):
    monkeypatch.setenv("TF_CONFIG", json.dumps(tf_config))
    return tf.estimator.RunConfig(**kwargs)


def facts(made):
    return (
        made.task_type,
        made.task_id,
        made.master,
        made.evaluation_master,
        made.is_chief,
        made.num_ps_replicas,
        made.num_worker_replicas,
        made.global_id_in_cluster,
    )


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        (("chief", 0), ("chief", 0, "grpc://h0:1", "", True, 2, 4, 0)),
        (("worker", 1), ("worker", 1, "grpc://h4:5", "", False, 2, 4, 2)),
        (("ps", 1), ("ps", 1, "grpc://h1:3", "", False, 2, 4, 5)),
        (("evaluator", 0), ("evaluator", 0, "", "", False, 0, 0, None)),
    ],
)
def test_tf_config_says_which_task_this_is(task, expected, monkeypatch):
    named = {"type": task[0], "index": task[1]}
    made = config(monkeypatch, {"cluster": CLUSTER, "task": named})
    assert facts(made) == expected
    assert bool(made.cluster_spec) == (task[0] != "evaluator")


def test_a_task_talks_to_those_alone_that_it_needs(monkeypatch):
    task = {"type": "worker", "index": 2}
    made = config(monkeypatch, {"cluster": CLUSTER, "task": task})
    assert list(made.session_config.device_filters) == ["/job:ps", "/job:worker/task:2"]


def test_without_tf_config_a_process_works_alone(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    made = tf.estimator.RunConfig()
    assert facts(made) == ("worker", 0, "", "", True, 0, 1, 0)
    assert (made.save_checkpoints_secs, made.save_checkpoints_steps) == (600, None)
    assert (made.keep_checkpoint_max, made.save_summary_steps) == (5, 100)
    assert (made.model_dir, made.session_config, made.service) == (None, None, None)


@pytest.mark.parametrize(
    ("tf_config", "message"),
    [
        ({"cluster": {"worker": ["h:1"]}}, 'it must have one "chief" node'),
        ({"cluster": {"chief": ["h:1", "h:2"]}}, 'must have only one "chief" node'),
        ({"cluster": CLUSTER}, "task type must be set"),
        ({"cluster": CLUSTER, "task": {"type": "ps"}}, "task index must be set"),
        ({"cluster": CLUSTER, "task": {"type": "ps", "index": -1}}, "must be non-negative"),
        ({"cluster": CLUSTER, "task": {"type": "ps", "index": 2}}, "2 is not a valid task_id"),
        ({"cluster": CLUSTER, "task": {"type": "x", "index": 0}}, "x is not a valid task_type"),
        ({"task": {"type": "ps"}}, "task type must be WORKER"),
        ({"task": {"index": 1}}, "task index must be 0"),
        ({"model_dir": ""}, "model_dir in TF_CONFIG should be non-empty"),
        ({"cluster": {**CLUSTER, "master": ["h:9"]}}, "job `chief` is not supported"),
    ],
)
def test_a_tf_config_that_is_not_sound_is_refused(tf_config, message, monkeypatch):
    with pytest.raises(ValueError, match=message):
        config(monkeypatch, tf_config)


def test_the_folder_may_come_from_tf_config(monkeypatch):
    assert config(monkeypatch, {"model_dir": "a"}).model_dir == "a"
    with pytest.raises(ValueError, match="must have the same value as the model_dir in TF_CONFIG"):
        config(monkeypatch, {"model_dir": "a"}, model_dir="b")


def test_settings_are_replaced_in_a_copy():
    made = tf.estimator.RunConfig(tf_random_seed=1)
    other = made.replace(save_checkpoints_steps=10, model_dir="there")
    assert (other.save_checkpoints_steps, other.save_checkpoints_secs) == (10, None)
    assert (made.save_checkpoints_secs, made.model_dir) == (600, None)
    with pytest.raises(ValueError, match="Replacing master is not supported"):
        made.replace(master="x")
    with pytest.raises(ValueError, match="cannot be both set"):
        made.replace(save_checkpoints_steps=1, save_checkpoints_secs=1)


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"model_dir": ""}, "model_dir should be non-empty"),
        ({"save_summary_steps": -1}, "save_summary_steps should be >= 0"),
        ({"tf_random_seed": 1.5}, "tf_random_seed must be integer"),
        ({"device_fn": lambda x: x}, 'exactly one argument "op"'),
        ({"session_config": 1}, "must be instance of ConfigProto"),
        ({"protocol": "x"}, "protocol should be grpc"),
        ({"log_step_count_steps": 0}, "log_step_count_steps should be > 0"),
    ],
)
def test_settings_out_of_range_are_refused(kwargs, message):
    with pytest.raises(ValueError, match=message):
        tf.estimator.RunConfig(**kwargs)
