"""The functions of `tensorflow.python.ops.gen_*_ops`: one for each op of the registry.

Source: TensorFlow 1.15, python/framework/python_op_gen.cc and core/api_def.
"""

from __future__ import annotations

import re
from collections import namedtuple
from collections.abc import Callable
from functools import cache
from typing import Any

from tensormill.graph.op_def import OpDef
from tensormill.graph.op_table import OP_DEFS
from tensormill.ops import families

__all__ = ["find", "snake_case"]

assert families  # they fill the registry

# Inputs that the functions call otherwise than the op does.
_RENAMED: dict[str, dict[str, str]] = {
    "ExpandDims": {"dim": "axis"},
    "Split": {"split_dim": "axis"},
    "SplitV": {"split_dim": "axis"},
    "Squeeze": {"squeeze_dims": "axis"},
    "Where": {"input": "condition"},
    "Select": {"t": "x", "e": "y"},
    **{
        op_type: {"reduction_indices": "axis"}
        for op_type in ("All", "Any", "EuclideanNorm", "Max", "Mean", "Min", "Prod", "Sum")
    },
}
# Attributes that ops got after TensorFlow 1.15: they come after `name`, by name only.
_LATER_ATTRS = frozenset(
    """
    bad_indices_policy grad_x grad_y grad_a grad_b sparse_gradient explicit_paddings
    exponential_avg_factor index_type debug_name allowed_devices
    """.split()
)
_LATER_ATTRS_OF = {
    "QuantizeAndDequantizeV2": {"axis"},
    "QuantizeAndDequantizeV3": {"axis"},
    "AssignVariableOp": {"validate_shape"},
}
_WORD_STARTS = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z0-9])(?=[A-Z][a-z])")


def snake_case(op_type: str) -> str:
    """Return the name of the function of an op type: `conv2d_backprop_input`."""
    return _WORD_STARTS.sub("_", op_type).lower()


def find(name: str) -> Callable[..., Any] | None:
    """Return the function of that name, None where the registry has no such op.

    A leading underscore (`_sum`) is that of functions whose plain name means something to Python.
    """
    op_type = _op_types(len(OP_DEFS)).get(name.removeprefix("_"))
    return None if op_type is None else _function(op_type)


@cache
def _op_types(count: int) -> dict[str, str]:
    """Return the op type of each function; `count` is the size of the registry."""
    return {snake_case(op_type): op_type for op_type in OP_DEFS}


def _parameters(op_def: OpDef) -> list[tuple[str, str]]:
    """Return (name in the function, name in the op) in the order of the function."""
    renamed = _RENAMED.get(op_def.name, {})
    later = _LATER_ATTRS | _LATER_ATTRS_OF.get(op_def.name, set())
    attrs = [attr for name, attr in op_def.attrs.items() if name not in op_def.inferred_attrs]
    names = [arg.name for arg in op_def.inputs]
    names += [attr.name for attr in attrs if not attr.has_default]
    names += [attr.name for attr in attrs if attr.has_default and attr.name not in later]
    return [(renamed.get(name, name), name) for name in names]


@cache
def _function(op_type: str) -> Callable[..., Any]:
    op_def = OP_DEFS[op_type]
    parameters = _parameters(op_def)
    positions = [name for name, _ in parameters] + ["name"]
    own_names = dict(parameters)
    outputs = [arg.name for arg in op_def.outputs]
    result_type = namedtuple(op_type, outputs) if len(outputs) > 1 else None
    function_name = snake_case(op_type)
    optional = {name for name, attr in op_def.attrs.items() if attr.has_default}

    def raw_function(*args: Any, **kwargs: Any) -> Any:
        if len(args) > len(positions):
            raise TypeError(
                f"{function_name}() takes {len(positions)} positional arguments but {len(args)} "
                "were given"
            )
        given = dict(zip(positions, args, strict=False))
        for key, value in kwargs.items():
            if key in given:
                raise TypeError(f"{function_name}() got multiple values for argument {key!r}")
            given[key] = value
        # None asks for the default of an attribute.
        named = {
            own_names.get(key, key): value
            for key, value in given.items()
            if not (value is None and own_names.get(key, key) in optional)
        }
        made = op_def.builder(**named)
        return made if result_type is None else result_type(*made)

    raw_function.__name__ = raw_function.__qualname__ = function_name
    raw_function.__doc__ = f"Make a node of type {op_type}; arguments: {', '.join(positions)}."
    return raw_function
