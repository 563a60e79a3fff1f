"""Known image models, and the windows that they pool."""

from __future__ import annotations

import sys
import types
from typing import Any

import numpy as np
import pytest

import tensormill as tf

keras = tf.keras


@pytest.fixture
def described(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Stand in for the package that describes the models; returns what it was given."""
    given: dict[str, Any] = {}

    def small(classes: int = 10, **kwargs: Any) -> Any:
        given.update(kwargs)
        layers, models = kwargs["layers"], kwargs["models"]
        return models.Sequential([layers.Dense(classes, input_shape=(4,))])

    package: Any = types.ModuleType("keras_applications")
    package.__path__ = []
    module: Any = types.ModuleType("keras_applications.vgg16")
    module.VGG16 = small
    monkeypatch.setitem(sys.modules, "keras_applications", package)
    monkeypatch.setitem(sys.modules, "keras_applications.vgg16", module)
    return given


def test_a_model_is_built_on_our_layers(described: dict[str, Any]) -> None:
    model = keras.applications.VGG16(classes=3, weights=None)
    assert isinstance(model, keras.Sequential)
    assert model.output_shape == (None, 3)
    assert described["backend"] is keras.backend
    assert described["utils"] is keras.utils
    assert described["weights"] is None


def test_programs_find_the_models_under_all_their_names(described: dict[str, Any]) -> None:
    from tensormill.keras.applications import vgg16
    from tensormill.python.keras.applications.vgg16 import VGG16

    assert vgg16.VGG16 is VGG16 is keras.applications.VGG16
    assert callable(keras.applications.resnet50.preprocess_input)
    assert keras.applications.ResNet50.__name__ == "ResNet50"


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keras_applications", None)
    with pytest.raises(ImportError, match="pip install keras-applications"):
        keras.applications.MobileNet(weights=None)


@pytest.mark.parametrize("kind", ["Max", "Average"])
@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_windows_may_be_smaller_than_their_steps(kind: str, rank: int, padding: str) -> None:
    layer = getattr(keras.layers, f"{kind}Pooling{rank}D")(1, strides=2, padding=padding)
    x = np.arange(5.0**rank, dtype=np.float32).reshape(1, *[5] * rank, 1)
    with tf.Session() as session:
        made = session.run(layer(tf.constant(x)))
    every = (slice(None), *[slice(None, None, 2)] * rank)
    np.testing.assert_array_equal(made, x[every])


def test_sequences_are_pooled_with_the_channels_first() -> None:
    layer = keras.layers.MaxPooling1D(2, data_format="channels_first")
    with tf.Session() as session:
        assert session.run(layer(tf.constant([[[1.0, 4.0, 3.0, 2.0]]]))).tolist() == [[[4.0, 3.0]]]
