"""`Optimizer`: the base of the optimizers of Keras.

An optimizer keeps the number of steps and slots for each weight. Its settings (`optimizer.lr`) are
variables as soon as they are asked for, so that they can be changed between steps.

Source: TensorFlow 1.15, python/keras/optimizer_v2/.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import tensormill.api as tf
from tensormill.graph.indexed_slices import IndexedSlices
from tensormill.keras import learning_rates
from tensormill.keras.backend.state import floatx, track_variable
from tensormill.keras.backend.values import batch_get_value, batch_set_value
from tensormill.keras.learning_rates import LearningRateSchedule
from tensormill.keras.objects import serialize_keras_object

__all__ = ["Optimizer"]


class Optimizer:
    """The base of optimizers. Subclasses define `_update_dense` and `_update_sparse`.

    Args:
      name: the name of the nodes.
      **kwargs: `clipnorm` and `clipvalue`, which limit each gradient; `lr` for `learning_rate`;
        `decay`, by which the learning rate falls with the number of steps.

    Attributes:
      slots: the names of the slots that each weight has.
    """

    slots: tuple[str, ...] = ()
    _settings: tuple[str, ...] = ()

    def __init__(self, name: str, **kwargs: Any) -> None:
        for key in kwargs:
            if key not in {"clipnorm", "clipvalue", "lr", "decay"}:
                raise TypeError(f"Unexpected keyword argument passed to optimizer: {key}")
            if kwargs[key] is not None and kwargs[key] < 0:
                raise ValueError(f"Expected {key} >= 0, received: {kwargs[key]}")
        self._name = name
        self._hyper: dict[str, Any] = {}
        self._slot_variables: dict[tuple[str, str], Any] = {}
        self._weights: list[Any] = []
        self._iterations: Any = None
        self._decay = kwargs.pop("decay", 0.0) or 0.0
        for key in ("clipnorm", "clipvalue"):
            if key in kwargs:
                setattr(self, key, kwargs[key])

    def _set_hyper(self, name: str, value: Any) -> None:
        if name not in self._hyper or not isinstance(self._hyper[name], tf.Variable):
            self._hyper[name] = value
        else:
            batch_set_value([(self._hyper[name], value)])

    def _get_hyper(self, name: str, dtype: Any = None) -> Any:
        value = self._hyper[name]
        if isinstance(value, LearningRateSchedule):
            return value
        value = value() if callable(value) else value
        return value if dtype is None else tf.cast(value, dtype)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "_hyper" not in self.__dict__:
            raise AttributeError(name)
        name = "learning_rate" if name == "lr" else name
        if name in self._hyper:
            return self._hyper_variable(name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        known = self.__dict__.get("_hyper", {})
        name = "learning_rate" if name == "lr" else name
        if name in known:
            self._set_hyper(name, value)
        else:
            super().__setattr__(name, value)

    def _hyper_variable(self, name: str) -> Any:
        """Return a setting as a variable, so that it can be changed between steps."""
        value = self._hyper[name]
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            with tf.init_scope():
                value = self._hyper[name] = self._new_variable(name, float(value), floatx())
        return value

    def _new_variable(self, name: str, value: Any, dtype: Any) -> Any:
        made = tf.Variable(
            value, name=f"{self._name}/{name}", dtype=dtype, trainable=False, use_resource=True
        )
        track_variable(made)
        return made

    @property
    def iterations(self) -> Any:
        """The number of steps."""
        if self._iterations is None:
            with tf.init_scope():
                self._iterations = self._new_variable("iter", 0, tf.int64)
            self._weights.insert(0, self._iterations)
        return self._iterations

    @iterations.setter
    def iterations(self, variable: Any) -> None:
        self._iterations = variable
        self._weights.insert(0, variable)

    @property
    def _checkpoint_dependencies(self) -> list[tuple[str, Any]]:
        steps = [] if self._iterations is None else [("iter", self._iterations)]
        hyper = [(n, v) for n, v in self._hyper.items() if isinstance(v, tf.Variable)]
        return [*steps, *hyper]

    @property
    def weights(self) -> list[Any]:
        """The number of steps and the slots."""
        return list(self._weights)

    def variables(self) -> list[Any]:
        """Return the number of steps and the slots."""
        return self.weights

    def get_weights(self) -> list[Any]:
        """Return the values of `weights`."""
        return batch_get_value(self.weights)

    def set_weights(self, weights: Any) -> None:
        """Set the `weights`.

        Raises:
          ValueError: the number or a shape is another.
        """
        own = self.weights
        if len(own) != len(weights):
            raise ValueError(
                f"You called `set_weights(weights)` on optimizer {self._name} with a  weight list "
                f"of length {len(weights)}, but the optimizer was expecting {len(own)} weights. "
                f"Provided weights: {str(weights)[:50]}..."
            )
        for variable, value in zip(own, weights, strict=True):
            shape = tuple(variable.get_shape().as_list())
            if shape != np.shape(value):
                raise ValueError(
                    f"Optimizer weight shape {shape} not compatible with provided weight shape "
                    f"{np.shape(value)}"
                )
        batch_set_value(list(zip(own, weights, strict=True)))

    def get_gradients(self, loss: Any, params: Any) -> list[Any]:
        """Return the gradients of a loss, clipped as the optimizer says.

        Raises:
          ValueError: a weight has none.
        """
        grads = tf.gradients(loss, params)
        for grad, param in zip(grads, params, strict=True):
            if grad is None:
                raise ValueError(
                    f"Variable {param} has `None` for gradient. Please make sure that all of your "
                    "ops have a gradient defined (i.e. are differentiable). Common ops without "
                    "gradient: K.argmax, K.round, K.eval."
                )
        return self._clipped(grads)

    def _clipped(self, grads: list[Any]) -> list[Any]:
        if getattr(self, "clipnorm", None):
            grads = [tf.clip_by_norm(grad, self.clipnorm) for grad in grads]
        if getattr(self, "clipvalue", None):
            limit = self.clipvalue
            grads = [tf.clip_by_value(grad, -limit, limit) for grad in grads]
        return grads

    def get_updates(self, loss: Any, params: Any) -> list[Any]:
        """Return the operation of a step, in a list."""
        grads = self.get_gradients(loss, params)
        return [self.apply_gradients(zip(grads, params, strict=True))]

    def minimize(
        self, loss: Any, var_list: Any = None, grad_loss: Any = None, name: str | None = None
    ) -> Any:
        """Return the operation of a step that makes `loss` smaller.

        Args:
          loss: a tensor, or a function that makes it.
          var_list: the variables to change, or a function that gives them.
          grad_loss: the gradient of what comes after the loss.
          name: the name of the operation.
        """
        value = loss() if callable(loss) else loss
        variables = var_list() if callable(var_list) else var_list
        variables = list(variables if variables is not None else tf.trainable_variables())
        grads = tf.gradients(value, variables, grad_ys=grad_loss)
        pairs = [pair for pair in zip(grads, variables, strict=True) if pair[0] is not None]
        clipped = self._clipped([grad for grad, _ in pairs])
        return self.apply_gradients(
            zip(clipped, [variable for _, variable in pairs], strict=True), name=name
        )

    def apply_gradients(self, grads_and_vars: Any, name: str | None = None) -> Any:
        """Return the operation that changes variables by gradients, from pairs of them.

        Raises:
          ValueError: no variable has a gradient.
        """
        pairs = [(grad, variable) for grad, variable in grads_and_vars if grad is not None]
        if not pairs:
            raise ValueError("No gradients provided for any variable.")
        count = self.iterations
        for _, variable in pairs:
            for slot in self.slots:
                self.add_slot(variable, slot)
        with tf.name_scope(name or self._name):
            rate = self._decayed_rate()
            step = self._step_values(rate)
            updates = []
            for grad, variable in pairs:
                with tf.name_scope(f"update_{variable.op.name}".replace("/", "_")):
                    updates.append(self._update(grad, variable, step))
            with tf.control_dependencies([getattr(each, "op", each) for each in updates]):
                return count.assign_add(1).op

    def _decayed_rate(self) -> Any:
        self._hyper_variable("learning_rate")
        rate = self._get_hyper("learning_rate")
        steps = tf.cast(tf.identity(self.iterations), floatx())
        if isinstance(rate, LearningRateSchedule):
            return tf.cast(rate(steps), floatx())
        rate = tf.cast(rate, floatx())
        return rate / (1.0 + self._decay * steps) if self._decay else tf.identity(rate)

    def _step_values(self, rate: Any) -> dict[str, Any]:
        """Return what the updates of all variables share."""
        values = {"learning_rate": rate}
        for name in self._settings:
            self._hyper_variable(name)
            values[name] = tf.identity(tf.cast(self._get_hyper(name), floatx()))
        return values

    def _update(self, grad: Any, variable: Any, step: dict[str, Any]) -> Any:
        dtype = variable.dtype.base_dtype
        step = {
            key: tf.cast(value, dtype) if isinstance(value, tf.Tensor) else value
            for key, value in step.items()
        }
        if isinstance(grad, IndexedSlices):
            unique, positions = tf.unique(grad.indices)
            summed = tf.unsorted_segment_sum(grad.values, positions, tf.size(unique))
            update = self._update_sparse(summed, variable, unique, step)
        else:
            update = self._update_dense(grad, variable, step)
        if getattr(variable, "constraint", None) is None:
            return update
        with tf.control_dependencies([getattr(update, "op", update)]):
            return variable.assign(variable.constraint(variable)).op

    def _update_dense(self, grad: Any, variable: Any, step: dict[str, Any]) -> Any:
        raise NotImplementedError

    def _update_sparse(self, grad: Any, variable: Any, indices: Any, step: dict[str, Any]) -> Any:
        """Return the update of some rows; by default, that of all by a gradient with zeros."""
        whole = tf.scatter_nd(
            tf.expand_dims(indices, -1), grad, tf.shape(variable, out_type=indices.dtype)
        )
        return self._update_dense(whole, variable, step)

    def add_slot(self, var: Any, slot_name: str, initializer: Any = "zeros") -> Any:
        """Return the slot of a variable, made where it is not there yet."""
        key = (var.op.name, slot_name)
        if key not in self._slot_variables:
            start = self._slot_start(slot_name)
            with tf.init_scope(), tf.colocate_with(var):
                made = tf.Variable(
                    lambda: tf.fill(var.get_shape(), tf.constant(start, var.dtype.base_dtype)),
                    name=f"{self._name}/{var.op.name}/{slot_name}",
                    trainable=False,
                    use_resource=True,
                )
            track_variable(made)
            self._slot_variables[key] = made
            self._weights.append(made)
        return self._slot_variables[key]

    def _slot_start(self, slot_name: str) -> float:
        return 0.0

    def get_slot(self, var: Any, slot_name: str) -> Any:
        """Return the slot of a variable."""
        return self._slot_variables[var.op.name, slot_name]

    def get_slot_names(self) -> list[str]:
        """Return the names of the slots."""
        return list(self.slots)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor.

        Raises:
          NotImplementedError: a subclass does not say them.
        """
        if type(self) is Optimizer:
            raise NotImplementedError
        config: dict[str, Any] = {"name": self._name}
        for name, value in self._hyper.items():
            if isinstance(value, LearningRateSchedule):
                value = serialize_keras_object(value)
            elif isinstance(value, tf.Variable):
                value = float(batch_get_value([value])[0])
            config[name] = value
        config["decay"] = self._decay
        for key in ("clipnorm", "clipvalue"):
            if hasattr(self, key):
                config[key] = getattr(self, key)
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """Return the optimizer of these settings."""
        config = dict(config)
        if "lr" in config:
            config["learning_rate"] = config.pop("lr")
        if isinstance(config.get("learning_rate"), dict):
            config["learning_rate"] = learning_rates.deserialize(
                config["learning_rate"], custom_objects
            )
        return cls(**config)
