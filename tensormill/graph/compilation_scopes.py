"""Marks operations to be compiled together: `tf.xla.experimental.jit_scope`.

Here the marks are attributes and nothing more; TensorFlow's compiler reads them in exported graphs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tensorboard.compat.proto.attr_value_pb2 import AttrValue

from tensormill.graph.graph import get_default_graph
from tensormill.graph.operation import Operation

__all__ = ["compiled_like", "jit_scope"]

_COUNTER_KEY = ("__xla_scope",)


@dataclass
class _ScopeCounter:
    """How many scopes a graph has had, and how many are open one in another."""

    count: int = 0
    depth: int = 0


@contextmanager
def jit_scope(
    compile_ops: bool | Callable[[Any], bool] = True, separate_compiled_gradients: bool = False
) -> Iterator[None]:
    """Mark the operations made in the block as ones to compile, or not to compile.

    Args:
      compile_ops: whether to, or a function of a NodeDef that says it.
      separate_compiled_gradients: compile gradients apart from what they are gradients of.
    """
    graph = get_default_graph()
    found = graph.get_collection(_COUNTER_KEY)
    counter = found[0] if found else _ScopeCounter()
    if not found:
        graph.add_to_collection(_COUNTER_KEY, counter)
    attrs: dict[str, Any] = {
        "_XlaCompile": (
            (lambda node_def: AttrValue(b=compile_ops(node_def)))
            if callable(compile_ops)
            else AttrValue(b=compile_ops)
        ),
        "_XlaSeparateCompiledGradients": AttrValue(b=bool(separate_compiled_gradients)),
    }
    if counter.depth == 0:
        attrs["_XlaScope"] = AttrValue(s=f"jit_scope_{counter.count}".encode())
        counter.count += 1
    counter.depth += 1
    try:
        with graph._attr_scope(attrs):
            yield
    finally:
        counter.depth -= 1


@contextmanager
def compiled_like(op: Operation, scope: str) -> Iterator[None]:
    """Mark the operations made in the block, the gradients of `op`, as `op` is marked.

    Args:
      op: the operation.
      scope: the name scope of the gradients.
    """
    if not op.attrs.get("_XlaCompile"):
        yield
        return
    place = op.attrs.get("_XlaScope", b"")
    if op.attrs.get("_XlaSeparateCompiledGradients"):
        place = place + b"_grad_" + scope.rstrip("/").replace("/", "_").encode()
    attrs = {"_XlaCompile": AttrValue(b=True), "_XlaScope": AttrValue(s=place)}
    with op.graph._attr_scope(attrs):
        yield
