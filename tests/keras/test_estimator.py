"""`tf.keras.estimator.model_to_estimator`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensormill as tf

keras = tf.keras


def _data(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    draws = np.random.RandomState(seed)
    x = draws.randn(64, 4).astype(np.float32)
    return x, (x.sum(1) > 0).astype(np.int64)[:, None]


def _input_fn(x: Any, y: Any, epochs: int | None = None) -> Any:
    return lambda: tf.data.Dataset.from_tensor_slices((x, y)).repeat(epochs).batch(16)


def _sequential(optimizer: Any = "adam") -> Any:
    model = keras.Sequential(
        [
            keras.layers.Dense(8, activation="relu", input_shape=(4,), name="first"),
            keras.layers.Dropout(0.1),
            keras.layers.Dense(1, activation="sigmoid", name="last"),
        ]
    )
    model.compile(optimizer, "binary_crossentropy", metrics=["accuracy", keras.metrics.AUC()])
    return model


@pytest.mark.parametrize("form", ["checkpoint", "saver"])
def test_an_estimator_goes_on_from_the_weights_of_the_model(form: str, tmp_path: Path) -> None:
    x, y = _data()
    model = _sequential()
    model.fit(x, y, epochs=2, verbose=0)
    wanted = model.predict(x)
    made = keras.estimator.model_to_estimator(
        model, model_dir=str(tmp_path), checkpoint_format=form,
        config=tf.estimator.RunConfig(tf_random_seed=3),
    )  # fmt: skip
    given = [each["last"] for each in made.predict(_input_fn(x, y, 1))]
    np.testing.assert_allclose(given, wanted, rtol=1e-4, atol=1e-6)
    before = made.evaluate(_input_fn(x, y, 1))
    made.train(_input_fn(x, y), steps=60)
    after = made.evaluate(_input_fn(x, y, 1))
    assert set(after) == {"loss", "acc", "auc", "global_step"}
    assert after["global_step"] == 60
    assert after["loss"] < before["loss"]
    names = made.get_variable_names()
    if form == "saver":
        assert {"first/kernel", "last/bias", "global_step"} <= set(names)
    else:
        assert "layer_with_weights-0/kernel/.ATTRIBUTES/VARIABLE_VALUE" in names
        other = _sequential()
        other.load_weights(made.latest_checkpoint())
        loss = other.evaluate(x, y, verbose=0)[0]
        assert loss == pytest.approx(after["loss"], rel=1e-3)


def test_models_of_several_inputs_and_outputs_take_dictionaries_and_weights(
    tmp_path: Path,
) -> None:
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    both = keras.layers.concatenate([a, b])
    model = keras.Model(
        [a, b], [keras.layers.Dense(1, name=name)(both) for name in ("sum", "difference")]
    )
    model.compile(tf.train.GradientDescentOptimizer(0.1), "mse", loss_weights=[1.0, 0.5])
    x, _ = _data(1)
    z = x[::-1].copy()
    labels = {"sum": x[:, :1] + z[:, :1], "difference": x[:, :1] - z[:, :1]}
    made = keras.estimator.model_to_estimator(
        model, model_dir=str(tmp_path), checkpoint_format="saver"
    )

    def weighted() -> Any:
        weights = {"sum": np.ones(64), "difference": np.zeros(64)}
        features = {"features": {"a": x, "b": z}, "sample_weights": weights}
        return tf.data.Dataset.from_tensor_slices((features, labels)).repeat().batch(16)

    made.train(weighted, steps=80)
    found = next(iter(made.predict(_input_fn({"a": x, "b": z}, labels, 1))))
    assert found["sum"][0] == pytest.approx(labels["sum"][0, 0], abs=0.05)
    # What has no weight has not been learnt.
    kernel = made.get_variable_value("difference/kernel")
    np.testing.assert_allclose(kernel, model.get_layer("difference").get_weights()[0])
    with pytest.raises(KeyError, match="does not have the expected inputs keys"):
        made.train(_input_fn({"a": x, "c": z}, labels), steps=1)


def test_estimators_come_from_files_and_can_be_exported(tmp_path: Path) -> None:
    x, y = _data(2)
    model = _sequential("sgd")
    model.save(str(tmp_path / "model.h5"))
    made = keras.estimator.model_to_estimator(
        keras_model_path=str(tmp_path / "model.h5"), model_dir=str(tmp_path / "run")
    )
    made.train(_input_fn(x, y), steps=2)
    receiver = tf.estimator.export.build_raw_serving_input_receiver_fn(
        {model.input_names[0]: tf.placeholder(tf.float32, [None, 4])}
    )
    folder = made.export_saved_model(str(tmp_path / "exported"), receiver)
    predict = tf.contrib.predictor.from_saved_model(folder)
    given = predict({model.input_names[0]: x[:3]})["last"]
    wanted = [each["last"] for each in made.predict(_input_fn(x[:3], y[:3], 1))]
    np.testing.assert_allclose(given, wanted, rtol=1e-5)


def test_what_no_estimator_can_be_made_of_is_refused() -> None:
    make = keras.estimator.model_to_estimator
    with pytest.raises(ValueError, match="Either `keras_model` or `keras_model_path`"):
        make()
    with pytest.raises(ValueError, match="but not both"):
        make(_sequential(), "model.h5")
    with pytest.raises(ValueError, match="Checkpoint format must be one of"):
        make(_sequential(), checkpoint_format="none")
    with pytest.raises(ValueError, match="has not been compiled yet"):
        make(keras.Sequential([keras.layers.Dense(1, input_shape=(2,))]))


def test_a_metric_of_keras_that_was_never_updated_is_refused_in_an_estimator_spec(
    tmp_path: Path,
) -> None:
    def model_fn(features: Any, labels: Any, mode: str) -> Any:
        logits = tf.layers.dense(features, 1)
        metric = keras.metrics.MeanAbsoluteError(name="error")
        loss = tf.losses.mean_squared_error(labels, logits)
        step = tf.train.GradientDescentOptimizer(0.0).minimize(loss, tf.train.get_global_step())
        return tf.estimator.EstimatorSpec(
            mode, loss=loss, train_op=step, eval_metric_ops={"error": metric}
        )

    x, y = _data(3)
    made = tf.estimator.Estimator(model_fn, str(tmp_path))
    with pytest.raises(ValueError, match=r"Please call update_state\(...\) on the"):
        made.train(_input_fn(x, y), steps=1)
