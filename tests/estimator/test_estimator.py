"""`tf.estimator.Estimator`: training, evaluation, prediction and export of a model function."""

from __future__ import annotations

import logging
import os

import numpy as np
import pytest

import tensormill as tf

X = np.linspace(0.0, 1.0, 8, dtype=np.float32)[:, None]
Y = 3.0 * X + 1.0
MODES = tf.estimator.ModeKeys


def line_fn(features, labels, mode, params):
    """A line through points; starts at zero, so that each step is known."""
    x = features["x"]
    weight = tf.get_variable("weight", [1, 1], initializer=tf.zeros_initializer())
    bias = tf.get_variable("bias", [1], initializer=tf.zeros_initializer())
    y = tf.matmul(x, weight) + bias
    if mode == MODES.PREDICT:
        return tf.estimator.EstimatorSpec(mode, predictions={"y": y, "x": x})
    loss = tf.losses.mean_squared_error(labels, y)
    optimizer = tf.train.GradientDescentOptimizer(params["rate"])
    return tf.estimator.EstimatorSpec(
        mode,
        loss=loss,
        train_op=optimizer.minimize(loss, tf.train.get_global_step()),
        eval_metric_ops={"error": tf.metrics.mean_absolute_error(labels, y)},
    )


def whole(epochs=1):
    """Return an input function that gives all points at once."""
    return tf.estimator.inputs.numpy_input_fn(
        {"x": X}, Y, batch_size=8, num_epochs=epochs, shuffle=False
    )


def estimator(folder, **kwargs):
    kwargs.setdefault("params", {"rate": 0.1})
    return tf.estimator.Estimator(line_fn, str(folder), **kwargs)


@pytest.fixture
def trained(tmp_path):
    model = estimator(tmp_path)
    model.train(whole(None), steps=3)
    return model


@pytest.fixture
def logged(caplog, monkeypatch):
    monkeypatch.setattr(logging.getLogger("tensorflow"), "propagate", True)
    caplog.set_level("INFO", "tensorflow")
    return caplog


def steps_by_hand(count, rate=0.1):
    weight, bias = 0.0, 0.0
    for _ in range(count):
        error = X * weight + bias - Y
        weight -= rate * 2 * float(np.mean(error * X))
        bias -= rate * 2 * float(np.mean(error))
    return weight, bias


def test_training_goes_on_where_it_ended(trained):
    trained.train(whole(None), steps=2)
    weight, bias = steps_by_hand(5)
    np.testing.assert_allclose(trained.get_variable_value("weight"), [[weight]], rtol=1e-5)
    np.testing.assert_allclose(trained.get_variable_value("bias"), [bias], rtol=1e-5)
    assert trained.get_variable_value("global_step") == 5
    assert trained.get_variable_names() == ["bias", "global_step", "weight"]
    assert os.path.basename(trained.latest_checkpoint()) == "model.ckpt-5"


def test_the_folder_has_what_tensorflow_writes(trained):
    names = sorted(os.listdir(trained.model_dir))
    assert [name for name in names if "tfevents" not in name] == [
        "checkpoint",
        "graph.pbtxt",
        *(f"model.ckpt-{s}.{e}" for s in (0, 3) for e in ("data-00000-of-00001", "index", "meta")),
    ]
    with open(os.path.join(trained.model_dir, "checkpoint")) as file:
        assert file.readline() == 'model_checkpoint_path: "model.ckpt-3"\n'


def test_max_steps_counts_from_the_very_start(trained):
    trained.train(whole(None), max_steps=4)
    assert trained.get_variable_value("global_step") == 4
    trained.train(whole(None), max_steps=4)
    assert trained.get_variable_value("global_step") == 4


def test_training_ends_with_the_input(tmp_path):
    model = estimator(tmp_path)
    model.train(whole(2))
    assert model.get_variable_value("global_step") == 2


def test_evaluation_gives_loss_metrics_and_step(trained):
    weight, bias = steps_by_hand(3)
    error = X * weight + bias - Y
    metrics = trained.evaluate(whole())
    assert sorted(metrics) == ["error", "global_step", "loss"]
    assert metrics["global_step"] == 3
    np.testing.assert_allclose(metrics["loss"], np.mean(error**2), rtol=1e-5)
    np.testing.assert_allclose(metrics["error"], np.mean(np.abs(error)), rtol=1e-5)


def test_numbers_are_logged_as_short_as_they_are(trained, logged):
    trained.evaluate(whole())
    trained.train(whole(None), steps=1)
    loss = np.float32(trained.evaluate(whole())["loss"])
    assert f"global_step = 4, loss = {loss!s}" in logged.text
    (line,) = [line for line in logged.text.splitlines() if ", step = 4" in line]
    assert len(line.split("loss = ")[1].split(",")[0]) <= len("0.123456789")


def test_evaluation_writes_events_below_its_name(trained):
    trained.evaluate(whole(None), steps=2, name="twice")
    folder = trained.eval_dir("twice")
    assert folder == os.path.join(trained.model_dir, "eval_twice")
    events = tf.train.summary_iterator(os.path.join(folder, os.listdir(folder)[0]))
    tags = {value.tag for event in events for value in event.summary.value}
    assert tags == {"error", "loss", "checkpoint_path"}


def test_a_model_that_was_never_trained_is_initialized(tmp_path):
    metrics = estimator(tmp_path).evaluate(whole())
    assert metrics["global_step"] == 0
    np.testing.assert_allclose(metrics["loss"], np.mean(Y**2), rtol=1e-5)


def test_predictions_come_one_by_one_or_by_the_batch(trained):
    weight, bias = steps_by_hand(3)
    single = list(trained.predict(whole(), predict_keys=["y"]))
    assert [sorted(each) for each in single] == [["y"]] * 8
    np.testing.assert_allclose([each["y"] for each in single], X * weight + bias, rtol=1e-5)
    (batch,) = trained.predict(whole(), yield_single_examples=False)
    np.testing.assert_array_equal(batch["x"], X)
    with pytest.raises(ValueError, match="Expected to run at least one output"):
        next(trained.predict(whole(), predict_keys=["z"]))


def test_datasets_are_inputs(tmp_path):
    def input_fn(params):
        points = tf.data.Dataset.from_tensor_slices(({"x": X}, Y))
        return points.batch(params["batch"])

    model = estimator(tmp_path, params={"rate": 0.1, "batch": 4})
    model.train(input_fn)
    assert model.get_variable_value("global_step") == 2
    assert len(list(model.predict(input_fn))) == 8


def test_hooks_and_listeners_are_told(tmp_path):
    told = []

    class Listener(tf.train.CheckpointSaverListener):
        def after_save(self, session, global_step_value):
            told.append(int(global_step_value))

    class Hook(tf.train.SessionRunHook):
        def end(self, session):
            told.append("end")

    model = estimator(tmp_path, config=tf.estimator.RunConfig(save_checkpoints_steps=2))
    model.train(whole(None), steps=3, hooks=[Hook()], saving_listeners=[Listener()])
    assert told[:2] == [0, 2]
    assert sorted(map(str, told[2:])) == ["3", "end"]


def test_a_nan_loss_ends_the_training(tmp_path):
    model = estimator(tmp_path, params={"rate": 1e38})
    with pytest.raises(tf.train.NanLossDuringTrainingError):
        model.train(whole(None), steps=10)


def test_a_model_starts_from_another(trained, tmp_path):
    later = tf.estimator.Estimator(
        line_fn,
        str(tmp_path / "later"),
        params={"rate": 0.1},
        warm_start_from=tf.estimator.WarmStartSettings(trained.model_dir, "weight"),
    )
    later.train(whole(None), steps=1)
    weight, _ = steps_by_hand(3)
    slope = float(np.mean((X * weight - Y) * X))
    np.testing.assert_allclose(
        later.get_variable_value("weight"), [[weight - 0.2 * slope]], rtol=1e-4
    )


def receiver_fn():
    x = tf.placeholder(tf.float32, [None, 1], "x")
    return tf.estimator.export.ServingInputReceiver({"x": x}, {"points": x})


def test_an_exported_model_answers_as_the_estimator(trained, tmp_path):
    folder = trained.export_saved_model(
        str(tmp_path / "exported"), receiver_fn, assets_extra={"notes/x.txt": __file__}
    )
    assert os.path.dirname(folder).decode() == str(tmp_path / "exported")
    assert os.path.exists(os.path.join(folder, b"assets.extra", b"notes", b"x.txt"))
    with tf.Graph().as_default(), tf.Session() as session:
        loaded = tf.saved_model.loader.load(session, ["serve"], folder.decode())
        signature = loaded.signature_def["serving_default"]
        assert signature.method_name == "tensorflow/serving/predict"
        found = session.run(signature.outputs["y"].name, {signature.inputs["points"].name: [[2.0]]})
    weight, bias = steps_by_hand(3)
    np.testing.assert_allclose(found, [[2 * weight + bias]], rtol=1e-5)


def test_graphs_of_all_modes_are_exported_together(trained, tmp_path):
    def supervised_fn():
        return tf.estimator.experimental.build_raw_supervised_input_receiver_fn(
            {"x": tf.constant(X)}, tf.constant(Y)
        )()

    folder = trained.experimental_export_all_saved_models(
        str(tmp_path / "all"), {MODES.TRAIN: supervised_fn, MODES.PREDICT: receiver_fn}
    )
    with tf.Graph().as_default() as graph, tf.Session() as session:
        loaded = tf.saved_model.loader.load(session, ["train"], folder.decode())
        outputs = loaded.signature_def["train"].outputs
        assert sorted(outputs) == [
            "loss",
            "metrics/error/update_op",
            "metrics/error/value",
        ]
        assert len(graph.get_collection("saved_model_train_op")) == 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: m.train(whole(), steps=1, max_steps=1), "Can not provide both steps and max"),
        (lambda m: m.train(whole(), steps=0), "Must specify steps > 0, given: 0"),
        (lambda m: m.train(whole(), max_steps=-1), "Must specify max_steps > 0, given: -1"),
        (lambda m: m.evaluate(whole(), steps=0), "Must specify steps > 0, given: 0"),
        (lambda m: m.get_variable_names(), "Could not find trained model in model_dir"),
        (lambda m: m.export_saved_model("x", receiver_fn), "Couldn't find trained model at"),
        (lambda m: m.train(lambda: (1, 2, 3)), r"should return \(features, labels\) as a len 2"),
    ],
)
def test_calls_that_make_no_sense_are_refused(call, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        call(estimator(tmp_path))


@pytest.mark.parametrize(
    ("function", "params", "message"),
    [
        (None, None, "model_fn must be provided"),
        (lambda labels: None, None, "must include features argument"),
        (lambda features: None, {}, "does not include params argument"),
        (lambda features, other: None, None, "has following not expected args"),
    ],
)
def test_model_functions_that_cannot_be_called_are_refused(function, params, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        tf.estimator.Estimator(function, str(tmp_path), params=params)


def test_a_subclass_cannot_change_what_estimators_do(tmp_path):
    class Other(tf.estimator.Estimator):
        def train(self):
            return None

    with pytest.raises(ValueError, match="cannot override members of Estimator"):
        Other(line_fn, str(tmp_path), params={})


def test_a_model_function_must_return_a_spec(tmp_path):
    model = tf.estimator.Estimator(lambda features, labels: None, str(tmp_path))
    with pytest.raises(ValueError, match="model_fn should return an EstimatorSpec"):
        model.train(whole())
