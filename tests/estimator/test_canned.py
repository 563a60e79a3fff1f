"""Canned estimators: the names of their variables, their steps and their metrics."""

from __future__ import annotations

import os

import numpy as np
import pytest

import tensormill as tf

fc = tf.feature_column
X = {"x": np.float32([[1.0], [2.0], [3.0], [4.0]]), "c": np.array([["a"], ["b"], ["b"], ["z"]])}
CLASSES = np.array([[0], [0], [1], [1]])
NUMBERS = np.float32([[1.0], [3.0], [5.0], [7.0]])


def fed(labels, epochs=1):
    return tf.estimator.inputs.numpy_input_fn(
        X, labels, batch_size=4, num_epochs=epochs, shuffle=False
    )


def columns():
    number = fc.numeric_column("x")
    listed = fc.categorical_column_with_vocabulary_list("c", ["a", "b"])
    return number, listed, fc.embedding_column(listed, 2)


def test_a_deep_classifier_has_the_variables_of_tensorflow(tmp_path):
    number, _, embedding = columns()
    model = tf.estimator.DNNClassifier(
        [3], [number, embedding], str(tmp_path), batch_norm=True, dropout=0.5
    )
    model.train(fed(CLASSES, None), steps=2)
    names = [name for name in model.get_variable_names() if "Adagrad" not in name]
    assert names == [
        "dnn/hiddenlayer_0/batchnorm_0/beta",
        "dnn/hiddenlayer_0/batchnorm_0/gamma",
        "dnn/hiddenlayer_0/batchnorm_0/moving_mean",
        "dnn/hiddenlayer_0/batchnorm_0/moving_variance",
        "dnn/hiddenlayer_0/bias",
        "dnn/hiddenlayer_0/kernel",
        "dnn/input_from_feature_columns/input_layer/c_embedding/embedding_weights",
        "dnn/logits/bias",
        "dnn/logits/kernel",
        "global_step",
    ]
    assert "dnn/logits/kernel/t_0/Adagrad" in model.get_variable_names()
    events = [name for name in os.listdir(tmp_path) if "tfevents" in name]
    tags = set()
    for event in tf.train.summary_iterator(str(tmp_path / events[0])):
        tags.update(value.tag for value in event.summary.value)
    assert {
        "dnn/dnn/hiddenlayer_0/fraction_of_zero_values",
        "dnn/dnn/logits/activation",
        "average_loss",
        "loss",
    } <= tags


def test_a_linear_regressor_learns_by_ftrl_and_keeps_its_names(tmp_path):
    number, listed, _ = columns()
    model = tf.estimator.LinearRegressor([number, listed], str(tmp_path))
    model.train(fed(NUMBERS, None), steps=30)
    assert model.get_variable_names() == [
        "global_step",
        *(
            f"linear/linear_model/{variable}{slot}"
            for variable in ("bias_weights", "c/weights", "x/weights")
            for slot in ("", "/part_0/Ftrl", "/part_0/Ftrl_1")
        ),
    ]
    metrics = model.evaluate(fed(NUMBERS))
    assert sorted(metrics) == [
        "average_loss",
        "global_step",
        "label/mean",
        "loss",
        "prediction/mean",
    ]
    assert metrics["average_loss"] < 1.0
    np.testing.assert_allclose(metrics["loss"], 4 * metrics["average_loss"], rtol=1e-5)
    assert metrics["label/mean"] == 4.0


def test_a_linear_step_is_the_gradient(tmp_path):
    number, _, _ = columns()
    model = tf.estimator.LinearRegressor(
        [number], str(tmp_path), optimizer=tf.train.GradientDescentOptimizer(0.01)
    )
    model.train(fed(NUMBERS, None), steps=1)
    slope = model.get_variable_value("linear/linear_model/x/weights")
    np.testing.assert_allclose(slope, [[0.01 * 2 * float(np.sum(X["x"] * NUMBERS))]], rtol=1e-5)


def test_wide_and_deep_parts_learn_each_in_its_own_way(tmp_path):
    number, listed, embedding = columns()
    model = tf.estimator.DNNLinearCombinedClassifier(
        str(tmp_path),
        linear_feature_columns=[listed],
        dnn_feature_columns=[number, embedding],
        dnn_hidden_units=[2],
        n_classes=3,
    )
    model.train(fed(CLASSES, None), steps=2)
    names = model.get_variable_names()
    assert "linear/linear_model/c/weights/Ftrl" in names
    assert "dnn/hiddenlayer_0/kernel/Adagrad" in names
    assert model.get_variable_value("global_step") == 2
    assert model.evaluate(fed(CLASSES))["global_step"] == 2


def test_a_baseline_finds_the_mean(tmp_path):
    model = tf.estimator.BaselineRegressor(str(tmp_path), optimizer="SGD")
    model.train(fed(NUMBERS, None), steps=1)
    np.testing.assert_allclose(
        model.get_variable_value("baseline/bias"), [0.3 * 2 * NUMBERS.sum()], rtol=1e-5
    )


def test_a_classifier_is_exported_for_all_ways_of_asking(tmp_path):
    number, listed, _ = columns()
    model = tf.estimator.LinearClassifier([number, listed], str(tmp_path))
    model.train(fed(CLASSES, None), steps=1)
    spec = fc.make_parse_example_spec([number, listed])
    receiver_fn = tf.estimator.export.build_parsing_serving_input_receiver_fn(spec)
    folder = model.export_saved_model(str(tmp_path / "served"), receiver_fn).decode()
    with tf.Graph().as_default(), tf.Session() as session:
        loaded = tf.saved_model.loader.load(session, ["serve"], folder).signature_def
        methods = {name: each.method_name.rsplit("/", 1)[-1] for name, each in loaded.items()}
        assert methods == {
            "serving_default": "classify",
            "classification": "classify",
            "regression": "regress",
            "predict": "predict",
        }
        example = tf.train.Example()
        example.features.feature["x"].float_list.value.append(1.0)
        example.features.feature["c"].bytes_list.value.append(b"a")
        served = loaded["serving_default"]
        fed_examples = {served.inputs["inputs"].name: [example.SerializeToString()]}
        classes = session.run(served.outputs["classes"].name, fed_examples)
    assert classes.tolist() == [[b"0", b"1"]]


def test_predictions_of_a_classifier(tmp_path):
    number, _, _ = columns()
    model = tf.estimator.DNNClassifier([2], [number], str(tmp_path), label_vocabulary=["n", "y"])
    model.train(fed(np.array([["n"], ["n"], ["y"], ["y"]]), None), steps=1)
    first = next(model.predict(fed(None)))
    assert sorted(first) == [
        "all_class_ids",
        "all_classes",
        "class_ids",
        "classes",
        "logistic",
        "logits",
        "probabilities",
    ]
    assert first["all_classes"].tolist() == [b"n", b"y"]
    np.testing.assert_allclose(first["probabilities"][1], first["logistic"][0], rtol=1e-6)


@pytest.mark.parametrize(
    ("optimizer", "message"),
    [("Nothing", "Unsupported optimizer name: Nothing"), (object(), "is not an Optimizer")],
)
def test_optimizers_that_are_none_are_refused(optimizer, message, tmp_path):
    model = tf.estimator.LinearRegressor([columns()[0]], str(tmp_path), optimizer=optimizer)
    with pytest.raises(ValueError, match=message):
        model.train(fed(NUMBERS), steps=1)


def test_a_wide_and_deep_model_needs_columns():
    with pytest.raises(ValueError, match="Either linear_feature_columns or dnn_feature_columns"):
        tf.estimator.DNNLinearCombinedRegressor()


SERVED = """
with tf.Graph().as_default(), tf.Session() as session:
    loaded = tf.saved_model.loader.load(session, ["serve"], folder)
    signature = loaded.signature_def["predict"]
    fed = {signature.inputs["examples"].name: examples}
    result = session.run(signature.outputs["probabilities"].name, fed)
"""


@pytest.mark.oracle
def test_an_exported_model_answers_in_tensorflow_as_here(tmp_path, oracle):
    number, listed, embedding = columns()
    buckets = fc.bucketized_column(number, [2.0, 3.0])
    crossed = fc.crossed_column(["c", buckets], 7)
    model = tf.estimator.DNNLinearCombinedClassifier(
        str(tmp_path),
        linear_feature_columns=[listed, crossed],
        dnn_feature_columns=[number, embedding, fc.indicator_column(crossed)],
        dnn_hidden_units=[2],
    )
    model.train(fed(CLASSES, None), steps=3)
    receiver_fn = tf.estimator.export.build_parsing_serving_input_receiver_fn(
        fc.make_parse_example_spec([number, listed, crossed])
    )
    folder = model.export_saved_model(str(tmp_path / "served"), receiver_fn).decode()
    examples = []
    for x, c in zip(X["x"][:, 0], X["c"][:, 0], strict=True):
        example = tf.train.Example()
        example.features.feature["x"].float_list.value.append(x)
        example.features.feature["c"].bytes_list.value.append(c.encode())
        examples.append(example.SerializeToString())
    names = {"tf": tf, "folder": folder, "examples": examples}
    exec(SERVED, names)
    expected = oracle.run(SERVED, folder=folder, examples=np.array(examples, object))
    np.testing.assert_allclose(names["result"], expected, rtol=1e-5)
