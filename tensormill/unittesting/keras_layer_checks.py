"""What tests of Keras check of a layer, and the data and optimizers that they use.

Source: TensorFlow 1.15, python/keras/testing_utils.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensormill.graph.shapes import TensorShape
from tensormill.graph.tensor_specs import TensorSpec
from tensormill.keras import optimizers
from tensormill.keras.backend import dtype as dtype_of
from tensormill.keras.engine.input_layer import Input
from tensormill.keras.models import Model, Sequential

__all__ = [
    "disable_v2_dtype_behavior",
    "enable_v2_dtype_behavior",
    "get_expected_metric_variable_names",
    "get_test_data",
    "get_v2_optimizer",
    "layer_test",
]

Array = Any

_OPTIMIZERS = {
    "adadelta": optimizers.Adadelta,
    "adagrad": optimizers.Adagrad,
    "adam": optimizers.Adam,
    "adamax": optimizers.Adamax,
    "nadam": optimizers.Nadam,
    "rmsprop": optimizers.RMSprop,
    "sgd": optimizers.SGD,
}


def get_test_data(
    train_samples: int,
    test_samples: int,
    input_shape: tuple[int, ...],
    num_classes: int,
    random_seed: int | None = None,
) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """Return noisy points around one centre a class: `(x_train, y_train), (x_test, y_test)`.

    Args:
      train_samples: how many to train with.
      test_samples: how many to test with.
      input_shape: the shape of a point.
      num_classes: how many classes there are.
      random_seed: the seed of NumPy, which is set where one is given.
    """
    if random_seed is not None:
        np.random.seed(random_seed)
    count = train_samples + test_samples
    centres = 2 * num_classes * np.random.random((num_classes, *input_shape))
    classes = np.random.randint(0, num_classes, size=(count,))
    points = np.zeros((count, *input_shape), np.float32)
    for number, each in enumerate(classes):
        points[number] = centres[each] + np.random.normal(loc=0, scale=1.0, size=input_shape)
    train, test = slice(train_samples), slice(train_samples, None)
    return (points[train], classes[train]), (points[test], classes[test])


def get_v2_optimizer(name: str, **kwargs: Any) -> Any:
    """Return an optimizer of Keras by its name, "sgd" for example.

    Raises:
      ValueError: there is no such optimizer.
    """
    if name not in _OPTIMIZERS:
        raise ValueError(
            f"Could not find requested v2 optimizer: {name}\nValid choices: {list(_OPTIMIZERS)}"
        )
    return _OPTIMIZERS[name](**kwargs)


def get_expected_metric_variable_names(var_names: list[str], name_suffix: str = "") -> list[str]:
    """Return the names of the variables of a metric, which have a suffix in a graph."""
    return [f"{name}{name_suffix}:0" for name in var_names]


def enable_v2_dtype_behavior(fn: Any) -> Any:
    """Return a test as it is: layers have no dtypes of their own here."""
    return fn


disable_v2_dtype_behavior = enable_v2_dtype_behavior


def layer_test(
    layer_cls: Any,
    kwargs: dict[str, Any] | None = None,
    input_shape: Any = None,
    input_dtype: Any = None,
    input_data: Array | None = None,
    expected_output: Array | None = None,
    expected_output_dtype: Any = None,
    expected_output_shape: Any = None,
    validate_training: bool = True,
    adapt_data: Array | None = None,
) -> Array:
    """Check a layer with one input and one output, and return what it makes of the data.

    The layer is used in a functional model and as the first of a sequential one: its dtypes and
    shapes must be those that it says, its weights and configuration must make an equal one, and it
    must train.

    Args:
      layer_cls: the class of the layer.
      kwargs: its arguments.
      input_shape: the shape of the data; unknown sizes are drawn.
      input_dtype: the dtype of the data.
      input_data: the data; drawn where None.
      expected_output: what it must make of the data.
      expected_output_dtype: of the output; that of the input by default.
      expected_output_shape: the static shape of the output.
      validate_training: whether it must train.
      adapt_data: is given to `adapt` first.

    Raises:
      ValueError: there are neither data nor a shape.
      AssertionError: something is not as expected.
    """
    input_data, input_shape, input_dtype = _inputs(input_data, input_shape, input_dtype)
    kwargs = kwargs or {}
    layer = layer_cls(**kwargs)
    if adapt_data is not None:
        layer.adapt(adapt_data)
    layer.set_weights(layer.get_weights())
    about = _About(layer_cls.__name__, kwargs)

    x = Input(shape=input_shape[1:], dtype=input_dtype)
    y = layer(x)
    about.same("dtype", expected_output_dtype or np.dtype(input_dtype).name, dtype_of(y))
    if expected_output_shape is not None:
        about.same_shape(TensorShape(expected_output_shape).as_list(), y.shape.as_list())
    model = Model(x, y)
    computed = TensorShape(layer.compute_output_shape(TensorShape(input_shape))).as_list()
    signature = layer.compute_output_signature(TensorSpec(shape=input_shape, dtype=input_dtype))
    output = model.predict(input_data)
    about.same_shape(computed, output.shape)
    about.same_shape(signature.shape.as_list(), output.shape)
    about.same("dtype", signature.dtype.as_numpy_dtype, output.dtype.type)
    _check_output(output, expected_output)
    _check_again(Model, model, input_data, output)
    if validate_training:
        trained = Model(x, layer(x))
        trained.compile("rmsprop", "mse", weighted_metrics=["acc"])
        trained.train_on_batch(input_data, output)
    return _first_of_a_row(layer, input_shape, input_data, expected_output, adapt_data, about)


def _inputs(input_data: Any, input_shape: Any, input_dtype: Any) -> tuple[Any, Any, Any]:
    if input_data is None:
        if input_shape is None:
            raise ValueError("input_shape is None")
        input_dtype = input_dtype or "float32"
        sizes = [np.random.randint(1, 4) if size is None else size for size in input_shape]
        input_data = 10 * np.random.random(sizes)
        if input_dtype.startswith("float"):
            input_data -= 0.5
        input_data = input_data.astype(input_dtype)
    elif input_shape is None:
        input_shape = input_data.shape
    return input_data, input_shape, input_data.dtype if input_dtype is None else input_dtype


class _About:
    """Says of which layer something does not hold."""

    def __init__(self, layer_name: str, kwargs: dict[str, Any]) -> None:
        self._layer_name = layer_name
        self._kwargs = kwargs

    def same(self, what: str, expected: Any, found: Any) -> None:
        if expected != found:
            raise AssertionError(
                f"When testing layer {self._layer_name}, found output {what}={found} but expected "
                f"to find {expected}.\nFull kwargs: {self._kwargs}"
            )

    def same_shape(self, expected: Any, found: Any) -> None:
        """Compare sizes; one that is not known is not compared."""
        self.same("rank", len(expected), len(found))
        pairs = zip(expected, found, strict=True)
        if any(want is not None and want != have for want, have in pairs):
            self.same("shape", tuple(expected), tuple(found))


def _check_output(output: Array, expected: Array | None) -> None:
    if expected is not None:
        np.testing.assert_allclose(output, expected, rtol=1e-3, atol=1e-6)


def _check_again(kind: Any, model: Any, data: Array, output: Array) -> None:
    """Check that a model made of the configuration gives the same with the same weights."""
    recovered = kind.from_config(model.get_config())
    if model.weights:
        recovered.set_weights(model.get_weights())
        np.testing.assert_allclose(recovered.predict(data), output, rtol=1e-3, atol=1e-6)


def _first_of_a_row(
    layer: Any, input_shape: Any, data: Array, expected: Any, adapt_data: Any, about: _About
) -> Array:
    computed = TensorShape(layer.compute_output_shape(TensorShape(input_shape))).as_list()
    layer = type(layer).from_config({**layer.get_config(), "batch_input_shape": input_shape})
    if adapt_data is not None:
        layer.adapt(adapt_data)
    model = Sequential()
    model.add(layer)
    output = model.predict(data)
    about.same_shape(computed, output.shape)
    _check_output(output, expected)
    _check_again(Sequential, model, data, output)
    return output
