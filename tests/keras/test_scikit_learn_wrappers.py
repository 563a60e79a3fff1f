"""Models with the methods of scikit-learn's estimators."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensormill as tf

keras = tf.keras
wrappers = tf.keras.wrappers.scikit_learn
X = np.float32([[0, 1], [1, 0], [0, 2], [2, 0]])


def classifier(hidden: int = 3, classes: int = 2, metrics: Any = ("accuracy",)) -> Any:
    model = keras.Sequential(
        [
            keras.layers.Dense(hidden, activation="relu", input_dim=2),
            keras.layers.Dense(classes, activation="softmax"),
        ]
    )
    model.compile("sgd", "categorical_crossentropy", metrics=list(metrics))
    return model


def test_a_classifier_gives_back_the_labels_it_was_given() -> None:
    made = wrappers.KerasClassifier(classifier, hidden=4, batch_size=2, epochs=1, verbose=0)
    labels = np.array(["cat", "dog", "cat", "dog"])
    made.fit(X, labels)
    assert made.model.layers[0].units == 4
    assert made.classes_.tolist() == ["cat", "dog"]
    found = made.predict(X)
    assert set(found) <= {"cat", "dog"}
    assert made.predict_proba(X).shape == (4, 2)
    assert made.score(X, labels) == pytest.approx(np.mean(found == labels))


def test_settings_are_arguments_of_the_model() -> None:
    made = wrappers.KerasClassifier(build_fn=classifier, epochs=2)
    assert made.get_params(deep=False) == {"build_fn": classifier, "epochs": 2}
    assert made.set_params(hidden=7) is made
    assert made.filter_sk_params(classifier) == {"hidden": 7}
    with pytest.raises(ValueError, match="nonsense is not a legal parameter"):
        made.set_params(nonsense=1)
    with pytest.raises(ValueError, match="nonsense is not a legal parameter"):
        wrappers.KerasClassifier(classifier, nonsense=1)


def test_a_classifier_without_accuracy_has_no_score() -> None:
    made = wrappers.KerasClassifier(classifier, metrics=[], verbose=0)
    made.fit(X, [0, 1, 0, 1])
    with pytest.raises(ValueError, match="not configured to compute accuracy"):
        made.score(X, [0, 1, 0, 1])
    with pytest.raises(ValueError, match="Invalid shape for y"):
        made.fit(X, np.ones((4, 1, 1)))


def test_a_regressor_gives_numbers() -> None:
    class Own(wrappers.KerasRegressor):
        def __call__(self, units: int = 1) -> Any:
            model = keras.Sequential([keras.layers.Dense(units, input_dim=2)])
            model.compile("sgd", "mse", metrics=["mae"])
            return model

    made = Own(verbose=0, batch_size=2)
    made.fit(X, X[:, 0])
    found = made.predict(X)
    assert found.shape == (4,)
    assert made.score(X, X[:, 0]) == pytest.approx(-np.mean((found - X[:, 0]) ** 2), rel=1e-4)
