"""Small models of Keras for tests, of the kind that `get_model_type` says.

Source: TensorFlow 1.15, python/keras/testing_utils.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tensormill.keras.engine.input_layer import Input, InputLayer
from tensormill.keras.layers import Dense
from tensormill.keras.models import Model, Sequential
from tensormill.unittesting.keras_situations import get_model_type

__all__ = [
    "get_model_from_layers",
    "get_multi_io_model",
    "get_small_functional_mlp",
    "get_small_mlp",
    "get_small_sequential_mlp",
    "get_small_subclass_mlp",
    "get_small_subclass_mlp_with_custom_build",
]

Layers = Sequence[Any]


def _last_layer(num_classes: int) -> Dense:
    return Dense(num_classes, activation="sigmoid" if num_classes == 1 else "softmax")


def _through(layers: Layers | None, inputs: Any) -> Any:
    for layer in layers or ():
        inputs = layer(inputs)
    return inputs


class SmallModel(Model):
    """Two dense layers in a class."""

    def __init__(self, num_hidden: int, num_classes: int) -> None:
        super().__init__()
        self.layer_a = Dense(num_hidden, activation="relu")
        self.layer_b = _last_layer(num_classes)

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        """Return the outputs."""
        return self.layer_b(self.layer_a(inputs))


class SmallModelBuiltLate(Model):
    """Two dense layers in a class that makes them when it sees its first input."""

    def __init__(self, num_hidden: int, num_classes: int) -> None:
        super().__init__()
        self.layer_a: Any = None
        self.layer_b: Any = None
        self.num_hidden = num_hidden
        self.num_classes = num_classes

    def build(self, input_shape: Any) -> None:
        """Make the layers."""
        self.layer_a = Dense(self.num_hidden, activation="relu")
        self.layer_b = _last_layer(self.num_classes)

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        """Return the outputs."""
        return self.layer_b(self.layer_a(inputs))


def get_small_sequential_mlp(
    num_hidden: int, num_classes: int, input_dim: int | None = None
) -> Sequential:
    """Return two dense layers in a row; without `input_dim` they are built by the first input."""
    first: dict[str, Any] = {"input_dim": input_dim} if input_dim else {}
    model = Sequential()
    model.add(Dense(num_hidden, activation="relu", **first))
    model.add(_last_layer(num_classes))
    return model


def get_small_functional_mlp(num_hidden: int, num_classes: int, input_dim: int) -> Model:
    """Return a model of two dense layers, by its inputs and outputs."""
    inputs = Input(shape=(input_dim,))
    hidden = Dense(num_hidden, activation="relu")(inputs)
    return Model(inputs, _last_layer(num_classes)(hidden))


def get_small_subclass_mlp(num_hidden: int, num_classes: int) -> SmallModel:
    """Return a model of two dense layers, as a class."""
    return SmallModel(num_hidden, num_classes)


def get_small_subclass_mlp_with_custom_build(
    num_hidden: int, num_classes: int
) -> SmallModelBuiltLate:
    """Return a model of two dense layers, as a class that makes them late."""
    return SmallModelBuiltLate(num_hidden, num_classes)


def get_small_mlp(num_hidden: int, num_classes: int, input_dim: int) -> Any:
    """Return a model of two dense layers, of the kind that the test is about.

    Raises:
      ValueError: there is no such kind.
    """
    kind = get_model_type()
    if kind == "subclass":
        return get_small_subclass_mlp(num_hidden, num_classes)
    if kind == "subclass_custom_build":
        return get_small_subclass_mlp_with_custom_build(num_hidden, num_classes)
    if kind == "sequential":
        return get_small_sequential_mlp(num_hidden, num_classes, input_dim)
    if kind == "functional":
        return get_small_functional_mlp(num_hidden, num_classes, input_dim)
    raise ValueError(f"Unknown model type {kind}")


class LayersModel(Model):
    """Layers one after the other, each an attribute of the model."""

    def __init__(self, layers: Layers, *args: Any, **kwargs: Any) -> None:
        inputs = kwargs.pop("input_tensor", None)
        super().__init__(*args, **kwargs)
        for number, layer in enumerate(layers):
            setattr(self, f"layer{number}", layer)
        self.num_layers = len(layers)
        if inputs is not None:
            self._set_inputs(inputs)

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        """Return what the last layer makes of the inputs."""
        return _through([getattr(self, f"layer{n}") for n in range(self.num_layers)], inputs)


class LayersModelBuiltLate(Model):
    """Layers one after the other, which are made when the first input comes."""

    def __init__(self, make_layers: Callable[[], Layers], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.all_layers: Any = None
        self._make_layers = make_layers

    def build(self, input_shape: Any) -> None:
        """Make the layers."""
        self.all_layers = list(self._make_layers())

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        """Return what the last layer makes of the inputs."""
        return _through(self.all_layers, inputs)


def get_model_from_layers(
    layers: Layers,
    input_shape: Any = None,
    input_dtype: Any = None,
    name: str | None = None,
    input_ragged: bool | None = None,
    input_sparse: bool | None = None,
) -> Any:
    """Return a model of layers one after the other, of the kind that the test is about.

    Args:
      layers: the layers.
      input_shape: the shape of an input without the batch; a functional model needs it.
      input_dtype: the dtype of the inputs.
      name: the name of the model.
      input_ragged: the inputs are ragged.
      input_sparse: the inputs are sparse.

    Raises:
      ValueError: there is no such kind, or the shape is needed.
    """
    kind = get_model_type()
    special = {"ragged": input_ragged, "sparse": input_sparse}
    options = {"dtype": input_dtype, **{key: True for key, is_so in special.items() if is_so}}
    if kind == "subclass":
        is_special = bool(input_ragged or input_sparse)
        inputs = Input(shape=input_shape, **options) if is_special else None
        return LayersModel(layers, name=name, input_tensor=inputs)
    if kind == "subclass_custom_build":
        return LayersModelBuiltLate(lambda: layers, name=name)
    if kind == "sequential":
        model = Sequential(name=name)
        if input_shape:
            model.add(InputLayer(input_shape=input_shape, **options))
        for layer in layers:
            model.add(layer)
        return model
    if kind == "functional":
        if not input_shape:
            raise ValueError("Cannot create a functional model from layers with no input shape.")
        inputs = Input(shape=input_shape, **options)
        return Model(inputs, _through(layers, inputs), name=name)
    raise ValueError(f"Unknown model type {kind}")


class BranchesModel(Model):
    """Two branches; what is before them and behind them may be shared."""

    def __init__(
        self,
        branch_a: Layers,
        branch_b: Layers,
        shared_input_branch: Layers | None = None,
        shared_output_branch: Layers | None = None,
    ) -> None:
        super().__init__()
        self._shared_input_branch = shared_input_branch
        self._branch_a = branch_a
        self._branch_b = branch_b
        self._shared_output_branch = shared_output_branch

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        """Return the outputs of both, or what the shared branch makes of them."""
        if self._shared_input_branch:
            a = b = _through(self._shared_input_branch, inputs)
        else:
            a, b = inputs
        outputs = [_through(self._branch_a, a), _through(self._branch_b, b)]
        return _through(self._shared_output_branch, outputs)


def get_multi_io_model(
    branch_a: Layers,
    branch_b: Layers,
    shared_input_branch: Layers | None = None,
    shared_output_branch: Layers | None = None,
) -> Any:
    """Return a model with two branches, of the kind that the test is about.

    The inputs are the first entries of both branches, or of what is shared before them.

    Args:
      branch_a: the layers of one branch.
      branch_b: the layers of the other.
      shared_input_branch: an input and layers, whose output both branches get.
      shared_output_branch: layers for the outputs of both.

    Raises:
      ValueError: there is no such kind, or it has one input and one output.
    """
    inputs: Any
    if shared_input_branch:
        inputs, shared_input_branch = shared_input_branch[0], shared_input_branch[1:]
    else:
        inputs = branch_a[0], branch_b[0]
        branch_a, branch_b = branch_a[1:], branch_b[1:]
    kind = get_model_type()
    if kind in ("subclass", "subclass_custom_build"):
        return BranchesModel(branch_a, branch_b, shared_input_branch, shared_output_branch)
    if kind == "sequential":
        raise ValueError("Cannot use `get_multi_io_model` to construct sequential models")
    if kind != "functional":
        raise ValueError(f"Unknown model type {kind}")
    if shared_input_branch:
        a = b = _through(shared_input_branch, inputs)
    else:
        a, b = inputs
    outputs = _through(shared_output_branch, (_through(branch_a, a), _through(branch_b, b)))
    return Model(inputs, outputs)
