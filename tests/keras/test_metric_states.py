"""The states of Keras metrics: what they are called, how they are updated, what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

import tensormill as tf
from tensormill.python.keras import metrics as keras_metrics
from tensormill.python.keras.utils import metrics_utils

keras = tf.keras
metrics = keras.metrics


def _value(tensor):
    return keras.backend.get_session().run(tensor)


def test_variables_bear_the_names_of_what_they_hold():
    assert [v.name for v in metrics.Mean(name="one").variables] == ["total:0", "count:0"]
    names = [v.name for v in metrics.Precision(thresholds=[0.4, 0.9]).variables]
    assert names == ["true_positives:0", "false_positives:0"]
    assert [v.name for v in metrics.FalsePositives().variables] == ["accumulator:0"]


def test_weights_belong_to_the_first_axes_of_values():
    values = np.float32([[1, 3], [5, 7]])
    for spread in (values, values[:, :, None]):
        for name, result in {"Mean": 6.0, "Sum": 24.0, "SumOverBatchSize": 6.0}.items():
            metric = getattr(keras_metrics, name)()
            assert _value(metric(spread, sample_weight=np.float32([0, 2]))) == result, name


def test_an_own_metric_need_not_return_its_update():
    class Hits(metrics.Metric):
        def __init__(self):
            super().__init__(name="hits")
            self.hits = self.add_weight("hits", initializer="zeros")

        def update_state(self, y_true, y_pred, sample_weight=None):
            self.hits.assign_add(tf.reduce_sum(y_true * y_pred))

        def result(self):
            return self.hits

    metric = Hits()
    assert _value(metric(tf.ones([2]), tf.ones([2]))) == 2.0
    update = metric.update_state(tf.ones([3]), tf.ones([3]))
    _value(update)
    assert _value(metric.result()) == 5.0


def test_a_metric_that_is_compiled_again_counts_once():
    model = keras.Sequential([keras.layers.Dense(1, input_shape=(2,), activation="sigmoid")])
    metric = metrics.TruePositives(thresholds=0.0)
    for _ in range(2):
        model.compile("sgd", "mse", metrics=[metric])
        _, count = model.evaluate(np.ones((4, 2)), np.ones((4, 1)), verbose=0)
        assert count == 4.0


def test_the_mean_of_tensors_keeps_to_one_shape():
    metric = metrics.MeanTensor()
    with pytest.raises(ValueError, match="does not have any result yet"):
        metric.result()
    metric.update_state([1.0, 2.0])
    with pytest.raises(ValueError, match="must always have the same shape"):
        metric.update_state([1.0])


def test_counts_are_added_to_the_variables_that_are_given():
    kinds = metrics_utils.ConfusionMatrix
    found = {kind: tf.Variable([0.0, 0.0], use_resource=True) for kind in kinds}
    update = metrics_utils.update_confusion_matrix_variables(
        found, tf.constant([1.0, 0.0, 1.0]), tf.constant([0.9, 0.6, 0.1]), [0.5, 0.7],
        sample_weight=tf.constant([1.0, 2.0, 3.0]),
    )  # fmt: skip
    session = keras.backend.get_session()
    session.run([variable.initializer for variable in found.values()])
    session.run(update)
    counts = [session.run(found[kind]).tolist() for kind in kinds]
    assert counts == [[1, 1], [2, 0], [0, 2], [3, 3]]
    with pytest.raises(ValueError, match="at least one valid confusion matrix variable"):
        metrics_utils.update_confusion_matrix_variables({"tp": None}, [1.0], [1.0], [0.5])


def test_areas_say_their_curve():
    area = metrics.AUC(curve="PR", summation_method="majoring", thresholds=[0.3, 0.5])
    config = area.get_config()
    assert (config["curve"], config["num_thresholds"]) == ("PR", 4)
    again = metrics.AUC.from_config(config)
    assert again.curve is metrics_utils.AUCCurve.PR
    assert again.summation_method is metrics_utils.AUCSummationMethod.MAJORING
    with pytest.raises(ValueError, match='Invalid AUC curve value "X"'):
        metrics.AUC(curve="X")


def test_the_metrics_of_a_model_are_no_layers_of_it():
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(2)

        def call(self, inputs, training):
            return self.dense(inputs)

    model = Own()
    model.compile("sgd", "mse", metrics=[metrics.CategoricalAccuracy()])
    x = np.ones((4, 3), np.float32)
    model.fit(x, np.ones((4, 2)), verbose=0)
    assert model.predict(x).shape == (4, 2)
    assert model.layers == [model.dense]
    assert len(model.weights) == 2
    assert model(tf.constant(x), True).shape.as_list() == [4, 2]
