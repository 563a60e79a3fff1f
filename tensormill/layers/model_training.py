"""Training in the manner of `tf.contrib.layers` and `slim`: `optimize_loss`, `create_train_op`.

Source: TensorFlow 1.15, contrib/layers/python/layers/optimizers.py and summaries.py,
contrib/training/python/training/training.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.collections import GraphKeys
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import control_dependencies, get_collection, name_scope
from tensormill.graph.indexed_slices import IndexedSlices
from tensormill.graph.tensor import Tensor
from tensormill.ops import summaries as summary_ops
from tensormill.ops.assertions import assert_scalar
from tensormill.ops.casting import cast
from tensormill.ops.check import check_numerics
from tensormill.ops.clipping import clip_by_global_norm, clip_by_norm, global_norm
from tensormill.ops.comparison import greater, less
from tensormill.ops.grouping import with_dependencies
from tensormill.ops.identities import identity
from tensormill.ops.random import truncated_normal
from tensormill.ops.reduction import reduce_mean
from tensormill.train.adagrad import AdagradOptimizer
from tensormill.train.adam import AdamOptimizer
from tensormill.train.ftrl import FtrlOptimizer
from tensormill.train.global_step import (
    assert_global_step,
    get_global_step,
    get_or_create_global_step,
)
from tensormill.train.gradient_descent import GradientDescentOptimizer
from tensormill.train.momentum import MomentumOptimizer
from tensormill.train.optimizer import Optimizer
from tensormill.train.rmsprop import RMSPropOptimizer
from tensormill.variables.initialization import trainable_variables
from tensormill.variables.initializers import Constant
from tensormill.variables.scope import variable_scope
from tensormill.variables.store import get_variable

__all__ = [
    "OPTIMIZER_CLS_NAMES",
    "OPTIMIZER_SUMMARIES",
    "add_gradients_summaries",
    "clip_gradient_norms",
    "create_train_op",
    "multiply_gradients",
    "optimize_loss",
    "summarize_activation",
    "summarize_activations",
    "summarize_biases",
    "summarize_collection",
    "summarize_tensor",
    "summarize_tensors",
    "summarize_variables",
    "summarize_weights",
]

OPTIMIZER_CLS_NAMES: dict[str, Callable[..., Any]] = {
    "Adagrad": AdagradOptimizer,
    "Adam": AdamOptimizer,
    "Ftrl": FtrlOptimizer,
    "Momentum": lambda learning_rate: MomentumOptimizer(learning_rate, momentum=0.9),
    "RMSProp": RMSPropOptimizer,
    "SGD": GradientDescentOptimizer,
}
OPTIMIZER_SUMMARIES = [
    "learning_rate",
    "loss",
    "gradients",
    "gradient_norm",
    "global_gradient_norm",
]


def _learning_rate(value: Any) -> Any:
    if value is None:
        return None
    if hasattr(value, "get_shape") and value.get_shape().ndims == 0:
        return value
    if isinstance(value, float):
        if value < 0.0:
            raise ValueError(f"Invalid learning_rate {value}.")
        return get_variable("learning_rate", [], trainable=False, initializer=Constant(value))
    raise ValueError(
        f"Learning rate should be 0d Tensor or float. Got {value} of type {type(value)}"
    )


def _made_optimizer(optimizer: Any, rate: Any) -> Optimizer:
    made: Any
    if isinstance(optimizer, str):
        if rate is None:
            raise ValueError(
                "Learning rate is None, but should be specified if optimizer is string "
                f"({optimizer})."
            )
        if optimizer not in OPTIMIZER_CLS_NAMES:
            raise ValueError(
                f"Optimizer name should be one of [{', '.join(OPTIMIZER_CLS_NAMES)}], you "
                f"provided {optimizer}."
            )
        made = OPTIMIZER_CLS_NAMES[optimizer](learning_rate=rate)
    elif isinstance(optimizer, type) and issubclass(optimizer, Optimizer):
        if rate is None:
            raise ValueError(
                "Learning rate is None, but should be specified if optimizer is class "
                f"({optimizer})."
            )
        made = optimizer(learning_rate=rate)  # type: ignore[call-arg]
    elif isinstance(optimizer, Optimizer):
        made = optimizer
    elif callable(optimizer):
        made = optimizer() if rate is None else optimizer(rate)
        if not isinstance(made, Optimizer):
            raise ValueError(
                f"Unrecognized optimizer: function should return subclass of Optimizer. Got {made}."
            )
    else:
        raise ValueError(
            "Unrecognized optimizer: should be string, subclass of Optimizer, instance of "
            "subclass of Optimizer or function with one argument. Got "
            f"{optimizer}."
        )
    return made


def optimize_loss(
    loss: Any,
    global_step: Any,
    learning_rate: Any,
    optimizer: Any,
    gradient_noise_scale: float | None = None,
    gradient_multipliers: dict[Any, Any] | None = None,
    clip_gradients: Any = None,
    learning_rate_decay_fn: Callable[[Any, Any], Any] | None = None,
    update_ops: Any = None,
    variables: Any = None,
    name: str | None = None,
    summaries: Any = None,
    colocate_gradients_with_ops: bool = False,
    increment_global_step: bool = True,
) -> Tensor:
    """Return the loss, after a step of training.

    Args:
      loss: a scalar.
      global_step: the number of steps; None for that of the graph, if it has one.
      learning_rate: a float, for which the variable `learning_rate` is made; a scalar tensor; None.
      optimizer: a name ("SGD", "Adam" …), a class, an optimizer, or a function of the rate.
      gradient_noise_scale: adds noise to gradients.
      gradient_multipliers: factors by variable, or by its name.
      clip_gradients: the greatest global norm, a float; or a function of gradients and variables.
      learning_rate_decay_fn: of the rate and the step.
      update_ops: what must run before; by default what is in the UPDATE_OPS.
      variables: by default those that are trainable.
      name: the name of the variable scope; "OptimizeLoss" by default.
      summaries: which of `OPTIMIZER_SUMMARIES` are made.
      colocate_gradients_with_ops: as in `tf.gradients`.
      increment_global_step: whether the step is counted.

    Raises:
      TypeError: `global_step` is no scalar of integers.
      ValueError: an argument is not what it should be.
    """
    loss = assert_scalar(convert_to_tensor(loss))
    if global_step is None:
        global_step = get_global_step()
    else:
        assert_global_step(global_step)
    with variable_scope(name, "OptimizeLoss", [loss, global_step]):
        updates = list(get_collection(GraphKeys.UPDATE_OPS) if update_ops is None else update_ops)
        if updates:
            loss = with_dependencies(list(dict.fromkeys(updates)), loss)
        rate = _learning_rate(learning_rate)
        wanted = _wanted_summaries(summaries)
        if learning_rate is not None and learning_rate_decay_fn is not None:
            if global_step is None:
                raise ValueError("global_step is required for learning_rate_decay_fn.")
            rate = learning_rate_decay_fn(rate, global_step)
            if "learning_rate" in wanted:
                _scalar("learning_rate", rate)
        opt = _made_optimizer(optimizer, rate)
        chosen = trainable_variables() if variables is None else variables
        pairs = opt.compute_gradients(
            loss, chosen, colocate_gradients_with_ops=colocate_gradients_with_ops
        )
        if gradient_noise_scale is not None:
            pairs = _noisy(pairs, gradient_noise_scale)
        if gradient_multipliers is not None:
            pairs = _with_multiplied(pairs, gradient_multipliers)
        if {"global_gradient_norm", "gradient_norm"} & set(wanted):
            _scalar("global_norm/gradient_norm", global_norm([g for g, _ in pairs]))
        if isinstance(clip_gradients, float):
            clipped, _ = clip_by_global_norm([g for g, _ in pairs], clip_gradients)
            pairs = list(zip(clipped, [v for _, v in pairs], strict=True))
        elif callable(clip_gradients):
            pairs = clip_gradients(pairs)
        elif clip_gradients is not None:
            raise ValueError(f"Unknown type {type(clip_gradients)} for clip_gradients")
        if "loss" in wanted:
            _scalar("loss", loss)
        _summarize_gradients(pairs, wanted)
        if clip_gradients is not None and {"global_gradient_norm", "gradient_norm"} & set(wanted):
            _scalar("global_norm/clipped_gradient_norm", global_norm([g for g, _ in pairs]))
        step = opt.apply_gradients(
            pairs, global_step=global_step if increment_global_step else None, name="train"
        )
        return with_dependencies([step], loss)


_scalar = summary_ops.scalar


def _wanted_summaries(given: Any) -> Sequence[str]:
    if given is None:
        return ["loss", "learning_rate", "global_gradient_norm"]
    for name in given:
        if name not in OPTIMIZER_SUMMARIES:
            raise ValueError(
                f"Summaries should be one of [{', '.join(OPTIMIZER_SUMMARIES)}], you provided "
                f"{name}."
            )
    return list(given)


def _summarize_gradients(pairs: Any, wanted: Sequence[str]) -> None:
    for gradient, variable in pairs:
        values = gradient.values if isinstance(gradient, IndexedSlices) else gradient
        if values is None:
            continue
        label = variable.name.replace(":", "_")
        if "gradients" in wanted:
            summary_ops.histogram(f"gradients/{label}", values)
        if "gradient_norm" in wanted:
            _scalar(f"gradient_norm/{label}", global_norm([values]))


def _noisy(pairs: Any, scale: float) -> list[Any]:
    noisy = []
    for gradient, variable in pairs:
        if gradient is None:
            noisy.append((None, variable))
            continue
        shape = (
            gradient.dense_shape if isinstance(gradient, IndexedSlices) else gradient.get_shape()
        )
        noisy.append((gradient + truncated_normal(shape) * scale, variable))
    return noisy


def _with_multiplied(pairs: Any, multipliers: dict[Any, Any]) -> list[Any]:
    """As `multiply_gradients`, but factors of variables without gradient are passed over."""
    known = [(variable, multipliers.get(variable.name)) for _, variable in pairs]
    by_object = {id(key): factor for key, factor in multipliers.items()}
    present = {
        variable: by_object.get(id(variable), by_name)
        for (variable, by_name), (gradient, _) in zip(known, pairs, strict=True)
        if gradient is not None and (id(variable) in by_object or by_name is not None)
    }
    return multiply_gradients(list(pairs), present) if present else list(pairs)


def multiply_gradients(grads_and_vars: Any, gradient_multipliers: dict[Any, Any]) -> list[Any]:
    """Return pairs of gradients and variables, gradients multiplied by factors of their variables.

    Args:
      grads_and_vars: the pairs.
      gradient_multipliers: factors by variable, or by its name.

    Raises:
      ValueError: a factor is for a variable without gradient.
    """
    if not isinstance(grads_and_vars, list):
        raise ValueError("`grads_and_vars` must be a list.")
    if not isinstance(gradient_multipliers, dict) or not gradient_multipliers:
        raise ValueError("`gradient_multipliers` is empty.")
    made = []
    for gradient, variable in grads_and_vars:
        by_object = {id(key): value for key, value in gradient_multipliers.items()}
        factor = by_object.get(id(variable))
        if factor is None:
            factor = next(
                (v for k, v in gradient_multipliers.items() if k == variable.op.name), None
            )
        if factor is not None:
            if gradient is None:
                raise ValueError("Requested multiple of `None` gradient.")
            if isinstance(gradient, IndexedSlices):
                scaled = gradient.values * cast(factor, gradient.dtype)
                gradient = IndexedSlices(scaled, gradient.indices, gradient.dense_shape)
            else:
                gradient *= cast(factor, gradient.dtype)
        made.append((gradient, variable))
    return made


def clip_gradient_norms(gradients_to_variables: Any, max_norm: Any) -> list[Any]:
    """Return pairs of gradients and variables, each gradient clipped by its norm."""
    clipped = []
    for gradient, variable in gradients_to_variables:
        if gradient is not None:
            gradient = clip_by_norm(gradient, max_norm)
        clipped.append((gradient, variable))
    return clipped


def add_gradients_summaries(grads_and_vars: Any) -> list[Tensor]:
    """Return summaries of gradients: their histograms and norms."""
    made = []
    for gradient, variable in grads_and_vars:
        if gradient is None:
            continue
        values = gradient.values if isinstance(gradient, IndexedSlices) else gradient
        made.append(summary_ops.histogram(variable.op.name + "_gradient", values))
        made.append(_scalar(variable.op.name + "_gradient_norm", global_norm([values])))
    return made


_USE_GLOBAL_STEP = 0


def create_train_op(
    total_loss: Any,
    optimizer: Optimizer,
    global_step: Any = _USE_GLOBAL_STEP,
    update_ops: Any = None,
    variables_to_train: Any = None,
    clip_gradient_norm: Any = 0,
    summarize_gradients: bool = False,
    gate_gradients: int = Optimizer.GATE_OP,
    aggregation_method: Any = None,
    colocate_gradients_with_ops: bool = False,
    gradient_multipliers: dict[Any, Any] | None = None,
    check_numerics: bool = True,
    *,
    transform_grads_fn: Callable[[Any], Any] | None = None,
) -> Tensor:
    """Return the loss, after a step of training.

    Args:
      total_loss: a scalar.
      optimizer: the optimizer.
      global_step: the number of steps; by default that of the graph, made where there is none.
      update_ops: what must run before; by default what is in the UPDATE_OPS.
      variables_to_train: by default those that are trainable.
      clip_gradient_norm: the greatest norm of a gradient; 0 for none.
      summarize_gradients: whether summaries of gradients are made.
      gate_gradients: as in `Optimizer.compute_gradients`.
      aggregation_method: likewise.
      colocate_gradients_with_ops: likewise.
      gradient_multipliers: factors by variable, or by its name.
      check_numerics: whether a loss that is not finite is an error.
      transform_grads_fn: makes others of the pairs of gradients and variables.
    """
    step = get_or_create_global_step() if global_step is _USE_GLOBAL_STEP else global_step
    updates = list(get_collection(GraphKeys.UPDATE_OPS) if update_ops is None else update_ops)
    if updates:
        with control_dependencies(updates):
            total_loss = identity(total_loss)
    chosen = trainable_variables() if variables_to_train is None else variables_to_train
    pairs = optimizer.compute_gradients(
        total_loss,
        chosen,
        gate_gradients=gate_gradients,
        aggregation_method=aggregation_method,
        colocate_gradients_with_ops=colocate_gradients_with_ops,
    )
    if gradient_multipliers:
        pairs = multiply_gradients(list(pairs), gradient_multipliers)
    if clip_gradient_norm > 0:
        pairs = clip_gradient_norms(pairs, clip_gradient_norm)
    if transform_grads_fn is not None:
        pairs = transform_grads_fn(pairs)
    if summarize_gradients:
        with name_scope("summarize_grads"):
            add_gradients_summaries(pairs)
    applied = optimizer.apply_gradients(pairs, global_step=step)
    with name_scope("train_op"):
        if check_numerics:
            total_loss = _checked(total_loss, "LossTensor is inf or nan")
        train_op = with_dependencies([applied], total_loss)
    train_op.graph.add_to_collection(GraphKeys.TRAIN_OP, train_op)
    return train_op


_checked = check_numerics


def summarize_tensor(tensor: Any, tag: str | None = None) -> Tensor | None:
    """Return a summary of a tensor: a scalar, or a histogram; None where it is no number."""
    label = tag or f"{tensor.op.name}_summary"
    if tensor.dtype.is_compatible_with(dtypes.string) or tensor.dtype.base_dtype == dtypes.bool:
        return None
    if tensor.get_shape().ndims == 0:
        return summary_ops.scalar(label, tensor)
    return summary_ops.histogram(label, tensor)


def summarize_activation(op: Any) -> Tensor | None:
    """Return a summary of a tensor, and note how many of its entries are zero or saturated."""
    if op.op.type in ("Relu", "Softplus", "Relu6"):
        given = op.op.inputs[0]
        below = reduce_mean(cast(less(given, cast(0.0, given.dtype)), dtypes.float32))
        summary_ops.scalar(f"{op.op.name}/zeros", below)
        if op.op.type == "Relu6":
            above = reduce_mean(cast(greater(given, cast(6.0, given.dtype)), dtypes.float32))
            summary_ops.scalar(f"{op.op.name}/sixes", above)
    return summary_ops.histogram(f"{op.op.name}/activation", op)


def summarize_tensors(
    tensors: Any, summarizer: Callable[[Any], Any] = summarize_tensor
) -> list[Any]:
    """Return summaries of several tensors."""
    return [summarizer(tensor) for tensor in tensors]


def summarize_collection(
    collection: Any,
    name_filter: str | None = None,
    summarizer: Callable[[Any], Any] = summarize_tensor,
) -> list[Any]:
    """Return summaries of the tensors of a collection whose names fit a regular expression."""
    tensors = [
        tensor
        for tensor in get_collection(collection)
        if name_filter is None or re.match(name_filter, tensor.op.name)
    ]
    return summarize_tensors(tensors, summarizer)


def summarize_activations(
    name_filter: str | None = None, summarizer: Callable[[Any], Any] = summarize_activation
) -> list[Any]:
    """Return summaries of the ACTIVATIONS collection."""
    return summarize_collection(GraphKeys.ACTIVATIONS, name_filter, summarizer)


summarize_variables = partial(summarize_collection, GraphKeys.GLOBAL_VARIABLES)
summarize_weights = partial(summarize_collection, GraphKeys.WEIGHTS)
summarize_biases = partial(summarize_collection, GraphKeys.BIASES)
