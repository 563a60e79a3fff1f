"""What models say of their data, weights and settings, and what they are made from."""

from __future__ import annotations

import json
import sys
import types
from typing import Any

import numpy as np
import pytest

import tensormill as tf
from tensormill.keras.engine.weight_files import load_hdf5

keras = tf.keras
SCALE = 3.0


def ones(*shape: int) -> Any:
    return np.ones(shape, np.float32)


def compiled(*layers: Any, loss: Any = "mse", **settings: Any) -> Any:
    model = keras.Sequential(list(layers))
    model.compile("sgd", loss, **settings)
    return model


def test_a_sequential_model_learns_the_shape_of_its_inputs_from_data() -> None:
    model = compiled(keras.layers.Dense(2), keras.layers.BatchNormalization())
    with pytest.raises(ValueError, match="have not yet been created"):
        _ = model.weights
    model.fit(ones(4, 3), ones(4, 2), verbose=0)
    assert [tuple(each.shape.as_list()) for each in model.weights[:2]] == [(3, 2), (2,)]
    assert model.predict(ones(4, 3)).shape == (4, 2)
    assert len(model.layers) == 2


def test_a_subclass_makes_its_weights_for_a_shape() -> None:
    class Own(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.dense = keras.layers.Dense(2)

        def call(self, inputs: Any) -> Any:
            return self.dense(inputs)

    model = Own()
    model.build((None, 3))
    assert model.built
    assert len(model.weights) == 2


def test_layers_that_a_subclass_lists_are_its_own() -> None:
    class Listed(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self._layers.append(keras.layers.Dense(2, name="first"))
            self._layers.extend([keras.layers.Dense(1, name="second")])

        def call(self, inputs: Any) -> Any:
            for layer in self._layers:
                inputs = layer(inputs)
            return inputs

    class Set(Listed):
        def __init__(self) -> None:
            super().__init__()
            self._layers = [keras.layers.Dense(3, name="only")]
            self._output_layers = [keras.layers.Dense(4, name="last")]

        def call(self, inputs: Any) -> Any:
            return self._output_layers[0](self._layers[0](inputs))

    for model, names, sizes in [
        (Listed(), ["first", "second"], [(5, 2), (2,), (2, 1), (1,)]),
        (Set(), ["only", "last"], [(5, 3), (3,), (3, 4), (4,)]),
    ]:
        model(ones(2, 5))
        assert [layer.name for layer in model.layers] == names
        assert [tuple(each.shape.as_list()) for each in model.trainable_weights] == sizes


def test_what_is_said_of_training_reaches_layers_within_one_that_does_not_take_it() -> None:
    class Outer(keras.layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.inner = keras.layers.Dropout(0.5)

        def call(self, inputs: Any) -> Any:
            return self.inner(inputs)

    class Named(keras.layers.Layer):
        def call(self, inputs: Any, **kwargs: Any) -> Any:
            seen.append(kwargs)
            return inputs

    seen: list[Any] = []
    inputs, outer = ones(8, 8), Outer()
    with keras.backend.get_session().as_default():
        kept, dropped = (outer(inputs, training=each).eval() for each in (False, True))
    assert (kept == inputs).all()
    assert (dropped == 0).any()
    assert keras.layers.Flatten()(inputs, training=True).shape.as_list() == [8, 8]
    Named()(inputs, training=True)
    assert seen == [{"training": True}]


@pytest.mark.parametrize(
    ("loss", "labels", "text"),
    [
        ("mse", ones(4, 5), r"target array with shape \(4, 5\) was passed for an output of shape"),
        ("categorical_crossentropy", ones(4, 1), "expects targets to be binary matrices"),
    ],
)
def test_labels_of_another_shape_are_refused(loss: str, labels: Any, text: str) -> None:
    model = compiled(keras.layers.Dense(2, input_dim=3), loss=loss)
    with pytest.raises(ValueError, match=text):
        model.train_on_batch(ones(4, 3), labels)


def test_weights_of_elements_have_the_axes_of_their_mode() -> None:
    step = keras.layers.TimeDistributed(keras.layers.Dense(2), input_shape=(4, 3))
    model = compiled(step, sample_weight_mode="temporal")
    model.train_on_batch(ones(2, 4, 3), ones(2, 4, 2), sample_weight=ones(2, 4))
    with pytest.raises(ValueError, match="pass a 2D sample_weight array"):
        model.train_on_batch(ones(2, 4, 3), ones(2, 4, 2), sample_weight=ones(2))
    model = compiled(keras.layers.Dense(2, input_dim=3))
    with pytest.raises(ValueError, match="make sure your sample_weight array is 1D"):
        model.train_on_batch(ones(2, 3), ones(2, 2), sample_weight=ones(2, 2))


def test_tensors_are_data_where_the_number_of_steps_is_said() -> None:
    model = compiled(keras.layers.Dense(2, input_dim=3))
    x, y = tf.ones([5, 3]), tf.ones([5, 2])
    assert len(model.fit(x, y, epochs=2, steps_per_epoch=2, verbose=0).history["loss"]) == 2
    assert np.isfinite(model.evaluate(x, y, steps=2, verbose=0))
    assert model.predict(x, steps=2).shape == (10, 2)
    assert np.isfinite(model.train_on_batch(x, y))
    with pytest.raises(ValueError, match="should specify the `steps_per_epoch`"):
        model.fit(x, y, verbose=0)


def test_nodes_between_layers_return_from_plain_data() -> None:
    inputs = keras.Input((4,))
    outputs = keras.layers.Dense(2)(tf.nn.relu(inputs * 2.0) + tf.constant([1.0, 2.0, 3.0, 4.0]))
    model = keras.Model(inputs, outputs)
    copy = keras.models.model_from_json(model.to_json())
    copy.set_weights(model.get_weights())
    x = np.float32([[1, -2, 3, 4]])
    np.testing.assert_allclose(copy.predict(x), model.predict(x), rtol=1e-6)


def test_functions_of_lambda_layers_return_from_plain_data() -> None:
    bias = 2.0
    layer = keras.layers.Lambda(lambda x, more=1.0: x * SCALE + bias + more, output_shape=(2,))
    model = keras.Sequential([keras.layers.InputLayer((2,)), layer])
    copy = keras.models.model_from_json(model.to_json())
    np.testing.assert_allclose(copy.predict(ones(1, 2)), [[6.0, 6.0]])
    again = keras.layers.Lambda.from_config(
        keras.layers.Lambda(keras.activations.relu, arguments={"alpha": 0.5}).get_config()
    )
    with tf.Session() as session:
        assert session.run(again(tf.constant([-2.0]))).tolist() == [-1.0]


def test_a_model_returns_from_yaml(monkeypatch: pytest.MonkeyPatch) -> None:
    model = keras.Sequential([keras.layers.Dense(2, input_shape=(3,))])
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "yaml", None)
        with pytest.raises(ImportError, match="Requires yaml module installed"):
            model.to_yaml()
    # JSON is YAML.
    yaml: Any = types.ModuleType("yaml")
    yaml.safe_dump, yaml.safe_load = json.dumps, json.loads
    monkeypatch.setitem(sys.modules, "yaml", yaml)
    assert json.loads(model.to_yaml())["class_name"] == "Sequential"
    assert keras.models.model_from_yaml(model.to_yaml()).output_shape == (None, 2)


class Group(dict[str, Any]):
    """As much of a group of an HDF5 file as holds weights."""

    def __init__(self, attrs: dict[str, Any], **members: Any) -> None:
        super().__init__(members)
        self.attrs = attrs


@pytest.mark.parametrize("by_name", [True, False])
def test_weights_of_another_shape_are_refused(by_name: bool) -> None:
    names = {"weight_names": [b"kernel", b"bias"]}
    stored = Group({"layer_names": [b"rick"]}, rick=Group(names, kernel=ones(3, 2), bias=ones(2)))
    model = keras.Sequential([keras.layers.Dense(2, input_dim=3, name="rick")])
    load_hdf5(stored, model, by_name)
    assert model.get_weights()[1].tolist() == [1.0, 1.0]
    other = keras.Sequential([keras.layers.Dense(4, input_dim=3, name="rick")])
    with pytest.raises(ValueError, match=r'Layer #0 \(named "rick"\), weight .* has shape'):
        load_hdf5(stored, other, by_name)
    bare = keras.Sequential([keras.layers.Dense(2, input_dim=3, use_bias=False, name="rick")])
    with pytest.raises(ValueError, match=r"expects 1 weight\(s\), but the saved weights"):
        load_hdf5(stored, bare, by_name)


def test_callbacks_get_what_was_logged_at_each_call() -> None:
    seen: list[Any] = []
    callback = keras.callbacks.LambdaCallback(
        on_train_begin=lambda logs: seen.append(logs),
        on_epoch_begin=lambda epoch, logs: seen.append((epoch, logs)),
        on_train_end=lambda logs: seen.append(logs),
    )
    compiled(keras.layers.Dense(2, input_dim=3)).fit(
        ones(2, 3), ones(2, 2), verbose=0, callbacks=[callback]
    )
    assert seen == [{}, (0, {}), {}]


def test_inputs_that_cannot_be_added_are_refused() -> None:
    with pytest.raises(ValueError, match=r"broadcast together with shapes \(3,\) \(4,\)"):
        keras.layers.Add()([keras.Input((3,)), keras.Input((4,))])
    made = keras.layers.Multiply()([keras.Input((1,)), keras.Input((4,))])
    assert made.shape.as_list() == [None, 4]


def test_a_recurrent_layer_is_built_for_a_plain_shape() -> None:
    layer = keras.layers.LSTM(2, kernel_regularizer="l1", recurrent_regularizer="l1")
    layer.build((None, None, 3))
    assert len(layer.losses) == 2


METRICS = [
    ("TruePositives", {"thresholds": [0.2, 0.7]}),
    ("Precision", {"thresholds": 0.4, "class_id": 1}),
    ("Recall", {"top_k": 1}),
    ("AUC", {"num_thresholds": 5, "curve": "PR", "summation_method": "minoring"}),
    ("AUC", {"thresholds": [0.3, 0.6]}),
    ("SensitivityAtSpecificity", {"specificity": 0.5, "num_thresholds": 9}),
    ("SpecificityAtSensitivity", {"sensitivity": 0.5}),
    ("MeanIoU", {"num_classes": 2}),
    ("MeanRelativeError", {"normalizer": [1.0, 2.0]}),
]


@pytest.mark.parametrize(("name", "settings"), METRICS)
def test_metrics_keep_their_settings(name: str, settings: dict[str, Any]) -> None:
    metric = getattr(keras.metrics, name)(**settings)
    config = metric.get_config()
    assert {key: config[key] for key in settings} == settings
    assert type(metric).from_config(config).get_config() == config


def value_of(metric: Any, *batch: Any) -> float:
    update = metric.update_state(*batch)
    with tf.Session() as session:
        session.run([each.initializer for each in metric.variables])
        session.run(update)
        return float(session.run(metric.result()))


def test_one_share_is_found_where_the_other_reaches_a_level() -> None:
    labels, chances = [0, 0, 0, 1, 1], [0.0, 0.1, 0.6, 0.3, 0.8]
    found = keras.metrics.SensitivityAtSpecificity(1.0, num_thresholds=11)
    assert value_of(found, labels, chances) == 0.5
    passed = keras.metrics.SpecificityAtSensitivity(1.0, num_thresholds=11)
    assert value_of(passed, labels, chances) == pytest.approx(1 / 3)


def test_errors_are_divided_by_their_numbers() -> None:
    metric = keras.metrics.MeanRelativeError(normalizer=[1.0, 3.0, 2.0, 3.0])
    assert value_of(metric, [1.0, 3.0, 2.0, 3.0], [2.0, 4.0, 6.0, 8.0]) == pytest.approx(1.25)


@pytest.mark.parametrize(
    ("name", "settings", "text"),
    [
        ("TruePositives", {"thresholds": [0.5, 2]}, r"must be in \[0, 1\]. Invalid values: \[2\]"),
        ("AUC", {"curve": "ROCK"}, 'Invalid AUC curve value "ROCK"'),
        ("AUC", {"summation_method": "all"}, "Invalid AUC summation method value"),
        ("AUC", {"num_thresholds": 1}, "`num_thresholds` must be > 1"),
        ("SensitivityAtSpecificity", {"specificity": 2}, r"`specificity` must be in the range"),
        (
            "SpecificityAtSensitivity", {"sensitivity": 0.5, "num_thresholds": -1},
            "`num_thresholds` must be > 0",
        ),
    ],
)  # fmt: skip
def test_metrics_refuse_bad_settings(name: str, settings: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        getattr(keras.metrics, name)(**settings)


def test_layers_of_tf_layers_train_within_models() -> None:
    inputs = keras.Input((3,))
    hidden = tf.layers.dense(inputs, 4, activation=tf.nn.relu, name="hidden")
    norm = tf.layers.BatchNormalization(name="norm")
    outputs = tf.layers.Dense(1, use_bias=False, name="out")(norm(hidden) * 2.0)
    model = keras.Model(inputs, outputs)
    shapes = [tuple(each.shape.as_list()) for each in model.trainable_weights]
    assert shapes == [(3, 4), (4,), (4,), (4,), (4, 1)]
    assert [layer.name for layer in model.layers[:3]] == [inputs.op.name, "hidden", "norm"]
    model.compile(tf.train.GradientDescentOptimizer(0.1), "mse")
    before = model.get_weights()
    model.fit(ones(8, 3), ones(8, 1), epochs=2, verbose=0)
    changed = [(old != new).any() for old, new in zip(before, model.get_weights(), strict=True)]
    assert changed[0]
    assert changed[6]
    again = keras.Model(inputs, model(inputs))
    assert {id(each) for each in again.weights} == {id(each) for each in model.weights}
    stacked = keras.Sequential()
    for layer in (keras.layers.InputLayer((3,)), tf.layers.Dense(2), tf.layers.Dense(1)):
        stacked.add(layer)
    assert len(stacked.trainable_weights) == 4
    assert stacked.predict(ones(2, 3)).shape == (2, 1)
