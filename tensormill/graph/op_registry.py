"""The op registry: every op type by name, with its signature, shape function and gradient.

Op modules call `define` once per op and hang the rules on what it returns. The registry is data:
imports of graphs, documentation, tests and API checks are derived from it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tensormill.graph.op_builder import OpBuilder
from tensormill.graph.op_def import OpDef
from tensormill.graph.op_table import OP_DEFS, get_op_def

__all__ = ["OP_DEFS", "define", "get_op_def"]


def define(
    name: str,
    inputs: Sequence[str] = (),
    outputs: Sequence[str] = (),
    attrs: Sequence[str] = (),
    *,
    stateful: bool = False,
    commutative: bool = False,
    aggregate: bool = False,
    allows_uninitialized_input: bool = False,
    differentiable: bool = True,
    deprecation: tuple[int, str] | None = None,
    module: str | None = None,
) -> OpBuilder:
    """Register an op type and return the function that makes nodes of it.

    Args:
      name: the op type, such as "MatMul".
      inputs: the input arguments in TensorFlow's signature language: `"x: T"`,
        `"values: N * T"`, `"ref: Ref(T)"`.
      outputs: the output arguments, likewise.
      attrs: the attributes: `"T: numbertype"`, `"keep_dims: bool = false"`.
      stateful: never merged, folded or pruned as a duplicate; its kernel lives as long as its
        session.
      commutative: `op(a, b) == op(b, a)`.
      aggregate: commutative and associative.
      allows_uninitialized_input: a ref input may be uninitialized.
      differentiable: False says that the op has no gradient (as `tf.NotDifferentiable`).
      deprecation: the version of graphs from which on the op may not be used, and what to use
        instead.
      module: the module that declares the op; by default that of the caller.

    Returns:
      An `OpBuilder`; call it to make a node, use its `.shape` and `.gradient` as decorators for the
      rules.

    Raises:
      ValueError: the op type is registered already.
    """
    if name in OP_DEFS:
        raise ValueError(f"op type {name!r} is defined twice")
    op_def = OpDef(
        name,
        inputs,
        outputs,
        attrs,
        is_stateful=stateful,
        is_commutative=commutative,
        is_aggregate=aggregate,
        allows_uninitialized_input=allows_uninitialized_input,
        differentiable=differentiable,
        deprecation=deprecation,
        module=module or sys._getframe(1).f_globals["__name__"],
    )
    OP_DEFS[name] = op_def
    op_def.builder = OpBuilder(op_def)
    return op_def.builder
