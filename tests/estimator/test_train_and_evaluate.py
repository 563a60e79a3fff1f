"""`tf.estimator.train_and_evaluate` in one process, its specs, and exporters."""

from __future__ import annotations

import os

import numpy as np
import pytest

import tensormill as tf
from tests.estimator.test_estimator import estimator, receiver_fn, whole


def test_each_checkpoint_is_evaluated_and_the_last_exported(tmp_path):
    config = tf.estimator.RunConfig(save_checkpoints_steps=2)
    model = estimator(tmp_path, config=config)
    metrics, exports = tf.estimator.train_and_evaluate(
        model,
        tf.estimator.TrainSpec(whole(None), max_steps=4),
        tf.estimator.EvalSpec(
            whole(),
            throttle_secs=0,
            exporters=[
                tf.estimator.FinalExporter("last", receiver_fn),
                tf.estimator.LatestExporter("new", receiver_fn, exports_to_keep=1),
            ],
        ),
    )
    assert metrics["global_step"] == 4
    assert [os.path.basename(os.path.dirname(path)) for path in exports] == [b"last", b"new"]
    folder = model.eval_dir()
    events = tf.train.summary_iterator(os.path.join(folder, os.listdir(folder)[0]))
    steps = [e.step for e in events if any(v.tag == "loss" for v in e.summary.value)]
    assert steps == [2, 4]
    assert len(os.listdir(os.path.join(model.model_dir, "export", "new"))) == 1


def test_the_best_exporter_exports_what_is_better(tmp_path):
    made = []

    class Stub:
        model_dir = str(tmp_path)

        def export_saved_model(self, folder, *args, **kwargs):
            made.append(folder)
            os.makedirs(folder, exist_ok=True)
            return folder

    exporter = tf.estimator.BestExporter(serving_input_receiver_fn=receiver_fn)
    for loss in (2.0, 3.0, 1.0):
        exporter.export(Stub(), str(tmp_path / "best"), "ckpt", {"loss": loss}, False)
    assert len(made) == 2


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: tf.estimator.TrainSpec(1), TypeError, "`input_fn` must be callable"),
        (lambda: tf.estimator.TrainSpec(whole, 0), ValueError, "Must specify max_steps > 0"),
        (lambda: tf.estimator.EvalSpec(whole, steps=0), ValueError, "Must specify steps > 0"),
        (lambda: tf.estimator.EvalSpec(whole, name=1), TypeError, "`name` must be string"),
        (lambda: tf.estimator.EvalSpec(whole, throttle_secs=-1), ValueError, "throttle_secs >= 0"),
        (lambda: tf.estimator.EvalSpec(whole, exporters=[1]), TypeError, "must be an Exporter"),
        (
            lambda: tf.estimator.EvalSpec(
                whole, exporters=[tf.estimator.FinalExporter("a", receiver_fn)] * 2
            ),
            ValueError,
            "must have unique names",
        ),
        (
            lambda: tf.estimator.train_and_evaluate(1, tf.estimator.TrainSpec(whole), 2),
            TypeError,
            "`eval_spec` must have type",
        ),
    ],
)
def test_specs_are_checked(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_an_exported_classifier_is_served_examples(tmp_path):
    def model_fn(features, labels, mode):
        scores = tf.nn.softmax(features["x"])
        return tf.estimator.EstimatorSpec(
            mode,
            predictions=scores,
            loss=tf.reduce_sum(scores)
            + tf.get_variable("v", [], initializer=tf.ones_initializer()),
            train_op=tf.assign_add(tf.train.get_global_step(), 1),
            export_outputs={
                "serving_default": tf.estimator.export.ClassificationOutput(scores=scores),
                "raw": tf.estimator.export.PredictOutput({"scores": scores}),
            },
        )

    model = tf.estimator.Estimator(model_fn, str(tmp_path))
    model.train(lambda: ({"x": tf.ones([1, 2])}, tf.zeros([1])), steps=1)
    parsing = tf.estimator.export.build_parsing_serving_input_receiver_fn(
        {"x": tf.FixedLenFeature([2], tf.float32)}
    )
    folder = model.export_saved_model(str(tmp_path / "x"), parsing).decode()
    example = tf.train.Example()
    example.features.feature["x"].float_list.value.extend([1.0, 1.0])
    with tf.Graph().as_default(), tf.Session() as session:
        signatures = tf.saved_model.loader.load(session, ["serve"], folder).signature_def
        assert {key: each.method_name for key, each in signatures.items()} == {
            "serving_default": "tensorflow/serving/classify",
            "raw": "tensorflow/serving/predict",
        }
        served = signatures["serving_default"]
        fed = {served.inputs["inputs"].name: [example.SerializeToString()]}
        found = session.run(served.outputs["scores"].name, fed)
    np.testing.assert_allclose(found, [[0.5, 0.5]])
