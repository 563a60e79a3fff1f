"""`Layer`: a function of tensors with weights of its own, that can be part of a model.

A layer makes its weights in the first call and reuses them in each later one. Calls on tensors that
come from other layers are recorded, so that a model can be made of its inputs and outputs.

Source: TensorFlow 1.15, python/keras/engine/base_layer.py.
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np
from google.protobuf import json_format
from tensorboard.compat.proto.node_def_pb2 import NodeDef

import tensormill.api as tf
from tensormill.graph import nest
from tensormill.graph.converted_functions import converted
from tensormill.graph.func_graph import FuncGraph
from tensormill.keras import regularizers
from tensormill.keras.backend.state import floatx, get_session, get_uid, track_variable
from tensormill.keras.engine.calls import RecordedCalls
from tensormill.keras.engine.node import Node, has_history, tensors_in
from tensormill.keras.engine.owned import LayerWeights
from tensormill.keras.metric_base import Mean
from tensormill.layers.base import InputSpec, ScopedCall, snake_case
from tensormill.layers.base import Layer as ScopedLayer
from tensormill.layers.learning_phase import learning_phase

__all__ = ["InputSpec", "Layer", "TensorFlowOpLayer"]

_OWN_ARGUMENTS = ("input_shape", "batch_input_shape", "batch_size", "weights", "input_dtype")


class _Call(threading.local):
    """The calls that go on: how deep they are nested, and what the outermost said of training."""

    depth = 0
    training: Any = None


_call = _Call()


@contextmanager
def _entered(training: Any) -> Iterator[bool]:
    """Enter a call; yields whether it is the outermost."""
    before = _call.training
    _call.depth += 1
    if training is not None:
        _call.training = training
    try:
        yield _call.depth == 1
    finally:
        _call.depth -= 1
        _call.training = before


@cache
def _call_takes(function: Any, argument: str) -> bool:
    """Return whether a method has a parameter of a name, or takes all names."""
    parameters = inspect.signature(function).parameters
    return argument in parameters or any(
        each.kind is each.VAR_KEYWORD for each in parameters.values()
    )


@cache
def _needs(function: Any, argument: str) -> bool:
    """Return whether a method has a parameter without a default."""
    found = inspect.signature(function).parameters.get(argument)
    return found is not None and found.default is found.empty


class Layer(RecordedCalls, LayerWeights):
    """The base of layers. Subclasses make weights in `build` and nodes in `call`.

    Args:
      trainable: whether training changes the weights.
      name: the name; by default made of the class name.
      dtype: of the weights; by default that of the first input.
      dynamic: taken and ignored.
      **kwargs: `input_shape` or `batch_input_shape` for the first layer of a model, `batch_size`,
        `weights` for initial values, `activity_regularizer`.

    Attributes:
      built: whether the weights are there.
      input_spec: what it asks of its inputs: an InputSpec, a list of them, or None.
      supports_masking: whether masks are passed on.
      stateful: whether it keeps a state between batches.
    """

    def __init__(
        self,
        trainable: bool = True,
        name: str | None = None,
        dtype: Any = None,
        dynamic: bool = False,
        **kwargs: Any,
    ) -> None:
        self._init_lists()
        self._trainable = trainable
        self.stateful = False
        self.built = False
        self.input_spec: Any = None
        self.supports_masking = False
        self._activity_regularizer = regularizers.get(kwargs.pop("activity_regularizer", None))
        self._name = name or self._unique_name()
        self._dtype = None if dtype is None else tf.as_dtype(dtype).name
        unknown = [key for key in kwargs if key not in _OWN_ARGUMENTS and key != "autocast"]
        if unknown:
            raise TypeError("Keyword argument not understood:", unknown[0])
        self._initial_weights = kwargs.get("weights")
        if "batch_input_shape" in kwargs:
            self._batch_input_shape: Any = tuple(kwargs["batch_input_shape"])
        elif "input_shape" in kwargs:
            self._batch_input_shape = (kwargs.get("batch_size"), *tuple(kwargs["input_shape"]))

    def _unique_name(self) -> str:
        base = snake_case(type(self).__name__)
        number = get_uid(base) - 1
        return base if number == 0 else f"{base}_{number}"

    @property
    def dynamic(self) -> bool:
        """False."""
        return False

    @property
    def activity_regularizer(self) -> Any:
        """A function of the outputs that gives a loss, or None."""
        return self._activity_regularizer

    @activity_regularizer.setter
    def activity_regularizer(self, regularizer: Any) -> None:
        self._activity_regularizer = regularizer

    def add_metric(self, value: Any, aggregation: str | None = None, name: Any = None) -> None:
        """Add a tensor whose mean is reported in training, or the result of a metric.

        Args:
          value: the tensor.
          aggregation: "mean" for its mean; None for the result of a metric.
          name: what it is called in reports; that of the metric by default.

        Raises:
          ValueError: it has no name, or there is no such aggregation, or it is no metric's result.
        """
        if aggregation not in (None, "mean"):
            raise ValueError(
                "We currently support only `mean` sample-wise metric aggregation. You provided "
                f"aggregation=`{aggregation}`"
            )
        metric = getattr(value, "_metric_obj", None)
        if metric is None and name is None:
            raise ValueError(
                "Please provide a name for your metric like `self.add_metric(tf.reduce_sum(inputs),"
                " name='mean_activation', aggregation='mean')`"
            )
        if not is_tensor_of_graph(value):
            raise ValueError(f"Expected a symbolic Tensor for the metric value, received: {value}")
        name = name if metric is None else metric.name
        known = next((each for each in self._own_metrics if each.name == name), metric)
        if aggregation is None:
            if known is None:
                raise ValueError(
                    "We do not support adding an aggregated metric result tensor that is not the "
                    "output of a `tf.keras.metrics.Metric` metric instance. Without having access "
                    "to the metric instance we cannot reset the state of a metric after every "
                    "epoch during training. You can create a `tf.keras.metrics.Metric` instance "
                    "and pass the result here or pass an un-aggregated result with `aggregation` "
                    "parameter set as `mean`."
                )
        elif metric is None:
            known = known or Mean(name=name)
            known(value)
        if not any(known is each for each in self._own_metrics):
            self._own_metrics.append(known)

    def build(self, input_shape: Any) -> None:
        """Make the weights; called by the first call with the shapes of the inputs."""
        self.built = True

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """Return the outputs for inputs, the first argument."""
        return args[0]

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Return the mask of the outputs."""
        return mask if self.supports_masking else None

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the outputs for inputs of a shape, found by a call in a function."""
        with FuncGraph("graph").building():
            inputs = nest.map_structure(
                lambda each: tf.placeholder(self.dtype or floatx(), each), _as_shapes(input_shape)
            )
            outputs = self(inputs)
        return nest.map_structure(lambda each: each.get_shape(), outputs)

    def compute_output_signature(self, input_signature: Any) -> Any:
        """Return the `tf.TensorSpec` of the outputs for inputs of given ones.

        Raises:
          TypeError: something in the structure is no `tf.TensorSpec`.
        """
        specs = nest.flatten(input_signature)
        for spec in specs:
            if not isinstance(spec, tf.TensorSpec):
                raise TypeError(f"Only TensorSpec signature types are supported, but saw {spec}.")
        shapes = nest.map_structure(lambda spec: spec.shape, input_signature)
        dtype = specs[0].dtype if self.dtype is None else self.dtype
        return nest.map_structure(
            lambda shape: tf.TensorSpec(shape, dtype), self.compute_output_shape(shapes)
        )

    def apply(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """Call the layer."""
        return self(inputs, *args, **kwargs)

    def __call__(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """Make the nodes of the layer for `inputs`, and its weights in the first call.

        Args:
          inputs: a tensor, or a structure of them.
          *args: further arguments of `call`.
          **kwargs: likewise.

        Raises:
          ValueError: the inputs are not as the layer wants them.
        """
        inputs = _as_tensors(inputs)
        if _call.depth == 0 and not tf.get_default_graph().building_function:
            give_history(inputs)
        said = dict(kwargs)
        training, mask = self._complete_arguments(inputs, args, kwargs)
        with _entered(training) as is_outermost:
            self._check_inputs(inputs)
            with tf.name_scope(self._name_scope()):
                self._build_once(inputs)
                outputs = converted(self.call)(inputs, *args, **kwargs)
                if outputs is None:
                    raise ValueError(
                        "A layer's `call` method should return a Tensor or a list of Tensors, not "
                        f"None (layer: {self.name})."
                    )
                self._add_activity_losses(outputs)
        self._set_masks(inputs, outputs, mask)
        if is_outermost:
            outputs = self._note_call(inputs, args, said, outputs)
        return outputs

    def _takes(self, argument: str) -> bool:
        """Return whether `call` can be given an argument by a name."""
        return _call_takes(type(self).call, argument)

    def _name_scope(self) -> str:
        return self.name

    def _complete_arguments(
        self, inputs: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[Any, Any]:
        """Add what the call was not told, masks and whether it is training; return that, and masks.

        What `call` does not take of training, the layers within are told alone.
        """
        mask = kwargs.get("mask")
        masks = [getattr(each, "_keras_mask", None) for each in tensors_in(inputs)]
        if mask is None and any(each is not None for each in masks):
            mask = masks if isinstance(inputs, (list, tuple)) else masks[0]
            if self._takes("mask"):
                kwargs["mask"] = mask
        by_place = list(inspect.signature(self.call).parameters)[1 : len(args) + 1]
        says_nothing = kwargs.get("training") is None and "training" not in by_place
        if not self._takes("training"):
            return kwargs.pop("training", None), mask
        if says_nothing:
            if _call.training is not None:
                kwargs["training"] = _call.training
            elif _needs(type(self).call, "training"):
                kwargs["training"] = learning_phase()
            else:
                kwargs.pop("training", None)
        return kwargs.get("training"), mask

    def _build_once(self, inputs: Any) -> None:
        if self.built:
            return
        tensors = tensors_in(inputs)
        if self._dtype is None and tensors and tensors[0].dtype.base_dtype.is_floating:
            self._dtype = tensors[0].dtype.base_dtype.name
        shapes = nest.map_structure(
            lambda each: each.get_shape() if hasattr(each, "get_shape") else None, inputs
        )
        if tf.get_default_graph().building_function:
            # The weights outlive the function.
            with tf.init_scope():
                self.build(shapes)
        else:
            self.build(shapes)
        self.built = True
        if self._initial_weights is not None:
            self.set_weights(self._initial_weights)
            self._initial_weights = None

    def _check_inputs(self, inputs: Any) -> None:
        specs = self.input_spec
        if specs is None:
            return
        specs = nest.flatten(specs)
        tensors = nest.flatten(inputs)
        if len(tensors) != len(specs):
            raise ValueError(
                f"Layer {self.name} expects {len(specs)} inputs, but it received {len(tensors)} "
                f"input tensors. Inputs received: {inputs}"
            )
        for index, (spec, tensor) in enumerate(zip(specs, tensors, strict=True)):
            if isinstance(spec, InputSpec) and hasattr(tensor, "get_shape"):
                dims = tensor.get_shape()
                known = None if dims.ndims is None else tuple(dims.as_list())
                spec.check(known, self.name, tensor.dtype.base_dtype, index)

    def _add_activity_losses(self, outputs: Any) -> None:
        if self._activity_regularizer is None:
            return
        with tf.name_scope("ActivityRegularizer"):
            for output in nest.flatten(outputs):
                loss = self._activity_regularizer(output)
                self.add_loss(loss / tf.cast(tf.shape(output)[0], loss.dtype))

    def _set_masks(self, inputs: Any, outputs: Any, mask: Any) -> None:
        tensors = tensors_in(outputs)
        if all(hasattr(each, "_keras_mask") for each in tensors):
            return
        found: Any = self.compute_mask(inputs, mask)
        masks = list(found) if isinstance(found, (list, tuple)) else [found] * len(tensors)
        for tensor, each in zip(tensors, masks, strict=False):
            if not hasattr(tensor, "_keras_mask"):
                tensor._keras_mask = each

    def _note_call(self, inputs: Any, args: Any, kwargs: dict[str, Any], outputs: Any) -> Any:
        """Record a call on tensors from other layers; return the outputs."""
        tensors = tensors_in(inputs)
        if not tensors or not all(map(has_history, tensors)):
            return outputs
        known = set(map(id, tensors))
        outputs = nest.map_structure(
            lambda each: _renamed(each) if id(each) in known else each, outputs
        )
        arguments = dict(kwargs)
        if args:
            names = list(inspect.signature(self.call).parameters)[1:]
            arguments.update(zip(names, args, strict=False))
        if all(isinstance(each, tf.Tensor) for each in nest.flatten(outputs)):
            Node(self, inputs, arguments, outputs)
        return outputs

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor as plain data.

        Raises:
          NotImplementedError: the constructor has arguments that this class does not know.
        """
        config: dict[str, Any] = {"name": self.name, "trainable": self.trainable}
        if hasattr(self, "_batch_input_shape"):
            config["batch_input_shape"] = self._batch_input_shape
        config["dtype"] = self.dtype
        if type(self).get_config is Layer.get_config:
            own = set(inspect.signature(type(self).__init__).parameters)
            if own - {"self", "args", "kwargs", *config, "dynamic"}:
                raise NotImplementedError(
                    "Layers with arguments in `__init__` must override `get_config`."
                )
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Return the layer of these settings."""
        return cls(**config)


def is_tensor_of_graph(value: Any) -> bool:
    """Return whether something is a dense or a sparse tensor of a graph."""
    return isinstance(value, (tf.Tensor, tf.SparseTensor))


def _as_shapes(input_shape: Any) -> Any:
    """Return a structure of shapes with TensorShape as leaves."""
    if isinstance(input_shape, tf.TensorShape):
        return input_shape
    if isinstance(input_shape, (list, tuple)) and any(
        isinstance(each, (list, tuple, tf.TensorShape)) for each in input_shape
    ):
        return [_as_shapes(each) for each in input_shape]
    return tf.TensorShape(input_shape)


def _renamed(tensor: Any) -> Any:
    """Return an input that a layer returned under a name of its own."""
    made: Any = tf.identity(tensor)
    if hasattr(tensor, "_keras_mask"):
        made._keras_mask = tensor._keras_mask
    return made


def _as_tensors(inputs: Any) -> Any:
    """Return arrays and numbers as tensors; all else as it is."""
    return nest.map_structure(
        lambda each: (
            tf.convert_to_tensor(each)
            if isinstance(each, (np.ndarray, float, int)) and not isinstance(each, bool)
            else each
        ),
        inputs,
    )


class TensorFlowOpLayer(Layer):
    """Stands for a node that a program made of the outputs of layers.

    Args:
      node_def: the node, as a NodeDef or its text in JSON.
      constants: the inputs that come from no layer, by their index.
      trainable: taken and ignored.
      name: the name; by default made of that of the node.
      dtype: taken and ignored.
    """

    def __init__(
        self, node_def: Any, constants: Any = None, trainable: bool = True,
        name: str | None = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        if isinstance(node_def, str):
            node_def = json_format.Parse(node_def, NodeDef())
        super().__init__(trainable=trainable, name=name or f"tf_op_layer_{node_def.name}")
        self.node_def = node_def
        self.constants = {int(index): value for index, value in (constants or {}).items()}
        self.built = True

    @classmethod
    def of(cls, op: Any) -> TensorFlowOpLayer:
        """Return the layer of an operation."""
        fixed = {index: tensor for index, tensor in enumerate(op.inputs) if not has_history(tensor)}
        return cls(op.node_def, fixed)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor; the inputs from no layer as their values."""
        values = {
            index: get_session().run(value) if isinstance(value, tf.Tensor) else value
            for index, value in self.constants.items()
        }
        own = {"node_def": json_format.MessageToJson(self.node_def), "constants": values}
        return {**super().get_config(), **own}

    def call(self, inputs: Any, **kwargs: Any) -> Any:
        """Return the outputs of the same operation for other inputs."""
        given = iter(nest.flatten(inputs))
        node = self.node_def
        count = sum(not name.startswith("^") for name in node.input)
        tensors = [
            tf.convert_to_tensor(self.constants[index]) if index in self.constants else next(given)
            for index in range(count)
        ]
        attrs = {name: value for name, value in node.attr.items() if not name.startswith("_")}
        made = tf.get_default_graph().create_op(
            node.op, tensors, attrs=attrs, name=node.name.split("/")[-1]
        )
        return made.outputs[0] if len(made.outputs) == 1 else list(made.outputs)


class ScopedLayerUse(Layer):
    """Stands for a layer of `tf.layers` in a model: its weights are those of that layer.

    Args:
      layer: the layer.
    """

    def __init__(self, layer: ScopedLayer) -> None:
        super().__init__(name=layer.name, trainable=layer.trainable)
        self.layer = layer
        self.built = layer.built
        self._track_weights()

    def _track_weights(self) -> None:
        for variable in self.layer.weights:
            track_variable(variable)

    @classmethod
    def of(cls, layer: ScopedLayer) -> ScopedLayerUse:
        """Return what stands for a layer, each time the same."""
        made: ScopedLayerUse | None = layer.__dict__.get("_keras_use")
        if made is None:
            made = layer.__dict__["_keras_use"] = cls(layer)
        return made

    def call(self, inputs: Any, **kwargs: Any) -> Any:
        """Return what the layer gives for other inputs."""
        known = inspect.signature(self.layer.call).parameters
        made = self.layer(inputs, **{name: kwargs[name] for name in kwargs if name in known})
        self._track_weights()
        return made


def give_history(inputs: Any) -> None:
    """Record the nodes between layers and tensors that a program made of their outputs."""
    depends: dict[int, bool] = {}
    for tensor in tensors_in(inputs):
        if isinstance(tensor, tf.Tensor) and not has_history(tensor):
            _record_ops(tensor.op, depends)


def _record_ops(target: Any, depends: dict[int, bool]) -> None:
    """Record an operation and those before it, where they depend on layers.

    Args:
      target: the operation.
      depends: what is known of operations: whether they depend on layers; is added to.
    """
    stack = [target]
    while stack:
        op = stack[-1]
        if id(op) in depends and depends[id(op)] is not False:
            stack.pop()
            continue
        use = _scoped_call(op)
        before = op.inputs if use is None else tensors_in(use.inputs)
        waiting = [
            tensor.op
            for tensor in before
            if not has_history(tensor) and id(tensor.op) not in depends
        ]
        if waiting and id(op) not in depends:
            depends[id(op)] = False  # as far as is known, should the nodes form a loop
            stack.extend(waiting)
            continue
        stack.pop()
        from_layers = [tensor for tensor in before if has_history(tensor)]
        depends[id(op)] = bool(from_layers)
        if not from_layers or any(map(has_history, op.outputs)) or not op.outputs:
            continue
        if use is not None:
            Node(ScopedLayerUse.of(use.layer), use.inputs, use.arguments, use.outputs)
        else:
            layer = TensorFlowOpLayer.of(op)
            one = len(op.outputs) == 1
            Node(
                layer,
                from_layers[0] if len(from_layers) == 1 else from_layers,
                {},
                op.outputs[0] if one else list(op.outputs),
            )


def _scoped_call(op: Any) -> ScopedCall | None:
    """Return the call of a layer of `tf.layers` that an operation gives the result of."""
    found = (getattr(tensor, "_scoped_call", None) for tensor in op.outputs)
    return next((each for each in found if each is not None), None)
