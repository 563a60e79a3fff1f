"""Functions of tensors that are compiled as one: `tf.xla.experimental.compile`.

Here the operations run as others do; they are marked for TensorFlow's compiler.

Source: TensorFlow 1.15, python/compiler/xla/xla.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tensormill.graph import nest
from tensormill.graph.compilation_scopes import jit_scope
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import control_dependencies, device, name_scope
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.ops.grouping import group
from tensormill.ops.identities import identity
from tensormill.variables.scope import get_variable_scope

__all__ = ["compile"]


def compile(computation: Callable[..., Any], inputs: Sequence[Any] | None = None) -> Any:
    """Build a computation whose results are there when all its operations have run.

    Variables that it makes are resource variables.

    Args:
      computation: takes the inputs; returns tensors and then operations, or a nested structure of
        tensors.
      inputs: what is passed to it, tensors or what converts to them, nested or not.

    Returns:
      What the computation returned: a list where that is flat, without the operations; an
      operation where there are no tensors.

    Raises:
      TypeError: the inputs are no sequence.
      ValueError: the computation returned anything else.
    """
    if inputs is None:
        inputs = []
    if not isinstance(inputs, Sequence):
        raise TypeError("inputs must be a list")
    given = [convert_to_tensor(value) for value in nest.flatten(inputs)]
    with name_scope("cluster"), jit_scope():
        given = [identity(value, name=f"input_{index}") for index, value in enumerate(given)]
        results = _with_resource_variables(computation, nest.pack_sequence_as(inputs, given))
        is_flat = _is_flat(results)
        tensors, operations = _flat_results(results) if is_flat else (_tensors(results), [])
    if not tensors:
        return group(*operations, name="output_0")
    with control_dependencies(operations):
        tensors = [identity(tensor, name=f"output_{index}") for index, tensor in enumerate(tensors)]
    return tensors if is_flat else nest.pack_sequence_as(results, tensors)


def _with_resource_variables(computation: Callable[..., Any], inputs: Any) -> Any:
    scope = get_variable_scope()
    before = scope.use_resource
    scope.set_use_resource(True)
    try:
        return computation(*inputs)
    finally:
        scope.set_use_resource(before)


def _is_flat(results: Any) -> bool:
    if isinstance(results, Sequence):
        return not any(isinstance(part, (Sequence, dict)) for part in results)
    return not isinstance(results, dict)


def _flat_results(results: Any) -> tuple[list[Tensor], list[Operation]]:
    """Return the tensors and the operations of results that are not nested."""
    if results is None:
        results = ()
    parts = list(results) if isinstance(results, Sequence) else [results]
    operations = [part for part in parts if isinstance(part, Operation)]
    values = [part for part in parts if not isinstance(part, Operation)]
    if any(isinstance(part, Operation) for part in parts[: len(values)]):
        raise ValueError(
            "XLA computation function must return zero or more Tensor values followed by zero or "
            "more Operations."
        )
    return [_result(value) for value in values], operations


def _tensors(results: Any) -> list[Tensor]:
    parts = nest.flatten(results)
    for part in parts:
        if isinstance(part, Operation):
            raise ValueError(
                "xla.compile does not support Operation as return value in non-flat output "
                "structure. You can set returned Operations as control dependencies of returned "
                "Tensors so Operations are triggered when Tensors are evaluated. Operation found: "
                f'"{part.name}"'
            )
    return [_result(part) for part in parts]


def _result(value: Any) -> Tensor:
    try:
        tensor = convert_to_tensor(value)
    except Exception as error:
        raise ValueError(
            "XLA computation function return values must all either be Operations or convertible "
            f'to Tensors. Got error: "{error}"'
        ) from error
    with device(tensor.device or ""):
        return identity(tensor)
