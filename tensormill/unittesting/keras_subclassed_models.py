"""Models of Keras as classes, of the kinds that its own tests train, save and nest.

Source: TensorFlow 1.15, python/keras/model_subclassing_test_util.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensormill.keras.engine.input_layer import Input
from tensormill.keras.layers import Conv2D, Dense, Dropout, Flatten
from tensormill.keras.layers.normalization import BatchNormalization
from tensormill.keras.models import Model

__all__ = [
    "CustomCallModel",
    "MultiIOTestModel",
    "NestedTestModel1",
    "NestedTestModel2",
    "SimpleConvTestModel",
    "SimpleTestModel",
    "TrainingMaskingModel",
    "TrainingNoDefaultModel",
    "get_nested_model_3",
]

# Methods are described where they are first declared, in `Model`; which arguments they take is what
# the tests are about.
# ruff: noqa: D102
# mypy: disable-error-code="override"


class SimpleTestModel(Model):
    """A dense layer and a softmax, with dropout and batch normalisation between if asked for."""

    def __init__(self, use_bn: bool = False, use_dp: bool = False, num_classes: int = 10) -> None:
        super().__init__(name="test_model")
        self.use_bn, self.use_dp, self.num_classes = use_bn, use_dp, num_classes
        self.dense1 = Dense(32, activation="relu")
        self.dense2 = Dense(num_classes, activation="softmax")
        if use_dp:
            self.dp = Dropout(0.5)
        if use_bn:
            self.bn = BatchNormalization(axis=-1)

    def call(self, x: Any) -> Any:
        x = self.dense1(x)
        if self.use_dp:
            x = self.dp(x)
        if self.use_bn:
            x = self.bn(x)
        return self.dense2(x)


class SimpleConvTestModel(Model):
    """A convolution and a softmax."""

    def __init__(self, num_classes: int = 10) -> None:
        super().__init__(name="test_model")
        self.num_classes = num_classes
        self.conv1 = Conv2D(32, (3, 3), activation="relu")
        self.flatten = Flatten()
        self.dense1 = Dense(num_classes, activation="softmax")

    def call(self, x: Any) -> Any:
        return self.dense1(self.flatten(self.conv1(x)))


class MultiIOTestModel(Model):
    """Two inputs that share a layer, and two outputs."""

    def __init__(
        self, use_bn: bool = False, use_dp: bool = False, num_classes: Sequence[int] = (2, 3)
    ) -> None:
        super().__init__(name="test_model")
        self.use_bn, self.use_dp, self.num_classes = use_bn, use_dp, num_classes
        self.dense1 = Dense(32, activation="relu")
        self.dense2 = Dense(num_classes[0], activation="softmax")
        self.dense3 = Dense(num_classes[1], activation="softmax")
        if use_dp:
            self.dp = Dropout(0.5)
        if use_bn:
            self.bn = BatchNormalization()

    def call(self, inputs: Any) -> Any:
        first, second = (self.dense1(each) for each in inputs)
        if self.use_dp:
            first = self.dp(first)
        if self.use_bn:
            second = self.bn(second)
        return [self.dense2(first), self.dense3(second)]


class _AroundAnother(Model):
    """Dense layers around a model, which the classes below make."""

    def __init__(self, name: str, num_classes: int) -> None:
        super().__init__(name=name)
        self.num_classes = num_classes
        self.dense1 = Dense(32, activation="relu")
        self.dense2 = Dense(num_classes, activation="relu")
        self.bn = BatchNormalization()
        self.test_net: Any = None

    def call(self, inputs: Any) -> Any:
        return self.dense2(self.test_net(self.bn(self.dense1(inputs))))


class NestedTestModel1(_AroundAnother):
    """A class that holds a model of another class."""

    def __init__(self, num_classes: int = 2) -> None:
        super().__init__("nested_model_1", num_classes)
        self.test_net = SimpleTestModel(num_classes=4, use_bn=True, use_dp=True)


class NestedTestModel2(_AroundAnother):
    """A class that holds a functional model."""

    def __init__(self, num_classes: int = 2) -> None:
        super().__init__("nested_model_2", num_classes)
        self.test_net = self.get_functional_graph_model(32, 4)

    @staticmethod
    def get_functional_graph_model(input_dim: int, num_classes: int) -> Model:
        """Return a functional model of two dense layers."""
        inputs = Input(shape=(input_dim,))
        hidden = BatchNormalization()(Dense(32, activation="relu")(inputs))
        return Model(inputs, Dense(num_classes)(hidden))


class _Inner(Model):
    """Two dense layers and batch normalisation."""

    def __init__(self) -> None:
        super().__init__()
        self.dense1 = Dense(32, activation="relu")
        self.dense2 = Dense(5, activation="relu")
        self.bn = BatchNormalization()

    def call(self, inputs: Any) -> Any:
        return self.bn(self.dense2(self.dense1(inputs)))


def get_nested_model_3(input_dim: int, num_classes: int) -> Model:
    """Return a functional model that holds a model of a class."""
    inputs = Input(shape=(input_dim,))
    hidden = BatchNormalization()(Dense(32, activation="relu")(inputs))
    return Model(inputs, Dense(num_classes)(_Inner()(hidden)), name="nested_model_3")


class CustomCallModel(Model):
    """A model whose `call` takes two inputs and an argument of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.dense1 = Dense(1, activation="relu")
        self.dense2 = Dense(1, activation="softmax")

    def call(
        self, first: Any, second: Any, fiddle_with_output: str = "no", training: Any = True
    ) -> Any:
        combined = self.dense1(first) + self.dense2(second)
        return 10.0 * combined if fiddle_with_output == "yes" else combined


class TrainingNoDefaultModel(Model):
    """A model that must be told whether it trains."""

    def __init__(self) -> None:
        super().__init__()
        self.dense1 = Dense(1)

    def call(self, x: Any, training: Any) -> Any:
        return self.dense1(x)


class TrainingMaskingModel(Model):
    """A model that takes a mask, and whether it trains."""

    def __init__(self) -> None:
        super().__init__()
        self.dense1 = Dense(1)

    def call(self, x: Any, training: Any = False, mask: Any = None) -> Any:
        return self.dense1(x)
