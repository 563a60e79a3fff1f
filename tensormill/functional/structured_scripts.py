"""`tf.contrib.framework.py_func`: Python functions of structures.

Source: TensorFlow 1.15, contrib/framework/python/ops/script_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tensormill.graph import nest
from tensormill.graph.shapes import as_shape
from tensormill.ops.scripts import py_func as flat_py_func

__all__ = ["py_func"]


def py_func(
    func: Callable[..., Any],
    args: Any = (),
    kwargs: Any = None,
    output_types: Any = None,
    output_shapes: Any = None,
    stateful: bool = True,
    name: str | None = None,
) -> Any:
    """Return the structure of tensors that a Python function computes from structures of arrays.

    Args:
      func: takes what `args` and `kwargs` hold, as arrays.
      args: its positional arguments: a list or tuple.
      kwargs: its arguments by name.
      output_types: the structure of dtypes that it returns, or a function of the arguments.
      output_shapes: their static shapes, or a function of the arguments.
      stateful: whether it may give other values for the same arguments.
      name: the name of the node.

    Raises:
      TypeError: an argument is not what it should be.
    """
    kwargs = {} if kwargs is None else kwargs
    if not isinstance(args, (list, tuple)):
        raise TypeError(f"args must be list and not {type(args)}. args: {args}")
    if not isinstance(kwargs, dict):
        raise TypeError(f"kwargs must be dict and not {type(kwargs)}. args: {kwargs}")
    if callable(output_types):
        output_types = output_types(*args, **kwargs)
    if callable(output_shapes):
        output_shapes = output_shapes(*args, **kwargs)
    inputs = (args, kwargs)

    def on_arrays(*arrays: Any) -> list[Any]:
        positional, named = nest.pack_sequence_as(inputs, list(arrays))
        returned = func(*positional, **named)
        return list(_leaves_up_to(output_types, returned))

    made = flat_py_func(
        on_arrays, nest.flatten(inputs), nest.flatten(output_types), stateful=stateful, name=name
    )
    tensors = made if isinstance(made, list) else [made]
    if output_shapes is not None:
        shapes = _leaves_up_to(output_types, output_shapes)
        for tensor, shape in zip(tensors, shapes, strict=True):
            tensor.set_shape(as_shape(shape))
    return nest.pack_sequence_as(output_types, tensors)


def _leaves_up_to(shallow: Any, structure: Any) -> Iterator[Any]:
    """Yield the parts of a structure that stand where another one has its leaves.

    Raises:
      TypeError: the structure ends before the other one does.
      ValueError: it has more or fewer parts.
    """
    if not nest.is_nested(shallow):
        yield structure
        return
    if not nest.is_nested(structure):
        raise TypeError(f"Expected a structure like {shallow}, got {structure}.")
    if len(shallow) != len(structure):
        raise ValueError(f"Expected {len(shallow)} parts as in {shallow}, got {structure}.")
    keys = sorted(shallow) if isinstance(shallow, Mapping) else range(len(shallow))
    for key in keys:
        yield from _leaves_up_to(shallow[key], structure[key])
