"""Python functions as nodes: py_func, numpy_function, and what py_function is made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.graph.op_builder import graph_of
from tensormill.graph.op_registry import define
from tensormill.graph.operation import Operation
from tensormill.graph.py_functions import find_py_function, register_py_function
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims

py_func_op = define(
    "PyFunc",
    inputs=("input: Tin",),
    outputs=("output: Tout",),
    attrs=("token: string", "Tin: list(type) >= 0", "Tout: list(type) >= 0"),
    stateful=True,
    differentiable=False,
)
py_func_stateless_op = define(
    "PyFuncStateless",
    inputs=("input: Tin",),
    outputs=("output: Tout",),
    attrs=("token: string", "Tin: list(type) >= 0", "Tout: list(type) >= 0"),
    differentiable=False,
)

eager_py_func_op = define(
    "EagerPyFunc",
    inputs=("input: Tin",),
    outputs=("output: Tout",),
    attrs=(
        "token: string",
        "is_async: bool = false",
        "Tin: list(type) >= 0",
        "Tout: list(type) >= 0",
    ),
    stateful=True,
)


@py_func_op.shape
@py_func_stateless_op.shape
@eager_py_func_op.shape
def unknown_shapes(ctx: ShapeContext) -> list[Dims]:
    return [None] * len(ctx.attrs["Tout"])


def py_func(
    func: Callable[..., Any], inp: Any, Tout: Any, stateful: bool = True, name: str | None = None
) -> Any:
    """Call a Python function each time the node runs.

    The function gets NumPy values and returns one, or a list of them; the shapes of the results are
    not known while the graph is built. It runs in the process of the task that has the node, and
    is not part of a GraphDef.

    Args:
      func: the function.
      inp: the tensors that it gets.
      Tout: the dtype of its result, or a list of dtypes.
      stateful: False if it gives the same for the same input, always.
      name: the name of the node.

    Returns:
      A tensor, or a list of them where `Tout` is a list; where that is empty, the operation of a
      stateful function.
    """
    is_list = isinstance(Tout, (list, tuple))
    dtypes_out = list(Tout) if is_list else [Tout]
    token = register_py_function(graph_of(inp), func)
    build = py_func_op if stateful else py_func_stateless_op
    op = build.make(list(inp), token=token, Tout=dtypes_out, name=name)
    if stateful and not dtypes_out:
        return op
    return list(op.outputs) if is_list else op.outputs[0]


def eager_py_func(
    func: Callable[..., Any], inp: Any, dtypes: list[Any], name: str | None = None
) -> Any:
    """Call a Python function that can say its own gradient each time the node runs.

    Args:
      func: takes and returns NumPy values; `func.gradient(op, grads)` makes the nodes of the
        gradient.
      inp: the tensors that it gets.
      dtypes: the dtypes of its results.
      name: the name of the node.

    Returns:
      A list of tensors, or the operation where there are none.
    """
    token = register_py_function(graph_of(inp), func)
    op = eager_py_func_op.make(list(inp), token=token, Tout=dtypes, name=name)
    return list(op.outputs) if dtypes else op


@eager_py_func_op.gradient
def eager_py_func_grad(op: Operation, *grads: Any) -> list[Any]:
    found = find_py_function(op.attrs["token"].decode())
    if found is None:
        raise LookupError(f"{op.name} calls a Python function of another process")
    made: list[Any] = found.function.gradient(op, list(grads))  # type: ignore[attr-defined]
    return made


def numpy_function(func: Callable[..., Any], inp: Any, Tout: Any, name: str | None = None) -> Any:
    """Call a Python function of NumPy values each time the node runs (see `py_func`)."""
    return py_func(func, inp, Tout, stateful=True, name=name)
