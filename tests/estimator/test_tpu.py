"""`tf.contrib.tpu`: programs for TPUs, with `use_tpu=False`."""

from __future__ import annotations

import numpy as np
import pytest

import tensormill as tf

tpu = tf.contrib.tpu


def input_fn(params):
    data = tf.data.Dataset.from_tensor_slices(({"x": np.arange(8, dtype=np.float32)}, np.ones(8)))
    return data.repeat().batch(params["batch_size"], drop_remainder=True)


def model_fn(features, labels, mode, params):
    x = features["x"]
    weight = tf.get_variable("weight", [], initializer=tf.zeros_initializer())
    if mode == tf.estimator.ModeKeys.PREDICT:
        return tpu.TPUEstimatorSpec(mode, predictions={"y": x * weight})
    loss = tf.reduce_mean(tf.square(x * weight - 1.0))
    optimizer = tpu.CrossShardOptimizer(tf.train.GradientDescentOptimizer(0.01))

    def metrics(x, size):
        return {"x": tf.metrics.mean(x), "size": tf.metrics.mean(size)}

    return tpu.TPUEstimatorSpec(
        mode,
        loss=loss,
        train_op=optimizer.minimize(loss, tf.train.get_global_step()),
        eval_metrics=(metrics, [x, tf.constant(float(params["batch_size"]))]),
    )


def estimator(folder, **kwargs):
    config = tpu.RunConfig(model_dir=str(folder), tpu_config=tpu.TPUConfig(iterations_per_loop=10))
    return tpu.TPUEstimator(
        model_fn, config=config, use_tpu=False, train_batch_size=4, eval_batch_size=2, **kwargs
    )


def test_functions_are_told_the_size_of_a_batch(tmp_path):
    model = estimator(tmp_path, params={})
    model.train(input_fn, steps=3)
    assert model.get_variable_value("global_step") == 3
    metrics = model.evaluate(input_fn, steps=4)
    assert (metrics["size"], metrics["x"]) == (2.0, 3.5)


def test_a_tpu_is_refused(tmp_path):
    with pytest.raises(NotImplementedError, match="there are no TPUs here; pass use_tpu=False"):
        tpu.TPUEstimator(model_fn, config=tpu.RunConfig(), params={}, train_batch_size=4)
    with pytest.raises(ValueError, match="reserved keys but existed in params"):
        estimator(tmp_path, params={"batch_size": 1})


def test_metrics_must_fit_their_function():
    loss = tf.constant(1.0)
    with pytest.raises(ValueError, match="eval_metrics should have two elements"):
        tpu.TPUEstimatorSpec("eval", loss=loss, eval_metrics=(len,))
    with pytest.raises(RuntimeError, match="length of tensors does not match"):
        tpu.TPUEstimatorSpec("eval", loss=loss, eval_metrics=(lambda a: a, [loss, loss]))


def test_a_host_call_runs_with_each_step(tmp_path):
    steps = []

    def with_host_call(features, labels, mode, params):
        spec = model_fn(features, labels, mode, params)

        def host_call(step, loss):
            writer = tf.contrib.summary.create_file_writer(str(tmp_path / "host"))
            with writer.as_default(), tf.contrib.summary.always_record_summaries():
                seen = tf.py_func(lambda value: steps.append(int(value)) or value, [step], tf.int64)
                with tf.control_dependencies([seen]):
                    tf.contrib.summary.scalar("loss", loss, step=seen)
                return tf.contrib.summary.all_summary_ops()

        step = tf.reshape(tf.train.get_global_step(), [])
        return spec._replace(host_call=(host_call, [step, spec.loss]))

    config = tpu.RunConfig(model_dir=str(tmp_path), tpu_config=tpu.TPUConfig(iterations_per_loop=1))
    model = tpu.TPUEstimator(
        with_host_call, config=config, use_tpu=False, train_batch_size=4, params={}
    )
    model.train(input_fn, steps=3)
    assert len(steps) == 3
    (path,) = (tmp_path / "host").iterdir()
    tags = [v.tag for e in tf.train.summary_iterator(str(path)) for v in e.summary.value]
    assert tags == ["loss"] * 3
