"""`tf.function` and `defun` in graph mode: Python functions whose side effects happen.

A call makes the nodes of the function in the graph that calls it. Operations on the same state run
in the order in which they were made, and the results wait for all operations with effects.

Source: TensorFlow 1.15, python/framework/auto_control_deps.py.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from tensormill.graph import dtypes, nest
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import control_dependencies
from tensormill.graph.graph import get_default_graph
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor, TensorLike
from tensormill.ops.composite_values import components, rebuild
from tensormill.ops.grouping import group
from tensormill.ops.identities import identity

__all__ = ["TracedFunction", "traced"]

# They have state, and nothing happens when they run.
_WITHOUT_EFFECT = frozenset(
    """
    VarHandleOp ReadVariableOp VarIsInitializedOp Placeholder PlaceholderV2 VariableV2 Variable
    RandomUniform RandomUniformInt RandomStandardNormal ParameterizedTruncatedNormal TruncatedNormal
    RandomShuffle Multinomial RandomGamma RandomGammaGrad RandomPoisson RandomPoissonV2
    """.split()
)


class TracedFunction:
    """A Python function that makes nodes; see the module.

    Attributes:
      python_function: the function.
      input_signature: specs of the arguments, or None.
    """

    def __init__(self, python_function: Callable[..., Any], input_signature: Any = None) -> None:
        functools.update_wrapper(self, python_function)
        self.python_function = python_function
        self.input_signature = input_signature

    def __get__(self, instance: Any, owner: Any) -> Any:
        """Return the method of an object."""
        if instance is None:
            return self
        bound = self.python_function.__get__(instance, owner)
        return TracedFunction(bound, self.input_signature)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Make the nodes of a call.

        Returns:
          The results of the function; where it returns nothing, the operation that does all that it
          has to do.
        """
        graph = get_default_graph()
        context = graph._get_control_flow_context()
        before = graph._last_id
        args, kwargs = nest.map_structure(_as_argument, (args, kwargs))
        result = self.python_function(*args, **kwargs)
        made = [
            op
            for op in graph.get_operations()
            if op._id > before and op._get_control_flow_context() is context
        ]
        effects = _put_in_order(made)
        if result is None:
            return group(*effects)
        with control_dependencies(effects):
            return nest.map_structure(_as_result, result)


def _as_argument(value: Any) -> Any:
    return convert_to_tensor(value) if isinstance(value, np.ndarray) else value


def _as_result(value: Any) -> Any:
    if value is None:
        return None
    parts = components(value)
    if parts is not None:
        return rebuild(value, [identity(part) for part in parts])
    if isinstance(value, Operation):
        return group(value)
    return identity(convert_to_tensor(value)) if not isinstance(value, TensorLike) else _read(value)


def _read(value: Any) -> Tensor:
    made: Tensor = identity(value)
    return made


def _put_in_order(made: list[Operation]) -> list[Operation]:
    """Let each operation on a state wait for the one before; return those with effects."""
    last: dict[Tensor, Operation] = {}
    effects: list[Operation] = []
    for op in made:
        if op.type in ("VarHandleOp", "VariableV2", "Variable"):
            continue
        state = [t for t in op.input_tensors if _is_state(t)]
        for tensor in state:
            previous = last.get(tensor)
            if previous is not None and previous is not op:
                op._add_control_input(previous)
            last[tensor] = op
        changes_reference = any(t.dtype._is_ref_dtype for t in state) and op.type != "Identity"
        if (op._is_stateful and op.type not in _WITHOUT_EFFECT) or changes_reference:
            effects.append(op)
    return effects


def _is_state(tensor: Tensor) -> bool:
    return tensor.dtype is dtypes.resource or tensor.dtype._is_ref_dtype


def traced(
    func: Callable[..., Any] | None = None,
    input_signature: Any = None,
    autograph: bool = True,
    experimental_autograph_options: Any = None,
    experimental_relax_shapes: bool = False,
) -> Any:
    """Return a function that makes the nodes of `func` at each call, or a decorator.

    Args:
      func: the Python function; a decorator is returned without it.
      input_signature: specs of the arguments.
      autograph: not used: Python statements are run as they are.
      experimental_autograph_options: not used.
      experimental_relax_shapes: not used.
    """
    if func is None:
        return functools.partial(traced, input_signature=input_signature)
    return TracedFunction(func, input_signature)
