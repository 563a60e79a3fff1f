"""Functions that bring their own gradient: `tf.custom_gradient` and what is made with it.

Source: TensorFlow 1.15, python/ops/custom_gradient.py.
"""

from __future__ import annotations

import functools
import inspect
import itertools
from collections.abc import Callable, Sequence
from typing import Any

from tensormill.graph import nest
from tensormill.graph.collections import GraphKeys
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import control_dependencies
from tensormill.graph.gradient_registry import RegisterGradient
from tensormill.graph.graph import Graph, get_default_graph
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.ops.gradients import gradients
from tensormill.ops.identities import identity, identity_n

__all__ = ["custom_gradient", "grad_pass_through", "recompute_grad"]

_VARIABLES = ("VariableV2", "VarHandleOp")
_numbers = itertools.count(1)


class _CustomGradient:
    """A function, or a method once it is bound, that returns (results, gradient function)."""

    def __init__(self, function: Callable[..., Any]) -> None:
        functools.update_wrapper(self, function)
        self._function = function

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return self
        return _CustomGradient(self._function.__get__(instance, owner))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return the results of the function, which are differentiated as it says."""
        if kwargs:
            raise ValueError(
                "The custom_gradient decorator currently supports keywords arguments only when "
                "eager execution is enabled."
            )
        inputs = nest.map_structure(convert_to_tensor, list(args))
        graph = get_default_graph()
        known = set(_all_variables(graph))
        result, grad_fn = self._function(*inputs)
        for variable in _all_variables(graph):
            if variable not in known and variable.dtype._is_ref_dtype:
                raise TypeError(
                    "All variables used by a function wrapped with @custom_gradient must be "
                    "`ResourceVariable`s. Ensure that no `variable_scope` is created with "
                    "`use_resource=False`."
                )
        flat_inputs = nest.flatten(inputs)
        flat_result = [convert_to_tensor(r) for r in nest.flatten(result)]
        variables = _used_variables(graph, flat_result, flat_inputs)
        _check_signature(grad_fn, variables)
        name = f"CustomGradient-{next(_numbers)}"
        RegisterGradient(name)(_gradient_function(grad_fn, len(flat_result), variables))
        with graph.gradient_override_map({"IdentityN": name}):
            values = [convert_to_tensor(v) for v in variables]
            outputs = identity_n([*flat_result, *flat_inputs, *values])
        return nest.pack_sequence_as(result, outputs[: len(flat_result)])


def _all_variables(graph: Graph) -> list[Any]:
    keys = (GraphKeys.GLOBAL_VARIABLES, GraphKeys.LOCAL_VARIABLES)
    return [variable for key in keys for variable in graph.get_collection(key)]


def _used_variables(graph: Graph, results: Sequence[Tensor], inputs: Sequence[Tensor]) -> list[Any]:
    """Return the trainable variables between inputs and results, by name."""
    trainable = {v.op: v for v in graph.get_collection(GraphKeys.TRAINABLE_VARIABLES)}
    seen: set[Operation] = {tensor.op for tensor in inputs}
    pending = [tensor.op for tensor in results]
    found = []
    while pending:
        op = pending.pop()
        if op in seen:
            continue
        seen.add(op)
        if op.type in _VARIABLES and op in trainable:
            found.append(trainable[op])
        pending.extend(tensor.op for tensor in op.input_tensors)
    return sorted(found, key=lambda variable: variable.name)


def _check_signature(grad_fn: Callable[..., Any], variables: Sequence[Any]) -> None:
    parameters = inspect.signature(grad_fn).parameters.values()
    takes = any(p.name == "variables" or p.kind is p.VAR_KEYWORD for p in parameters)
    if variables and not takes:
        raise TypeError(
            "@tf.custom_gradient grad_fn must accept keyword argument 'variables', since function "
            f"uses variables: {variables}"
        )


def _gradient_function(
    grad_fn: Callable[..., Any], result_count: int, variables: Sequence[Any]
) -> Callable[..., list[Any]]:
    """Return the gradient function of the IdentityN through which results, inputs, variables go."""

    def custom_grad(op: Operation, *grads: Any) -> list[Any]:
        if variables:
            input_grads, variable_grads = grad_fn(*grads[:result_count], variables=list(variables))
            if len(variable_grads) != len(variables):
                raise ValueError(
                    "Must return gradient for each variable from @custom_gradient grad_fn."
                )
        else:
            input_grads, variable_grads = grad_fn(*grads[:result_count]), []
        return [None] * result_count + nest.flatten(input_grads) + list(variable_grads)

    return custom_grad


def custom_gradient(f: Callable[..., Any] | None = None) -> Any:
    """Decorate a function that returns its results and a function of their gradients.

    The decorated function returns the results alone; `tf.gradients` uses the gradient function in
    place of what stands between them and the arguments.

    Args:
      f: returns `(results, grad_fn)`; `grad_fn(*result_gradients)` returns a gradient an argument.
        Where trainable variables are used besides the arguments it is called with `variables=`,
        and returns two lists: the gradients of the arguments and those of the variables.
    """
    return custom_gradient if f is None else _CustomGradient(f)


def recompute_grad(f: Callable[..., Any]) -> Any:
    """Return a function that computes `f` anew for its gradient, to keep less in memory meanwhile.

    Args:
      f: a function of tensors.
    """

    def forward(*args: Any) -> Any:
        def backward(*grads: Any, variables: Sequence[Any] | None = None) -> Any:
            with control_dependencies([g for g in grads if g is not None]):
                copies = [identity(arg) for arg in args]
                result = nest.flatten(f(*copies))
            found = gradients(result, [*copies, *(variables or ())], grad_ys=list(grads))
            if variables:
                return found[: len(copies)], found[len(copies) :]
            return found

        return f(*args), backward

    return _CustomGradient(functools.wraps(f)(forward))


def grad_pass_through(f: Callable[..., Any]) -> Any:
    """Return a function that computes `f`, but is differentiated as if it returned its arguments.

    Args:
      f: a function of tensors, with as many results.
    """

    def forward(*args: Any) -> Any:
        def backward(*grads: Any, variables: Sequence[Any] | None = None) -> Any:
            return (grads, [None] * len(variables)) if variables else grads

        return f(*args), backward

    return _CustomGradient(functools.wraps(f)(forward))
