"""`tf.raw_ops`: every op of the registry by its type, with keyword arguments only."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from functools import cache
from typing import Any

from tensormill.graph.op_table import OP_DEFS

_REDUCED = {"axis": "reduction_indices"}
_RENAMED = {
    **dict.fromkeys(("All", "Any", "EuclideanNorm", "Max", "Mean", "Min", "Prod", "Sum"), _REDUCED),
    "ExpandDims": {"axis": "dim"},
    "Select": {"x": "t", "y": "e"},
    "Split": {"axis": "split_dim"},
    "SplitV": {"axis": "split_dim"},
    "Squeeze": {"axis": "squeeze_dims"},
    "Where": {"condition": "input"},
}
"""Op type -> the names of arguments that are others than in messages of the op."""


@cache
def _function(op_type: str) -> Callable[..., Any]:
    op_def = OP_DEFS[op_type]
    outputs = [arg.name for arg in op_def.outputs]
    renamed = _RENAMED.get(op_type, {})
    shown = {name: key for key, name in renamed.items()}
    keys = [arg.name for arg in op_def.inputs]
    keys += [name for name in op_def.attrs if name not in op_def.inferred_attrs]
    keys = [shown.get(key, key) for key in keys]
    result_type = namedtuple(op_type, outputs) if len(outputs) > 1 else None

    def raw_op(*args: Any, **kwargs: Any) -> Any:
        if args:
            raise TypeError(
                f"{op_type} only takes keyword args (possible keys: {[*keys, 'name']}). Please "
                "pass these args as kwargs instead."
            )
        made = op_def.builder(**{renamed.get(key, key): kwargs[key] for key in kwargs})
        return made if result_type is None else result_type(*made)

    raw_op.__name__ = raw_op.__qualname__ = op_type
    raw_op.__doc__ = f"Make a node of type {op_type}; arguments: {', '.join([*keys, 'name'])}."
    return raw_op


def __getattr__(name: str) -> Callable[..., Any]:
    if name not in OP_DEFS:
        raise AttributeError(f"module 'tensormill.raw_ops' has no op type {name!r}")
    return _function(name)


def __dir__() -> list[str]:
    return sorted(OP_DEFS)
