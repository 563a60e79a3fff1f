"""What layers and training give, compared with the Keras that is part of TensorFlow."""

from typing import Any

import numpy as np
import pytest

import tensormill as tf

pytestmark = pytest.mark.oracle

# The same source builds and trains a model on both sides.
MODELS = {
    "dense": "[L.Dense(4, activation='tanh', input_shape=(3,)), L.Dense(2)]",
    "lstm": "[L.LSTM(4, input_shape=(5, 3), return_sequences=True), L.LSTM(2)]",
    "gru": "[L.GRU(4, input_shape=(5, 3)), L.Dense(2)]",
    "simple": "[L.SimpleRNN(4, input_shape=(5, 3), go_backwards=True), L.Dense(2)]",
    "masked": "[L.Masking(input_shape=(5, 3)), L.LSTM(4), L.Dense(2)]",
    "convolution": (
        "[L.Conv2D(4, 3, padding='same', activation='relu', input_shape=(6, 6, 2)),"
        " L.MaxPooling2D(), L.DepthwiseConv2D(2), L.Conv2DTranspose(3, 3, strides=2),"
        " L.GlobalAveragePooling2D(), L.Dense(2)]"
    ),
    "sequence": (
        "[L.Conv1D(4, 3, padding='causal', activation='elu', input_shape=(6, 3)),"
        " L.AveragePooling1D(), L.Flatten(), L.Dense(2, activation='sigmoid')]"
    ),
}
PRELUDE = """
import types
import numpy as np
from tensorflow.python import keras
from tensorflow.python.keras.layers import recurrent
L = types.SimpleNamespace(**{**vars(recurrent), **vars(keras.layers)})
"""
OPTIMIZERS = ("sgd", "adam", "rmsprop", "adagrad", "adadelta", "adamax", "nadam")
TRAIN = """
model = keras.models.Sequential({layers})
random = np.random.RandomState(7)
model.set_weights([random.uniform(-0.5, 0.5, each.shape) for each in model.get_weights()])
model.compile({optimizer!r}, 'mse', metrics=['mae'])
x = random.randn(10, *model.input_shape[1:]).astype('f')
x[:, -1] *= {last}
y = random.randn(10, 2).astype('f')
history = model.fit(x, y, batch_size=4, epochs=3, shuffle=False, verbose=0).history
result = [model.predict(x), history['loss'], *model.get_weights()]
"""


def compare(oracle: Any, layers: str, optimizer: str, last: float = 1.0) -> None:
    source = TRAIN.format(layers=layers, optimizer=optimizer, last=last)
    expected = oracle.run(PRELUDE + source)
    scope: dict[str, Any] = {"keras": tf.keras, "L": tf.keras.layers, "np": np}
    exec(source, scope)
    for ours, theirs in zip(scope["result"], expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=2e-3, atol=2e-4)


@pytest.mark.parametrize("name", MODELS)
def test_training_gives_the_same_weights(oracle: Any, name: str) -> None:
    compare(oracle, MODELS[name], "sgd", last=0.0 if name == "masked" else 1.0)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_optimizers_give_the_same_weights(oracle: Any, optimizer: str) -> None:
    compare(oracle, MODELS["dense"], optimizer)
