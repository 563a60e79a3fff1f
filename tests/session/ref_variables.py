"""A ref variable made of its ops, for tests of what sessions do with variables."""

from typing import Any, NamedTuple

import numpy as np

import tensormill as tf
from tensormill.graph.op_table import OP_DEFS


class RefVariable(NamedTuple):
    """The reference, the value as it is read, the initializer, and an operation that adds one."""

    ref: Any
    value: Any
    initializer: Any
    add_one: Any


def make_variable(value: Any) -> RefVariable:
    """Return a variable of float32 with an initial value."""
    array = np.asarray(value, np.float32)
    build = {name: OP_DEFS[name].builder for name in ("VariableV2", "Assign", "AssignAdd")}
    ref = build["VariableV2"](shape=array.shape, dtype=tf.float32)
    return RefVariable(
        ref,
        tf.identity(ref),
        build["Assign"](ref, tf.constant(array)).op,
        build["AssignAdd"](ref, tf.constant(np.ones_like(array))).op,
    )
