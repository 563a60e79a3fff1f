"""Python functions as nodes: py_func and numpy_function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensormill.graph.dtypes import as_dtype
from tensormill.graph.op_builder import graph_of
from tensormill.graph.op_registry import define
from tensormill.graph.py_functions import register_py_function
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


@py_func_op.shape
@py_func_stateless_op.shape
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
      A tensor, or a list of them where `Tout` is a list; the operation where that is empty.
    """
    is_list = isinstance(Tout, (list, tuple))
    dtypes_out = list(Tout) if is_list else [Tout]
    token = register_py_function(graph_of(inp), func)
    build = py_func_op if stateful else py_func_stateless_op
    op = build.make(list(inp), token=token, Tout=dtypes_out, name=name)
    if not dtypes_out:
        return op
    return list(op.outputs) if is_list else op.outputs[0]


class _Value(np.ndarray[Any, Any]):
    """An array with the method by which functions ask an eager tensor for its value."""

    def numpy(self) -> Any:
        """Return the value as a plain array or number."""
        plain = self.view(np.ndarray)
        return plain[()] if plain.ndim == 0 else plain


def py_function(func: Callable[..., Any], inp: Any, Tout: Any, name: str | None = None) -> Any:
    """Call a Python function each time the node runs; its arguments have `numpy()`.

    Args:
      func: the function; it gets arrays and returns one value, or a list of them.
      inp: the tensors that it gets.
      Tout: the dtype of its result, or a list of dtypes.
      name: the name of the node.

    Returns:
      A tensor, or a list of them where `Tout` is a list; the operation where that is empty.
    """
    is_list = isinstance(Tout, (list, tuple))
    types = [as_dtype(t) for t in (Tout if is_list else [Tout])]

    def call(*values: Any) -> Any:
        given = func(*[np.asarray(value).view(_Value) for value in values])
        if given is None:
            return None
        results = list(given) if isinstance(given, (list, tuple)) and is_list else [given]
        plain = [r.numpy() if isinstance(r, _Value) else r for r in results]
        return [
            value if dtype.name == "string" else np.asarray(value, dtype.as_numpy_dtype)
            for value, dtype in zip(plain, types, strict=True)
        ]

    return py_func(call, inp, Tout, name=name or "EagerPyFunc")


def numpy_function(func: Callable[..., Any], inp: Any, Tout: Any, name: str | None = None) -> Any:
    """Call a Python function of NumPy values each time the node runs (see `py_func`)."""
    return py_func(func, inp, Tout, stateful=True, name=name)
