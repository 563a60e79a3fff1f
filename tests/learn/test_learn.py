"""`tf.contrib.learn`: estimators that are fitted, experiments, monitors and data sets."""

from __future__ import annotations

import numpy as np
import pytest

import tensormill as tf

learn = tf.contrib.learn
X = np.linspace(-1.0, 1.0, 8)[:, None]
Y = 2.0 * X[:, 0] + 1.0


def line_fn(features, labels, mode, params):
    y = tf.contrib.layers.fully_connected(
        features, 1, None, weights_initializer=tf.zeros_initializer(), scope="line"
    )
    y = tf.squeeze(y, [-1])
    if mode == learn.ModeKeys.INFER:
        return learn.ModelFnOps(mode, predictions=y)
    loss = tf.losses.mean_squared_error(labels, y)
    train_op = tf.contrib.layers.optimize_loss(
        loss, tf.train.get_global_step(), learning_rate=params["rate"], optimizer="SGD"
    )
    return learn.ModelFnOps(mode, predictions=y, loss=loss, train_op=train_op)


def line(folder):
    return learn.Estimator(line_fn, str(folder), params={"rate": 0.2})


def test_an_estimator_is_fitted_to_arrays(tmp_path):
    model = line(tmp_path).fit(X, Y, steps=40)
    found = model.evaluate(
        X, Y, metrics={"error": learn.MetricSpec(tf.metrics.mean_absolute_error)}
    )
    assert found["global_step"] == 40
    assert found["loss"] < 0.01
    assert found["error"] < 0.1
    predicted = model.predict(X, as_iterable=False)
    np.testing.assert_allclose(predicted, Y, atol=0.2)
    assert len(list(model.predict(X))) == 8
    assert "line/weights" in model.get_variable_names()


def test_one_kind_of_input_is_needed(tmp_path):
    model = line(tmp_path)
    with pytest.raises(ValueError, match="Either x or input_fn must be provided"):
        model.fit(steps=1)
    with pytest.raises(ValueError, match="Can not provide both input_fn and either x or y"):
        model.fit(X, Y, input_fn=lambda: None)


def test_a_classifier_tells_iris_flowers(tmp_path):
    iris = learn.datasets.load_dataset("iris")
    assert iris.data.shape == (150, 4)
    assert np.bincount(iris.target).tolist() == [50, 50, 50]
    columns = learn.infer_real_valued_columns_from_input(iris.data)
    model = learn.LinearClassifier(columns, str(tmp_path), n_classes=3)
    model.fit(iris.data, iris.target, steps=200)
    found = model.evaluate(iris.data, iris.target)
    assert sorted(found) == ["accuracy", "global_step", "loss"]
    assert found["accuracy"] > 0.9
    assert list(model.predict(iris.data[:2])) == [0, 0]
    probabilities = model.predict_proba(iris.data[:2], as_iterable=False)
    np.testing.assert_allclose(probabilities.sum(axis=1), [1, 1], rtol=1e-5)


def test_a_deep_classifier_has_the_variables_of_tensorflow(tmp_path):
    columns = [tf.contrib.layers.real_valued_column("", dimension=1)]
    model = learn.DNNClassifier([3], columns, str(tmp_path))
    model.fit(X, (X[:, 0] > 0).astype(int), steps=1)
    names = [name for name in model.get_variable_names() if "Adagrad" not in name]
    assert names == [
        "dnn/hiddenlayer_0/biases",
        "dnn/hiddenlayer_0/weights",
        "dnn/logits/biases",
        "dnn/logits/weights",
        "global_step",
    ]
    found = model.evaluate(X, (X[:, 0] > 0).astype(int))
    assert sorted(found) == [
        "accuracy",
        "accuracy/baseline_label_mean",
        "accuracy/threshold_0.500000_mean",
        "auc",
        "auc_precision_recall",
        "global_step",
        "labels/actual_label_mean",
        "labels/prediction_mean",
        "loss",
        "precision/positive_threshold_0.500000_mean",
        "recall/positive_threshold_0.500000_mean",
    ]


def test_a_monitor_stops_a_training_that_gets_no_better(tmp_path):
    monitor = learn.monitors.ValidationMonitor(
        X, -10 * Y, every_n_steps=2, early_stopping_rounds=4, check_interval_secs=None
    )
    model = learn.Estimator(
        line_fn,
        str(tmp_path),
        config=learn.RunConfig(save_checkpoints_steps=2),
        params={"rate": 0.2},
    )
    model.fit(X, Y, steps=40, monitors=[monitor])
    assert monitor.early_stopped
    assert model.get_variable_value("global_step") < 40


def test_an_experiment_trains_and_evaluates(tmp_path):
    def experiment_fn(run_config, hparams):
        model = learn.Estimator(line_fn, config=run_config, params={"rate": hparams.rate})
        inputs = tf.estimator.inputs.numpy_input_fn(
            X.astype(np.float32), Y.astype(np.float32), 8, num_epochs=None, shuffle=False
        )
        return learn.Experiment(model, inputs, inputs, train_steps=4, eval_steps=1)

    metrics, _ = learn.learn_runner.run(
        experiment_fn,
        run_config=learn.RunConfig(model_dir=str(tmp_path)),
        hparams=tf.contrib.training.HParams(rate=0.1),
    )
    assert metrics["global_step"] == 4


def test_files_of_comma_separated_values_are_data_sets(tmp_path):
    path = tmp_path / "some.csv"
    path.write_text("2,2,a,b\n1,2,0\n3,4,1\n")
    found = learn.datasets.base.load_csv_with_header(str(path), np.int64, np.float32)
    assert (found.data.tolist(), found.target.tolist()) == ([[1, 2], [3, 4]], [0, 1])
    with pytest.raises(ValueError, match="Name of dataset is not found: x"):
        learn.datasets.load_dataset("x")


@pytest.mark.parametrize("vector", [False, True])
def test_linear_regression_gives_predictions_and_their_squared_error(vector):
    y = Y if vector else Y[:, None]
    predictions, loss = learn.models.linear_regression(tf.constant(X), tf.constant(y), 0.5, 0.0)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        made, error = session.run([predictions, loss])
    np.testing.assert_allclose(made, (0.5 * X + 0.5)[:, 0] if vector else 0.5 * X + 0.5)
    assert error == pytest.approx(np.mean((made - y) ** 2))
    assert [v.op.name for v in tf.trainable_variables()] == [
        "linear_regression/weights",
        "linear_regression/bias",
    ]


def test_logistic_regression_weighs_classes():
    tf.constant([1.0, 2.0], name="class_weight")
    x = tf.constant([[1.0], [3.0]])
    probabilities, loss = learn.models.logistic_regression(x, tf.eye(2), None, 1.0, 0.0)
    with tf.variable_scope("zero"):
        start, _ = learn.models.logistic_regression_zero_init(x, tf.eye(2))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        made, error, even = session.run([probabilities, loss, start])
    logits = np.float32([[2.0, 4.0], [4.0, 8.0]])
    expected = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    np.testing.assert_allclose(made, expected, rtol=1e-5)
    assert error == pytest.approx(-np.log(expected[[0, 1], [0, 1]]).mean(), rel=1e-5)
    np.testing.assert_allclose(even, 0.5)
