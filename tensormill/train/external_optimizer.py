"""Optimizers that run outside of the graph: SciPy's, over the variables of a session.

Source: TensorFlow 1.15, contrib/opt/python/training/external_optimizer.py.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from tensormill.graph import tf_logging
from tensormill.graph.stacks import get_default_session
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import reshape
from tensormill.ops.basics import placeholder
from tensormill.ops.filling import zeros_like
from tensormill.ops.gradients import gradients
from tensormill.ops.joining import concat
from tensormill.variables.initialization import trainable_variables

__all__ = ["ExternalOptimizerInterface", "ScipyOptimizerInterface"]

Evaluation = Callable[[Any], list[Any]]
"""Values of some tensors, given a vector of all variables."""


class ExternalOptimizerInterface:
    """The base of interfaces to algorithms outside: a subclass has the method `_minimize`.

    Args:
      loss: the scalar to minimize.
      var_list: the variables; all trainable ones by default.
      equalities: scalars to be zero.
      inequalities: scalars not to be negative.
      var_to_bounds: by variable, (low, high); each is broadcast to the shape of the variable.
      **optimizer_kwargs: what else the algorithm takes.
    """

    def __init__(
        self,
        loss: Tensor,
        var_list: Sequence[Any] | None = None,
        equalities: Sequence[Tensor] | None = None,
        inequalities: Sequence[Tensor] | None = None,
        var_to_bounds: Mapping[Any, Any] | None = None,
        **optimizer_kwargs: Any,
    ) -> None:
        self._loss = loss
        self._equalities = list(equalities or [])
        self._inequalities = list(inequalities or [])
        self._vars = trainable_variables() if var_list is None else list(var_list)
        self._packed_bounds = self._pairs_of_bounds(var_to_bounds)
        self._update_placeholders = [placeholder(var.dtype) for var in self._vars]
        self._var_updates = [
            var.assign(reshape(value, _sizes(var)))
            for var, value in zip(self._vars, self._update_placeholders, strict=True)
        ]
        loss_gradients = _gradients(loss, self._vars)
        of_equalities = [_gradients(each, self._vars) for each in self._equalities]
        of_inequalities = [_gradients(each, self._vars) for each in self._inequalities]
        self.optimizer_kwargs = optimizer_kwargs
        self._packed_var = self._pack(self._vars)
        self._packed_loss_grad = self._pack(loss_gradients)
        self._packed_equality_grads = [self._pack(each) for each in of_equalities]
        self._packed_inequality_grads = [self._pack(each) for each in of_inequalities]
        ends = list(accumulate((math.prod(_sizes(var)) for var in self._vars), initial=0))
        self._packing_slices = [slice(*pair) for pair in pairwise(ends)]

    def minimize(
        self,
        session: Any = None,
        feed_dict: dict[Any, Any] | None = None,
        fetches: list[Any] | None = None,
        step_callback: Callable[[Any], Any] | None = None,
        loss_callback: Callable[..., Any] | None = None,
        **run_kwargs: Any,
    ) -> None:
        """Minimize the loss and leave the result in the variables.

        Args:
          session: the session; the default one if None.
          feed_dict: what is fed besides.
          fetches: what `loss_callback` gets.
          step_callback: called with the vector of all variables after a step of the algorithm.
          loss_callback: called with the values of `fetches` after each evaluation of the loss.
          **run_kwargs: for the step that assigns the result.
        """
        session = session or get_default_session()
        feeds, wanted = feed_dict or {}, fetches or []
        loss_callback = loss_callback or _nothing
        step_callback = step_callback or _nothing

        def evaluations(tensors: list[Any]) -> list[Evaluation]:
            return [self._make_eval_func(each, session, feeds, wanted) for each in tensors]

        loss_grad_func = self._make_eval_func(
            [self._loss, self._packed_loss_grad], session, feeds, wanted, loss_callback
        )
        result = self._minimize(
            initial_val=session.run(self._packed_var),
            loss_grad_func=loss_grad_func,
            equality_funcs=evaluations(self._equalities),
            equality_grad_funcs=evaluations(self._packed_equality_grads),
            inequality_funcs=evaluations(self._inequalities),
            inequality_grad_funcs=evaluations(self._packed_inequality_grads),
            packed_bounds=self._packed_bounds,
            step_callback=step_callback,
            optimizer_kwargs=self.optimizer_kwargs,
        )
        parts = [result[part] for part in self._packing_slices]
        session.run(
            self._var_updates,
            feed_dict=dict(zip(self._update_placeholders, parts, strict=True)),
            **run_kwargs,
        )

    def _minimize(
        self,
        initial_val: Any,
        loss_grad_func: Evaluation,
        equality_funcs: list[Evaluation],
        equality_grad_funcs: list[Evaluation],
        inequality_funcs: list[Evaluation],
        inequality_grad_funcs: list[Evaluation],
        packed_bounds: list[tuple[float, float]] | None,
        step_callback: Callable[[Any], Any],
        optimizer_kwargs: dict[str, Any],
    ) -> Any:
        """Return the vector of all variables at the minimum.

        Raises:
          NotImplementedError: always; it is for subclasses to say how.
        """
        raise NotImplementedError(
            "To use ExternalOptimizerInterface, subclass from it and implement the _minimize() "
            "method."
        )

    def _pairs_of_bounds(
        self, var_to_bounds: Mapping[Any, Any] | None
    ) -> list[tuple[float, float]] | None:
        if var_to_bounds is None:
            return None
        pairs: list[tuple[float, float]] = []
        for var in self._vars:
            bounds = var_to_bounds.get(var, (-np.inf, np.inf))
            low, high = (list(np.broadcast_to(bound, _sizes(var)).flat) for bound in bounds)
            pairs += zip(low, high, strict=True)
        return pairs

    @classmethod
    def _pack(cls, tensors: Sequence[Any]) -> Tensor | None:
        """Return tensors one after the other, as one vector."""
        flat = [reshape(tensor, [-1]) for tensor in tensors]
        if len(flat) < 2:
            return flat[0] if flat else None
        return concat(flat, 0)

    def _make_eval_func(
        self,
        tensors: Any,
        session: Any,
        feed_dict: dict[Any, Any],
        fetches: list[Any],
        callback: Callable[..., Any] | None = None,
    ) -> Evaluation:
        """Return a function of the vector of all variables that runs a step."""
        asked = tensors if isinstance(tensors, list) else [tensors]

        def evaluate(vector: Any) -> list[Any]:
            feeds = {
                var: vector[part].reshape(_sizes(var))
                for var, part in zip(self._vars, self._packing_slices, strict=True)
            }
            values: list[Any] = session.run(asked + fetches, feed_dict={**feeds, **feed_dict})
            if callback is not None:
                callback(*values[len(asked) :])
            return values[: len(asked)]

        return evaluate


class ScipyOptimizerInterface(ExternalOptimizerInterface):
    """Minimizes by `scipy.optimize.minimize`, whose arguments it takes; by L-BFGS-B by default.

    For the others see `ExternalOptimizerInterface`. SciPy is not installed with tensormill.
    """

    _DEFAULT_METHOD = "L-BFGS-B"

    def _minimize(
        self,
        initial_val: Any,
        loss_grad_func: Evaluation,
        equality_funcs: list[Evaluation],
        equality_grad_funcs: list[Evaluation],
        inequality_funcs: list[Evaluation],
        inequality_grad_funcs: list[Evaluation],
        packed_bounds: list[tuple[float, float]] | None,
        step_callback: Callable[[Any], Any],
        optimizer_kwargs: dict[str, Any],
    ) -> Any:
        """Return the vector of all variables at the minimum.

        Raises:
          ValueError: an argument is set here already.
        """

        def loss_and_gradient(vector: Any) -> tuple[float, Any]:
            # SciPy wants numbers of 64 bits, and a loss that is a scalar.
            loss, gradient = loss_grad_func(vector)
            return float(np.asarray(loss).reshape(())), gradient.astype(np.float64)

        given = dict(optimizer_kwargs)
        method = given.pop("method", self._DEFAULT_METHOD)
        kinds = (
            ("eq", equality_funcs, equality_grad_funcs),
            ("ineq", inequality_funcs, inequality_grad_funcs),
        )
        arguments: dict[str, Any] = {
            "jac": True,
            "callback": step_callback,
            "method": method,
            "constraints": [
                {"type": kind, "fun": _first(value), "jac": _first(slope)}
                for kind, values, slopes in kinds
                for value, slope in zip(values, slopes, strict=True)
            ],
            "bounds": packed_bounds,
        }
        for name in arguments:
            if name == "bounds" and name in given:
                raise ValueError("Bounds must be set using the var_to_bounds argument")
            if name in given:
                raise ValueError(
                    f"Optimizer keyword arg '{name}' is set automatically and cannot be injected "
                    "manually"
                )
        optimize = importlib.import_module("scipy.optimize")
        result = optimize.minimize(loss_and_gradient, initial_val, **{**arguments, **given})
        _log(result)
        return result["x"]


def _log(result: Any) -> None:
    lines = ["Optimization terminated with:", "  Message: %s", "  Objective function value: %f"]
    values = [result.message, result.fun]
    counted = {"nit": "  Number of iterations: %d", "nfev": "  Number of functions evaluations: %d"}
    for name, line in counted.items():
        if hasattr(result, name):
            lines.append(line)
            values.append(getattr(result, name))
    tf_logging.info("\n".join(lines), *values)


def _nothing(*values: Any) -> None:
    """Do nothing with what a callback gets."""


def _first(evaluate: Evaluation) -> Callable[[Any], Any]:
    return lambda vector: np.asarray(evaluate(vector)[0], np.float64)


def _sizes(var: Any) -> tuple[int, ...]:
    return tuple(var.get_shape().as_list())


def _gradients(tensor: Tensor, variables: Sequence[Any]) -> list[Any]:
    """Return gradients, zeros where there are none."""
    made = gradients(tensor, variables)
    return [
        zeros_like(var) if gradient is None else gradient
        for var, gradient in zip(variables, made, strict=True)
    ]
