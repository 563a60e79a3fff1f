"""`tf.keras.optimizers`: how weights change by their gradients, by the rules of the training ops.

Source: TensorFlow 1.15, python/keras/optimizer_v2/ and python/keras/optimizers.py.
"""

from __future__ import annotations

from typing import Any

import tensormill.api as tf
from tensormill.keras import learning_rates as schedules
from tensormill.keras.backend.state import floatx, track_variable
from tensormill.keras.objects import deserialize_keras_object, serialize_keras_object
from tensormill.keras.optimizer_base import Optimizer
from tensormill.train.optimizer import Optimizer as TrainOptimizer

__all__ = [
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "Adamax",
    "Ftrl",
    "Nadam",
    "Optimizer",
    "RMSprop",
    "TFOptimizer",
    "deserialize",
    "get",
    "schedules",
    "serialize",
]


class SGD(Optimizer):
    """Gradient descent, with momentum where it is not 0."""

    def __init__(
        self, learning_rate: Any = 0.01, momentum: float = 0.0, nesterov: bool = False,
        name: str = "SGD", **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(name, **kwargs)
        self._set_hyper("learning_rate", kwargs.get("lr", learning_rate))
        self._has_momentum = not isinstance(momentum, (int, float)) or momentum > 0
        if isinstance(momentum, (int, float)) and not 0 <= momentum <= 1:
            raise ValueError("`momentum` must be between [0, 1].")
        self._set_hyper("momentum", momentum)
        self.nesterov = nesterov
        self.slots = ("momentum",) if self._has_momentum else ()
        self._settings = ("momentum",) if self._has_momentum else ()

    def _update_dense(self, grad: Any, variable: Any, step: dict[str, Any]) -> Any:
        if not self._has_momentum:
            return tf.raw_ops.ResourceApplyGradientDescent(
                var=variable.handle, alpha=step["learning_rate"], delta=grad
            )
        return tf.raw_ops.ResourceApplyKerasMomentum(
            var=variable.handle, accum=self.get_slot(variable, "momentum").handle,
            lr=step["learning_rate"], grad=grad, momentum=step["momentum"],
            use_nesterov=self.nesterov,
        )  # fmt: skip

    def _update_sparse(self, grad: Any, variable: Any, indices: Any, step: dict[str, Any]) -> Any:
        if not self._has_momentum:
            return tf.raw_ops.ResourceScatterAdd(
                resource=variable.handle, indices=indices, updates=-grad * step["learning_rate"]
            )
        return tf.raw_ops.ResourceSparseApplyKerasMomentum(
            var=variable.handle, accum=self.get_slot(variable, "momentum").handle,
            lr=step["learning_rate"], grad=grad, indices=indices, momentum=step["momentum"],
            use_nesterov=self.nesterov,
        )  # fmt: skip

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {**super().get_config(), "nesterov": self.nesterov}


class Adam(Optimizer):
    """Adam, and AMSGrad where `amsgrad` is set."""

    _settings = ("beta_1", "beta_2")

    def __init__(
        self, learning_rate: Any = 0.001, beta_1: Any = 0.9, beta_2: Any = 0.999,
        epsilon: float = 1e-7, amsgrad: bool = False, name: str = "Adam", **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(name, **kwargs)
        self._set_hyper("learning_rate", kwargs.get("lr", learning_rate))
        self._set_hyper("beta_1", beta_1)
        self._set_hyper("beta_2", beta_2)
        self.epsilon = epsilon or 1e-7
        self.amsgrad = amsgrad
        self.slots = ("m", "v", "vhat") if amsgrad else ("m", "v")

    def _step_values(self, rate: Any) -> dict[str, Any]:
        step = super()._step_values(rate)
        count = tf.cast(self.iterations + 1, floatx())
        step["beta_1_power"] = tf.pow(step["beta_1"], count)
        step["beta_2_power"] = tf.pow(step["beta_2"], count)
        return step

    def _update_dense(self, grad: Any, variable: Any, step: dict[str, Any]) -> Any:
        shared = {
            "var": variable.handle, "m": self.get_slot(variable, "m").handle,
            "v": self.get_slot(variable, "v").handle, "beta1_power": step["beta_1_power"],
            "beta2_power": step["beta_2_power"], "lr": step["learning_rate"],
            "beta1": step["beta_1"], "beta2": step["beta_2"],
            "epsilon": tf.constant(self.epsilon, variable.dtype.base_dtype), "grad": grad,
        }  # fmt: skip
        if not self.amsgrad:
            return tf.raw_ops.ResourceApplyAdam(**shared)
        vhat = self.get_slot(variable, "vhat").handle
        return tf.raw_ops.ResourceApplyAdamWithAmsgrad(vhat=vhat, **shared)

    def _update_sparse(self, grad: Any, variable: Any, indices: Any, step: dict[str, Any]) -> Any:
        rate = (
            step["learning_rate"] * tf.sqrt(1 - step["beta_2_power"]) / (1 - step["beta_1_power"])
        )
        m, v = self.get_slot(variable, "m"), self.get_slot(variable, "v")
        moved = []
        for slot, beta, value in ((m, step["beta_1"], grad), (v, step["beta_2"], grad * grad)):
            decayed = slot.assign(slot * beta).op
            with tf.control_dependencies([decayed]):
                added = tf.raw_ops.ResourceScatterAdd(
                    resource=slot.handle, indices=indices, updates=value * (1 - beta)
                )
            with tf.control_dependencies([added]):
                moved.append(slot.read_value())
        mean, square = moved
        if self.amsgrad:
            vhat = self.get_slot(variable, "vhat")
            square = tf.identity(vhat.assign(tf.maximum(vhat, square)))
        return variable.assign_sub(rate * mean / (tf.sqrt(square) + self.epsilon)).op

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {**super().get_config(), "epsilon": self.epsilon, "amsgrad": self.amsgrad}


class RMSprop(Optimizer):
    """Divides gradients by a moving average of their size."""

    def __init__(
        self, learning_rate: Any = 0.001, rho: Any = 0.9, momentum: Any = 0.0,
        epsilon: float = 1e-7, centered: bool = False, name: str = "RMSprop", **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(name, **kwargs)
        self._set_hyper("learning_rate", kwargs.get("lr", learning_rate))
        self._set_hyper("rho", rho)
        self._set_hyper("momentum", momentum)
        self._has_momentum = not isinstance(momentum, (int, float)) or momentum > 0
        self.epsilon = epsilon or 1e-7
        self.centered = centered
        self.slots = ("rms", *["momentum"][: self._has_momentum], *["mg"][: bool(centered)])
        self._settings = ("rho", "momentum")

    def _update_dense(self, grad: Any, variable: Any, step: dict[str, Any]) -> Any:
        rms, rho = self.get_slot(variable, "rms"), step["rho"]
        new_rms = rms.assign(rho * rms + (1 - rho) * tf.square(grad))
        size = tf.identity(new_rms)
        updates = [new_rms.op]
        if self.centered:
            mg = self.get_slot(variable, "mg")
            new_mg = mg.assign(rho * mg + (1 - rho) * grad)
            size = size - tf.square(tf.identity(new_mg))
            updates.append(new_mg.op)
        change = step["learning_rate"] * grad / (tf.sqrt(size) + self.epsilon)
        if self._has_momentum:
            # The op that does all in one adds epsilon under the root.
            change = step["learning_rate"] * grad / tf.sqrt(size + self.epsilon)
            kept = self.get_slot(variable, "momentum")
            moved = kept.assign(step["momentum"] * kept + change)
            change = tf.identity(moved)
        return tf.group(*updates, variable.assign_sub(change).op)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {**super().get_config(), "epsilon": self.epsilon, "centered": self.centered}


class Adagrad(Optimizer):
    """Divides gradients by the root of the sum of their squares so far."""

    slots = ("accumulator",)

    def __init__(
        self, learning_rate: Any = 0.001, initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7, name: str = "Adagrad", **kwargs: Any,
    ) -> None:  # fmt: skip
        if initial_accumulator_value < 0.0:
            raise ValueError(
                f"initial_accumulator_value must be non-negative: {initial_accumulator_value}"
            )
        super().__init__(name, **kwargs)
        self._set_hyper("learning_rate", kwargs.get("lr", learning_rate))
        self._initial_accumulator_value = initial_accumulator_value
        self.epsilon = epsilon or 1e-7

    def _slot_start(self, slot_name: str) -> float:
        return self._initial_accumulator_value

    def _update_dense(self, grad: Any, variable: Any, step: dict[str, Any]) -> Any:
        accumulator = self.get_slot(variable, "accumulator")
        total = accumulator.assign_add(tf.square(grad))
        change = step["learning_rate"] * grad / (tf.sqrt(tf.identity(total)) + self.epsilon)
        return variable.assign_sub(change).op

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        start = self._initial_accumulator_value
        return {
            **super().get_config(), "initial_accumulator_value": start, "epsilon": self.epsilon,
        }  # fmt: skip


class Adadelta(Optimizer):
    """Scales gradients by the sizes of the changes so far."""

    slots = ("accum_grad", "accum_var")
    _settings = ("rho",)

    def __init__(
        self, learning_rate: Any = 0.001, rho: Any = 0.95, epsilon: float = 1e-7,
        name: str = "Adadelta", **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(name, **kwargs)
        self._set_hyper("learning_rate", kwargs.get("lr", learning_rate))
        self._set_hyper("rho", rho)
        self.epsilon = epsilon or 1e-7

    def _update_dense(self, grad: Any, variable: Any, step: dict[str, Any]) -> Any:
        return tf.raw_ops.ResourceApplyAdadelta(
            var=variable.handle, accum=self.get_slot(variable, "accum_grad").handle,
            accum_update=self.get_slot(variable, "accum_var").handle, lr=step["learning_rate"],
            rho=step["rho"], epsilon=tf.constant(self.epsilon, variable.dtype.base_dtype),
            grad=grad,
        )  # fmt: skip

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {**super().get_config(), "epsilon": self.epsilon}


class Adamax(Adam):
    """Adam by the greatest size of gradients in the place of the mean square."""

    def __init__(
        self, learning_rate: Any = 0.001, beta_1: Any = 0.9, beta_2: Any = 0.999,
        epsilon: float = 1e-7, name: str = "Adamax", **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(learning_rate, beta_1, beta_2, epsilon, False, name, **kwargs)

    def _update_dense(self, grad: Any, variable: Any, step: dict[str, Any]) -> Any:
        return tf.raw_ops.ResourceApplyAdaMax(
            var=variable.handle, m=self.get_slot(variable, "m").handle,
            v=self.get_slot(variable, "v").handle, beta1_power=step["beta_1_power"],
            lr=step["learning_rate"], beta1=step["beta_1"], beta2=step["beta_2"],
            epsilon=tf.constant(self.epsilon, variable.dtype.base_dtype), grad=grad,
        )  # fmt: skip

    def _update_sparse(self, grad: Any, variable: Any, indices: Any, step: dict[str, Any]) -> Any:
        return Optimizer._update_sparse(self, grad, variable, indices, step)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        config = super().get_config()
        del config["amsgrad"]
        return config


class Nadam(Optimizer):
    """Adam with Nesterov's momentum."""

    slots = ("m", "v")
    _settings = ("beta_1", "beta_2")

    def __init__(
        self, learning_rate: Any = 0.001, beta_1: Any = 0.9, beta_2: Any = 0.999,
        epsilon: float = 1e-7, name: str = "Nadam", **kwargs: Any,
    ) -> None:  # fmt: skip
        kwargs["decay"] = kwargs.pop("schedule_decay", 0.004)
        super().__init__(name, **kwargs)
        self._momentum_decay, self._decay = self._decay, 0.0
        self._set_hyper("learning_rate", kwargs.get("lr", learning_rate))
        self._set_hyper("beta_1", beta_1)
        self._set_hyper("beta_2", beta_2)
        self.epsilon = epsilon or 1e-7
        self._product: Any = None

    def _step_values(self, rate: Any) -> dict[str, Any]:
        step = super()._step_values(rate)
        if self._product is None:
            with tf.init_scope():
                self._product = self._new_variable("momentum_cache", 1.0, floatx())
        count = tf.cast(self.iterations + 1, floatx())

        def momentum(at: Any) -> Any:
            return step["beta_1"] * (1.0 - 0.5 * tf.pow(0.96, self._momentum_decay * at))

        now, then = momentum(count), momentum(count + 1)
        product = tf.identity(self._product.assign(self._product * now))
        step.update(
            count=count, m_t=now, m_t_1=then, m_schedule_new=product, m_schedule_next=product * then
        )
        return step

    def _update_dense(self, grad: Any, variable: Any, step: dict[str, Any]) -> Any:
        m, v = self.get_slot(variable, "m"), self.get_slot(variable, "v")
        beta_1, beta_2 = step["beta_1"], step["beta_2"]
        scaled = grad / (1.0 - step["m_schedule_new"])
        new_m = m.assign(beta_1 * m + (1.0 - beta_1) * grad)
        new_v = v.assign(beta_2 * v + (1.0 - beta_2) * tf.square(grad))
        m_scaled = tf.identity(new_m) / (1.0 - step["m_schedule_next"])
        v_scaled = tf.identity(new_v) / (1.0 - tf.pow(beta_2, step["count"]))
        mean = (1.0 - step["m_t"]) * scaled + step["m_t_1"] * m_scaled
        change = step["learning_rate"] * mean / (tf.sqrt(v_scaled) + self.epsilon)
        return tf.group(new_m.op, new_v.op, variable.assign_sub(change).op)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        config = super().get_config()
        config.update(epsilon=self.epsilon, decay=self._momentum_decay)
        return config


class Ftrl(Optimizer):
    """Follows the regularised leader; see https://arxiv.org/abs/1603.01431."""

    slots = ("accumulator", "linear")
    _settings = (
        "learning_rate_power", "l1_regularization_strength", "l2_regularization_strength",
    )  # fmt: skip

    def __init__(
        self, learning_rate: Any = 0.001, learning_rate_power: Any = -0.5,
        initial_accumulator_value: float = 0.1, l1_regularization_strength: Any = 0.0,
        l2_regularization_strength: Any = 0.0, name: str = "Ftrl",
        l2_shrinkage_regularization_strength: Any = 0.0, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(name, **kwargs)
        self._set_hyper("learning_rate", kwargs.get("lr", learning_rate))
        self._set_hyper("learning_rate_power", learning_rate_power)
        self._set_hyper("l1_regularization_strength", l1_regularization_strength)
        self._set_hyper("l2_regularization_strength", l2_regularization_strength)
        self._shrinkage = l2_shrinkage_regularization_strength
        self._initial_accumulator_value = initial_accumulator_value

    def _slot_start(self, slot_name: str) -> float:
        return self._initial_accumulator_value if slot_name == "accumulator" else 0.0

    def _update_dense(self, grad: Any, variable: Any, step: dict[str, Any]) -> Any:
        shared = {
            "var": variable.handle, "accum": self.get_slot(variable, "accumulator").handle,
            "linear": self.get_slot(variable, "linear").handle, "grad": grad,
            "lr": step["learning_rate"], "l1": step["l1_regularization_strength"],
            "l2": step["l2_regularization_strength"], "lr_power": step["learning_rate_power"],
        }  # fmt: skip
        if self._shrinkage <= 0.0:
            return tf.raw_ops.ResourceApplyFtrl(**shared)
        shrinkage = tf.constant(self._shrinkage, variable.dtype.base_dtype)
        return tf.raw_ops.ResourceApplyFtrlV2(l2_shrinkage=shrinkage, **shared)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {
            **super().get_config(),
            "initial_accumulator_value": self._initial_accumulator_value,
            "l2_shrinkage_regularization_strength": self._shrinkage,
        }


class TFOptimizer:
    """An optimizer of `tf.train` in the place of one of Keras.

    Args:
      optimizer: the optimizer.
      iterations: the variable that counts steps; by default one is made.
    """

    def __init__(self, optimizer: Any, iterations: Any = None) -> None:
        self.optimizer = optimizer
        self._counter = Optimizer(optimizer.get_name())
        if iterations is not None:
            self._counter.iterations = iterations

    @property
    def iterations(self) -> Any:
        """The number of steps."""
        return self._counter.iterations

    @property
    def lr(self) -> Any:
        """The learning rate that the optimizer was made with."""
        for name in ("_lr", "_learning_rate"):
            if hasattr(self.optimizer, name):
                return getattr(self.optimizer, name)
        raise AttributeError("lr")

    def get_updates(self, loss: Any, params: Any) -> list[Any]:
        """Return the operation of a step, in a list."""
        updates = [self.apply_gradients(self.get_grads(loss, params))]
        for variable in self.optimizer.variables():
            track_variable(variable)
        return updates

    def get_grads(self, loss: Any, params: Any) -> Any:
        """Return pairs of gradients and variables."""
        return self.optimizer.compute_gradients(loss, params)

    def apply_gradients(self, grads: Any) -> Any:
        """Return the operation that changes variables by gradients, from pairs of them."""
        return self.optimizer.apply_gradients(grads, global_step=self.iterations)

    @property
    def weights(self) -> list[Any]:
        """The variables of the optimizer.

        Raises:
          NotImplementedError: always; they belong to `tf.train`.
        """
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor.

        Raises:
          NotImplementedError: always; those of `tf.train` do not say them.
        """
        raise NotImplementedError

    def from_config(self, config: Any) -> Any:
        """Return the optimizer of these settings.

        Raises:
          NotImplementedError: always.
        """
        raise NotImplementedError


_BY_NAME = {
    cls.__name__.lower(): cls
    for cls in (SGD, Adam, RMSprop, Adagrad, Adadelta, Adamax, Nadam, Ftrl)
}


def serialize(optimizer: Any) -> Any:
    """Return the class and settings of an optimizer."""
    return serialize_keras_object(optimizer)


def deserialize(config: Any, custom_objects: Any = None) -> Any:
    """Return the optimizer of a class and settings."""
    if config["class_name"].lower() in _BY_NAME:
        config = {**config, "class_name": config["class_name"].lower()}
    return deserialize_keras_object(config, _BY_NAME, custom_objects, "optimizer")


def get(identifier: Any) -> Any:
    """Return an optimizer by its name or settings, or as it is; one of `tf.train` in a wrapper.

    Raises:
      ValueError: it is none of these.
    """
    if isinstance(identifier, (Optimizer, TFOptimizer)):
        return identifier
    if isinstance(identifier, TrainOptimizer):
        return TFOptimizer(identifier)
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if isinstance(identifier, str):
        return deserialize({"class_name": identifier, "config": {}})
    raise ValueError("Could not interpret optimizer identifier:", identifier)
