"""`Layer`: a function of tensors with variables of its own, in a variable scope of its own.

A layer opens its scope when it is made (with a name) or first called, builds its variables in the
first call, and reuses them in each later one.

Source: TensorFlow 1.15, python/layers/base.py and python/keras/engine/base_layer.py.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from tensormill.graph import nest
from tensormill.graph.collections import GraphKeys
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.dtypes import DType, as_dtype, float32
from tensormill.graph.graph import get_default_graph
from tensormill.graph.op_builder import graph_of
from tensormill.graph.shapes import Dims, TensorShape, as_dims
from tensormill.graph.stacks import get_default_session
from tensormill.graph.tensor import Tensor, TensorLike
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.casting import cast
from tensormill.variables import keras_initializers
from tensormill.variables.initialization import global_variables, trainable_variables
from tensormill.variables.partitioned import PartitionedVariable
from tensormill.variables.scope import VariableScope, variable_scope
from tensormill.variables.store import get_variable
from tensormill.variables.tracking import dependencies_in

__all__ = ["InputSpec", "Layer", "ScopedCall"]

_WORD_START = re.compile("(.)([A-Z][a-z0-9]+)")
_CASE_CHANGE = re.compile("([a-z])([A-Z])")


def snake_case(name: str) -> str:
    """Return a class name in the form of layer names: "MaxPooling2D" is "max_pooling2d"."""
    spaced = _CASE_CHANGE.sub(r"\1_\2", _WORD_START.sub(r"\1_\2", name)).lower()
    return "private" + spaced if spaced[0] == "_" else spaced


@dataclass
class InputSpec:
    """What a layer asks of an input.

    Attributes:
      dtype: the dtype.
      shape: the shape, None where a size is free.
      ndim: the rank.
      max_ndim: the highest rank.
      min_ndim: the lowest rank.
      axes: sizes by axis.
    """

    dtype: Any = None
    shape: Any = None
    ndim: int | None = None
    max_ndim: int | None = None
    min_ndim: int | None = None
    axes: dict[int, int | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Let a shape say the rank.

        Raises:
          TypeError: a key of `axes` is no number.
          ValueError: there is no such axis.
        """
        if self.shape is not None:
            self.ndim = len(self.shape)
        if self.dtype is not None:
            self.dtype = as_dtype(self.dtype).name
        try:
            self.axes = {int(axis): size for axis, size in (self.axes or {}).items()}
        except (ValueError, TypeError) as error:
            raise TypeError("The keys in axes must be integers.") from error
        highest = self.ndim or self.max_ndim
        if self.axes and highest is not None and max(self.axes) > highest - 1:
            raise ValueError(
                f"Axis {max(self.axes)} is greater than the maximum allowed value: {highest - 1}"
            )

    def __repr__(self) -> str:
        """Return the settings that are there."""
        given = [
            f"{name}={value}"
            for name, value in self.get_config().items()
            if value not in (None, {})
        ]
        return f"InputSpec({', '.join(given)})"

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> InputSpec:
        """Return the specification of these settings."""
        return cls(**config)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor as plain data."""
        names = ("dtype", "shape", "ndim", "max_ndim", "min_ndim", "axes")
        return {name: getattr(self, name) for name in names}

    def check(
        self, dims: Dims, layer_name: str, dtype: DType | None = None, index: int = 0
    ) -> None:
        """Refuse an input of another shape or dtype.

        Args:
          dims: the static shape of the input.
          layer_name: the name of the layer, for messages.
          dtype: the dtype of the input, where that counts.
          index: which of the inputs it is, for messages.

        Raises:
          ValueError: the input does not fit.
        """
        start = f"Input {index} of layer {layer_name} is incompatible with the layer: "
        if None not in (self.dtype, dtype) and dtype != as_dtype(self.dtype):
            raise ValueError(f"{start}expected dtype={self.dtype}, found dtype={dtype}")
        if dims is None:
            if self.ndim is not None or self.min_ndim is not None or self.max_ndim is not None:
                raise ValueError(
                    start + "its rank is undefined, but the layer requires a defined rank."
                )
            return
        shape = f"Full shape received: {list(dims)}"
        if self.ndim is not None and len(dims) != self.ndim:
            raise ValueError(f"{start}expected ndim={self.ndim}, found ndim={len(dims)}. {shape}")
        if self.max_ndim is not None and len(dims) > self.max_ndim:
            raise ValueError(f"{start}expected max_ndim={self.max_ndim}, found ndim={len(dims)}")
        if self.min_ndim is not None and len(dims) < self.min_ndim:
            raise ValueError(
                f"{start}expected min_ndim={self.min_ndim}, found ndim={len(dims)}. {shape}"
            )
        if self.shape is not None:
            for size, found in zip(self.shape, dims, strict=False):
                if size is not None and found is not None and size != found:
                    raise ValueError(
                        f"{start}expected shape={tuple(self.shape)}, found shape={list(dims)}"
                    )
        for axis, size in self.axes.items():
            if size is not None and dims[axis] not in (size, None):
                raise ValueError(
                    f"{start}expected axis {axis} of input shape to have value {size} but "
                    f"received input with shape {list(dims)}"
                )


def _session() -> Any:
    session = get_default_session()
    if session is None:
        raise ValueError(
            "The values of a layer's variables are in a session: open one, as in "
            "`with tf.Session() as session:`, or make one the default."
        )
    return session


def _extend_collection(name: str, elements: list[Any]) -> None:
    """Add those elements to a collection of the default graph that are not in it."""
    collection = get_default_graph().get_collection_ref(name)
    known = {id(item) for item in collection}
    collection.extend(item for item in elements if id(item) not in known)


class ScopedCall(NamedTuple):
    """One call of a layer, which its results know.

    Attributes:
      layer: the layer.
      inputs: what it was called with.
      arguments: the further arguments, by name.
      outputs: what it returned.
    """

    layer: Layer
    inputs: Any
    arguments: dict[str, Any]
    outputs: Any


class Layer:
    """The base of layers. Subclasses make variables in `build` and nodes in `call`.

    Args:
      trainable: whether optimizers change its variables.
      name: the name of its variable scope; by default made of the class name.
      dtype: of its variables; by default that of its first input.
      activity_regularizer: a function of the output that gives a loss.
      _scope: the variable scope to use, a name or a `VariableScope`.
      _reuse: whether to reuse variables, as in `tf.variable_scope`.

    Attributes:
      trainable: as given.
      built: whether the variables are there.
      input_spec: what it asks of its input, or None.
      activity_regularizer: as given.
      stateful: False.
    """

    def __init__(
        self,
        trainable: bool = True,
        name: Any = None,
        dtype: Any = None,
        activity_regularizer: Callable[..., Any] | None = None,
        **kwargs: Any,
    ) -> None:
        scope = kwargs.pop("_scope", None)
        self._reuse = kwargs.pop("_reuse", None)
        if kwargs:
            raise TypeError("Keyword argument not understood:", next(iter(kwargs)))
        self.trainable = trainable
        self.built = False
        self.stateful = False
        self.input_spec: InputSpec | None = None
        self.activity_regularizer = activity_regularizer
        self._dtype = None if dtype is None else as_dtype(dtype).base_dtype
        self._trainable_weights: list[Any] = []
        self._non_trainable_weights: list[Any] = []
        self._losses: list[Tensor] = []
        self._updates: list[Any] = []
        self._graph: Any = None
        self._set_name(name)
        self._scope: VariableScope | None = None
        self._current_scope: VariableScope | None = None
        self._takes_scope = "scope" in inspect.signature(self.call).parameters
        if scope:
            with variable_scope(scope) as captured:
                self._scope = captured

    def _set_name(self, name: Any) -> None:
        if isinstance(name, VariableScope):
            self._base_name: str = name.name
            self._name, _ = self._unique_name()
        elif name:
            self._base_name = self._name = name
        else:
            self._name, self._base_name = self._unique_name()

    def _unique_name(self) -> tuple[str, str]:
        """Return a name that no other layer of the graph has, and the one that it is made of."""
        base = snake_case(type(self).__name__)
        numbers: dict[str, int] = get_default_graph()._extra.setdefault("layer_numbers", {})
        numbers[base] = numbers.get(base, 0) + 1
        return f"{base}_{numbers[base]}", base

    @property
    def name(self) -> str:
        """The name that was given, or a unique one made of the class name."""
        return self._name

    @property
    def scope_name(self) -> str:
        """The name of its variable scope.

        Raises:
          ValueError: it was not called yet.
        """
        if self._scope is None:
            raise ValueError(
                f'No name available for layer scope because the layer "{self._name}" has not been '
                "used yet. The scope name is determined the first time the layer instance is "
                "called. You must therefore call the layer before querying `scope_name`."
            )
        return self._scope.name

    @property
    def dtype(self) -> str | None:
        """The name of the dtype of its variables; None before the first call."""
        return None if self._dtype is None else self._dtype.name

    @property
    def graph(self) -> Any:
        """The graph of its first call, or None."""
        return self._graph

    @property
    def _checkpoint_dependencies(self) -> list[tuple[str, Any]]:
        own = {name: value for name, value in vars(self).items() if not name.startswith("_")}
        return list(dependencies_in(own))

    @property
    def trainable_weights(self) -> list[Any]:
        """The variables that optimizers change."""
        return list(self._trainable_weights) if self.trainable else []

    @property
    def non_trainable_weights(self) -> list[Any]:
        """The other variables."""
        if self.trainable:
            return list(self._non_trainable_weights)
        return self._trainable_weights + self._non_trainable_weights

    @property
    def weights(self) -> list[Any]:
        """All variables."""
        return self.trainable_weights + self.non_trainable_weights

    @property
    def trainable_variables(self) -> list[Any]:
        """The variables that optimizers change."""
        return self.trainable_weights

    @property
    def non_trainable_variables(self) -> list[Any]:
        """The other variables."""
        return self.non_trainable_weights

    @property
    def variables(self) -> list[Any]:
        """All variables."""
        return self.weights

    @property
    def updates(self) -> list[Any]:
        """The operations that must run with a training step."""
        return list(self._updates) if self.trainable or self.stateful else []

    @property
    def losses(self) -> list[Tensor]:
        """The losses of regularizers."""
        return list(self._losses)

    def count_params(self) -> int:
        """Return the number of entries of all variables.

        Raises:
          ValueError: there are no variables yet.
        """
        if not self.built:
            raise ValueError(
                f"You tried to call `count_params` on {self.name}, but the layer isn't built. You "
                f"can build it manually via: `{self.name}.build(batch_input_shape)`."
            )
        return int(sum(np.prod(w.get_shape().as_list(), dtype=np.int64) for w in self.weights))

    def get_weights(self) -> list[Any]:
        """Return the values of all variables, in the default session."""
        return _session().run(self.weights) if self.weights else []

    def set_weights(self, weights: Any) -> None:
        """Set all variables in the default session, in the order of `weights`.

        Raises:
          ValueError: the number or a shape is another.
        """
        own, values = self.weights, list(weights)
        if len(own) != len(values):
            raise ValueError(
                f'You called `set_weights(weights)` on layer "{self.name}" with a  weight list of '
                f"length {len(values)}, but the layer was expecting {len(own)} weights. Provided "
                f"weights: {str(weights)[:50]}..."
            )
        session = _session()
        for variable, value in zip(own, values, strict=True):
            if tuple(variable.get_shape().as_list()) != np.shape(value):
                raise ValueError(
                    f"Layer weight shape {variable.get_shape()} not compatible with provided "
                    f"weight shape {np.shape(value)}"
                )
            variable.load(value, session)

    def add_loss(self, losses: Any, inputs: Any = None) -> None:
        """Add a loss tensor, or several, to the layer and to the REGULARIZATION_LOSSES."""
        given = losses if isinstance(losses, (list, tuple)) else [losses]
        added = [loss() if callable(loss) else loss for loss in given]
        added = [loss for loss in added if loss is not None]
        self._losses.extend(added)
        _extend_collection(GraphKeys.REGULARIZATION_LOSSES, added)

    def add_update(self, updates: Any, inputs: Any = None) -> None:
        """Add an operation that must run with a training step; it goes to the UPDATE_OPS."""
        for update in updates if isinstance(updates, (list, tuple)) else [updates]:
            made = update() if callable(update) else update
            self._updates.append(
                getattr(made, "op", made) if isinstance(made, TensorLike) else made
            )

    def get_losses_for(self, inputs: Any) -> list[Tensor]:
        """Return the losses; all of them depend on no input."""
        return self.losses if inputs is None else []

    def get_updates_for(self, inputs: Any) -> list[Any]:
        """Return the updates."""
        return self.updates

    def add_weight(
        self,
        name: str,
        shape: Any,
        dtype: Any = None,
        initializer: Any = None,
        regularizer: Callable[..., Any] | None = None,
        trainable: bool | None = None,
        constraint: Any = None,
        use_resource: bool | None = None,
        partitioner: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Return the variable `name` of the layer's scope, made where there is none yet.

        Args:
          name: below the scope's name.
          shape: the shape.
          dtype: the dtype; by default the layer's.
          initializer: a function or its name in Keras; by default the scope's, or
            `glorot_uniform_initializer`.
          regularizer: a function of the variable that gives a loss; used when it is made.
          trainable: whether optimizers change it; True by default.
          constraint: what optimizers apply to the value after an update.
          use_resource: whether it is a resource variable.
          partitioner: a function of (shape=, dtype=) that cuts the variable into slices.
          **kwargs: `synchronization` and `aggregation`, recorded in the variable.
        """
        is_trainable = trainable is not False and self.trainable
        existing = set(map(id, global_variables()))
        wanted = dtype or self._dtype or float32
        if isinstance(initializer, (str, dict)):
            initializer = keras_initializers.get(initializer)
        self._set_scope(None)
        assert self._scope is not None
        reuse = self.built or self._reuse
        with variable_scope(self._scope, reuse=reuse, auxiliary_name_scope=False) as scope:
            self._current_scope = scope
            with name_scope(self._name_scope()):
                variable = get_variable(
                    name,
                    shape=shape,
                    dtype=as_dtype(wanted),
                    initializer=scope.initializer if initializer is None else initializer,
                    trainable=is_trainable,
                    constraint=constraint,
                    partitioner=partitioner,
                    use_resource=use_resource or scope.use_resource,
                    **kwargs,
                )
                parts = list(variable) if isinstance(variable, PartitionedVariable) else [variable]
                if regularizer is not None and not any(id(part) in existing for part in parts):
                    for part in parts:
                        self._add_regularization(name, part, regularizer)
        known = set(map(id, trainable_variables()))
        for part in parts:
            is_listed = is_trainable and id(part) in known
            listed = self._trainable_weights if is_listed else self._non_trainable_weights
            if all(part is not other for other in listed):
                listed.append(part)
        return variable

    add_variable = add_weight

    def _add_regularization(
        self, name: str, variable: Any, regularizer: Callable[..., Any]
    ) -> None:
        with name_scope(name + "/Regularizer"):
            self.add_loss(regularizer(variable))

    def build(self, input_shape: Any) -> None:
        """Make the variables; called by the first call with the shape of the input."""
        self.built = True

    def call(self, inputs: Any, **kwargs: Any) -> Any:
        """Return the outputs for `inputs`."""
        return inputs

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """Return the shape of the output for an input of `input_shape`."""
        raise NotImplementedError

    def apply(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """Call the layer."""
        return self(inputs, *args, **kwargs)

    def _name_scope(self) -> str:
        assert self._current_scope is not None
        return self._current_scope.original_name_scope

    def _set_scope(self, scope: Any) -> None:
        if self._scope is not None:
            return
        if self._reuse:
            target = self._base_name if scope is None else scope
            with variable_scope(target) as captured:
                self._scope = captured
        else:
            with variable_scope(scope, default_name=self._base_name) as captured:
                self._scope = captured

    def __call__(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """Make the nodes of the layer for `inputs`, and its variables in the first call.

        Args:
          inputs: a tensor, or a structure of them.
          *args: further arguments of `call`.
          **kwargs: likewise; `scope` gives the variable scope of the first call.

        Raises:
          ValueError: the shape of the input does not fit, or the layer was made in another graph.
        """
        inputs = _as_tensors(inputs)
        first = inputs[0] if isinstance(inputs, (list, tuple)) else inputs
        self._set_scope(kwargs.pop("scope", None))
        self._note_graph(first)
        assert self._scope is not None
        reuse = True if self.built else self._reuse
        with variable_scope(self._scope, reuse=reuse, auxiliary_name_scope=False) as scope:
            self._current_scope = scope
            if self._takes_scope:
                kwargs["scope"] = scope
            with name_scope(self._name_scope()):
                self._build_once(inputs, first)
                outputs = self.call(inputs, *args, **kwargs)
                if self.activity_regularizer is not None:
                    self._add_activity_losses(outputs)
        _extend_collection(GraphKeys.UPDATE_OPS, self.updates)
        if not args:
            arguments = {name: value for name, value in kwargs.items() if name != "scope"}
            said = ScopedCall(self, inputs, arguments, outputs)
            for tensor in nest.flatten(outputs):
                if isinstance(tensor, Tensor):
                    tensor._scoped_call = said  # type: ignore[attr-defined]
        return outputs

    def _note_graph(self, first: Any) -> None:
        graph = graph_of([first])
        if self._graph is None:
            self._graph = graph
        elif self._graph is not graph:
            raise ValueError(
                "Input graph and Layer graph are not the same: the layer "
                f"{self.name!r} was used in another graph before."
            )

    def _build_once(self, inputs: Any, first: Any) -> None:
        if self.built:
            self._check_input(first)
            return
        if self._dtype is None and isinstance(first, TensorLike):
            self._dtype = first.dtype.base_dtype  # type: ignore[attr-defined]
        self._check_input(first)
        if isinstance(inputs, (list, tuple)):
            shape: Any = [item.get_shape() for item in inputs if hasattr(item, "get_shape")]
        else:
            shape = first.get_shape()
        self.build(shape)
        self.built = True
        self._check_input(first)

    def _check_input(self, first: Any) -> None:
        if isinstance(self.input_spec, InputSpec):
            self.input_spec.check(as_dims(first.get_shape()), self.name)

    def _add_activity_losses(self, outputs: Any) -> None:
        assert self.activity_regularizer is not None
        with name_scope("ActivityRegularizer"):
            for output in outputs if isinstance(outputs, (list, tuple)) else [outputs]:
                loss = self.activity_regularizer(output)
                if loss is not None:
                    batch = cast(shape_of(output)[0], loss.dtype)
                    self.add_loss(loss / batch)


def _as_tensors(inputs: Any) -> Any:
    """Return arrays and numbers as tensors; all else as it is."""
    if isinstance(inputs, (np.ndarray, float, int)):
        return convert_to_tensor(inputs)
    if isinstance(inputs, (list, tuple)) and any(
        isinstance(item, (np.ndarray, float, int)) for item in inputs
    ):
        return type(inputs)(_as_tensors(item) for item in inputs)
    return inputs
