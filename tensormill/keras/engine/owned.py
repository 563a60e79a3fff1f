"""What a layer owns: weights, those of layers within, losses, updates and metrics.

Source: TensorFlow 1.15, python/keras/engine/base_layer.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import tensormill.api as tf
from tensormill.graph import nest
from tensormill.keras import constraints, initializers, regularizers
from tensormill.keras.backend.state import floatx, track_variable
from tensormill.keras.backend.values import batch_get_value, batch_set_value
from tensormill.keras.engine.node import tensors_in
from tensormill.keras.engine.reachable import reachable_from
from tensormill.layers.base import Layer as ScopedLayer
from tensormill.variables.base import VariableBase
from tensormill.variables.template import Template
from tensormill.variables.tracking import dependencies_in

__all__ = ["LayerWeights"]

_NOT_SEARCHED = frozenset(
    {
        "_inbound_nodes", "_outbound_nodes", "_losses", "_updates", "_own_metrics", "input_spec",
        "_compile_settings",
    }
)  # fmt: skip
_WEIGHT_LISTS = ("_trainable_weights", "_non_trainable_weights")
_LAYER_LISTS = ("_further_layers", "_input_layers", "_output_layers")


def found_in(value: Any, kind: Any) -> Iterator[Any]:
    """Yield what is of a kind in an attribute: itself, or within lists, tuples and dicts."""
    if isinstance(value, kind):
        yield value
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from found_in(each, kind)
    elif isinstance(value, dict):
        for each in value.values():
            yield from found_in(each, kind)


def once(items: list[Any]) -> list[Any]:
    """Return the items, each where it stands first."""
    known: dict[int, Any] = {}
    for item in items:
        known.setdefault(id(item), item)
    return list(known.values())


class OwnedLayers(list[Any]):
    """The layers of an owner, as they are now; what is added here belongs to the owner, too."""

    def __init__(self, owner: LayerWeights) -> None:
        super().__init__(owner._sublayers())
        self._owner = owner

    def append(self, layer: Any) -> None:
        """Add a layer."""
        self.extend([layer])

    def extend(self, layers: Any) -> None:
        """Add several layers."""
        added = list(layers)
        super().extend(added)
        further = self._owner.__dict__.get("_further_layers", [])
        self._owner._further_layers = [*further, *added]


class LayerWeights:
    """What has weights, and other such things among its attributes.

    Attributes:
      built: whether the weights are there.
      stateful: whether it keeps a state between batches.
    """

    built: bool
    stateful: bool
    _name: str
    _dtype: Any
    _trainable: bool
    _trainable_weights: list[Any]
    _non_trainable_weights: list[Any]
    _losses: list[Any]
    _updates: list[Any]
    _own_metrics: list[Any]
    _inbound_nodes: list[Any]
    _further_layers: list[Any]

    @property
    def name(self) -> str:
        """The name."""
        return self._name

    @property
    def dtype(self) -> Any:
        """The name of the dtype of the weights, None before the first call."""
        return self._dtype

    def _init_lists(self) -> None:
        """Make the lists that attributes are noted in; done once, whoever comes first."""
        if "_trainable_weights" in self.__dict__:
            return
        for name in (
            "_trainable_weights", "_non_trainable_weights", "_losses", "_updates",
            "_own_metrics", "_inbound_nodes", "_outbound_nodes",
        ):  # fmt: skip
            object.__setattr__(self, name, [])

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute; variables that a program sets are weights."""
        self._init_lists()
        if name in self.__dict__:
            self._forget_weights(name)
        if not name.startswith("_keras") and name not in _NOT_SEARCHED:
            for variable in found_in(value, VariableBase):
                self._note_weight(variable)
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        """Remove an attribute; variables that no other attribute holds are weights no more."""
        if name in self.__dict__:
            self._forget_weights(name)
        super().__delattr__(name)

    def _forget_weights(self, name: str) -> None:
        """Forget the variables of an attribute, where no other one holds them."""
        if name.startswith("_keras") or name in _NOT_SEARCHED or name in _WEIGHT_LISTS:
            return
        held = list(found_in(self.__dict__[name], VariableBase))
        if not held:
            return
        others = {
            id(variable)
            for other, value in self.__dict__.items()
            if other != name and other not in _NOT_SEARCHED and other not in _WEIGHT_LISTS
            for variable in found_in(value, VariableBase)
        }
        gone = {id(variable) for variable in held} - others
        for listed in (self._trainable_weights, self._non_trainable_weights):
            listed[:] = [each for each in listed if id(each) not in gone]

    @property
    def _layers(self) -> list[Any]:
        """The layers among the attributes; a program may add others, or set the list."""
        return OwnedLayers(self)

    @_layers.setter
    def _layers(self, value: Any) -> None:
        self._further_layers = list(value)

    @property
    def submodules(self) -> tuple[Any, ...]:
        """The layers among the attributes, and those within them."""
        found: list[Any] = []
        for layer in self._sublayers():
            found.append(layer)
            found.extend(getattr(layer, "submodules", ()))
        return tuple(once(found))

    def _note_weight(self, variable: Any) -> None:
        known = self._trainable_weights + self._non_trainable_weights
        if any(variable is each for each in known):
            return
        listed = self._trainable_weights if variable.trainable else self._non_trainable_weights
        listed.append(variable)
        track_variable(variable)

    @property
    def _checkpoint_dependencies(self) -> list[tuple[str, Any]]:
        own = {
            name: value
            for name, value in self.__dict__.items()
            if name not in _NOT_SEARCHED and name not in _WEIGHT_LISTS + _LAYER_LISTS
        }
        return list(dependencies_in(own))

    def _sublayers(self) -> list[Any]:
        """Return the layers among the attributes."""
        found: list[Any] = []
        for name, value in self.__dict__.items():
            if name not in _NOT_SEARCHED:
                found.extend(found_in(value, (LayerWeights, ScopedLayer)))
        return once(found)

    def _weight_holders(self) -> list[Any]:
        """Return what has weights among the attributes: layers and templates."""
        found = self._sublayers()
        for name, value in self.__dict__.items():
            if name not in _NOT_SEARCHED:
                found.extend(found_in(value, Template))
        return once(found)

    @property
    def trainable(self) -> bool:
        """Whether training changes the weights; setting it sets that of layers within, too."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = value
        for layer in self._sublayers():
            layer.trainable = value

    @property
    def trainable_weights(self) -> list[Any]:
        """The weights that training changes, with those of layers within."""
        if not self.trainable:
            return []
        inner = [each for holder in self._weight_holders() for each in holder.trainable_weights]
        return once(self._trainable_weights + inner)

    @property
    def non_trainable_weights(self) -> list[Any]:
        """The other weights."""
        holders = self._weight_holders()
        own = self._non_trainable_weights
        if self.trainable:
            inner = [each for holder in holders for each in holder.non_trainable_weights]
            return once(own + inner)
        inner = [each for holder in holders for each in holder.weights]
        return once(self._trainable_weights + own + inner)

    @property
    def weights(self) -> list[Any]:
        """All weights."""
        return once(self.trainable_weights + self.non_trainable_weights)

    trainable_variables = property(lambda self: self.trainable_weights)
    non_trainable_variables = property(lambda self: self.non_trainable_weights)
    variables = property(lambda self: self.weights)

    def count_params(self) -> int:
        """Return the number of entries of all weights.

        Raises:
          ValueError: there are no weights yet.
        """
        if not self.built:
            raise ValueError(
                f"You tried to call `count_params` on {self.name}, but the layer isn't built. You "
                f"can build it manually via: `{self.name}.build(batch_input_shape)`."
            )
        return int(sum(np.prod(each.get_shape().as_list()) for each in self.weights))

    def add_weight(
        self,
        name: str | None = None,
        shape: Any = None,
        dtype: Any = None,
        initializer: Any = None,
        regularizer: Any = None,
        trainable: bool | None = None,
        constraint: Any = None,
        partitioner: Any = None,
        use_resource: bool | None = None,
        synchronization: Any = None,
        aggregation: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Return a new weight.

        Args:
          name: its name, below that of the layer.
          shape: the shape; a scalar by default.
          dtype: by default that of the layer.
          initializer: glorot_uniform by default for floats, else zeros.
          regularizer: a function of the weight that gives a loss.
          trainable: whether training changes it; True by default.
          constraint: what is applied to it after each update.
          partitioner: taken and ignored.
          use_resource: whether it is a resource variable; True by default.
          synchronization: recorded in the variable.
          aggregation: recorded in the variable.
          **kwargs: `collections`, `getter`, `experimental_autocast`.
        """
        wanted = tf.as_dtype(dtype or self.dtype or floatx())
        if self._dtype is None:
            self._dtype = wanted.base_dtype.name
        make = initializers.get(initializer)
        if make is None:
            make = initializers.glorot_uniform() if wanted.is_floating else initializers.zeros()
        dims = () if shape is None else tuple(tf.TensorShape(shape).as_list())
        weight = tf.Variable(
            lambda: make(dims, dtype=wanted),
            name=name,
            dtype=wanted,
            trainable=trainable is not False,
            constraint=constraints.get(constraint),
            use_resource=True if use_resource is None else use_resource,
            collections=kwargs.get("collections"),
            synchronization=synchronization,
            aggregation=aggregation,
        )
        self._note_weight(weight)
        penalty = regularizers.get(regularizer)
        if penalty is not None:
            with tf.name_scope(f"{name or 'weight'}/Regularizer"):
                self.add_loss(penalty(weight))
        return weight

    def add_variable(self, *args: Any, **kwargs: Any) -> Any:
        """Return a new weight."""
        return self.add_weight(*args, **kwargs)

    def get_weights(self) -> list[Any]:
        """Return the values of all weights."""
        return batch_get_value(self.weights)

    def set_weights(self, weights: Any) -> None:
        """Set all weights, in the order of `weights`.

        Raises:
          ValueError: the number or a shape is another.
        """
        own = self.weights
        if len(own) != len(weights):
            raise ValueError(
                f'You called `set_weights(weights)` on layer "{self.name}" with a  weight list of '
                f"length {len(weights)}, but the layer was expecting {len(own)} weights. Provided "
                f"weights: {str(weights)[:50]}..."
            )
        for variable, value in zip(own, weights, strict=True):
            if tuple(variable.get_shape().as_list()) != np.shape(value):
                raise ValueError(
                    f"Layer weight shape {variable.get_shape()} not compatible with provided "
                    f"weight shape {np.shape(value)}"
                )
        batch_set_value(list(zip(own, weights, strict=True)))

    @property
    def losses(self) -> list[Any]:
        """The losses that were added, with those of layers within."""
        inner = [each for layer in self._sublayers() for each in layer.losses]
        return once(self._losses + inner)

    @property
    def updates(self) -> list[Any]:
        """What must run with a training step."""
        if not self.trainable and not self.stateful:
            return []
        inner = [each for layer in self._sublayers() for each in layer.updates]
        return once(self._updates + inner)

    def add_loss(self, losses: Any, inputs: Any = None) -> None:
        """Add a loss, or several, to what training minimises."""
        for loss in nest.flatten(losses):
            made = loss() if callable(loss) else loss
            if made is not None and not _is_in_function(made):
                self._losses.append(tf.convert_to_tensor(made))

    def add_update(self, updates: Any, inputs: Any = None) -> None:
        """Add what must run with a training step: operations, or pairs (variable, value)."""
        for update in updates if isinstance(updates, list) else [updates]:
            made = update() if callable(update) else update
            if isinstance(made, tuple):
                made = tf.assign(*made)
            if made is not None and not _is_in_function(made):
                self._updates.append(getattr(made, "op", made))

    def get_losses_for(self, inputs: Any) -> list[Any]:
        """Return the losses that depend on some inputs; for None those that depend on none."""
        return self._for_inputs(self.losses, inputs)

    def get_updates_for(self, inputs: Any) -> list[Any]:
        """Return the updates that depend on some inputs; for None those that depend on none."""
        return self._for_inputs(self.updates, inputs)

    def _for_inputs(self, targets: list[Any], inputs: Any) -> list[Any]:
        if inputs is None:
            own = [each for node in self._inbound_nodes for each in tensors_in(node.inputs)]
            dependent = set(map(id, reachable_from(own, targets)))
            return [each for each in targets if id(each) not in dependent]
        return reachable_from(tensors_in(inputs), targets)

    @property
    def metrics(self) -> list[Any]:
        """The metrics that were added, with those of layers within."""
        return self._added_metrics()

    def _added_metrics(self) -> list[Any]:
        """Return the metrics of layers: not those that a model within was compiled with."""
        inner = [
            each
            for layer in self._sublayers()
            if hasattr(layer, "_added_metrics")
            for each in layer._added_metrics()
        ]
        return once(self._own_metrics + inner)


def _is_in_function(made: Any) -> bool:
    """Return whether something belongs to the body of a function: training does not see it."""
    graph = getattr(made, "graph", None)
    return graph is not None and bool(graph.building_function)
