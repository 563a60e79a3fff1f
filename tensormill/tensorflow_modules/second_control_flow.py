"""`cond_v2`, `while_v2`: the functional loops and branches, made of Switch, Merge and the like.

They give what the functional ones give: sessions put those in the same form before they run.

Source: TensorFlow 1.15, python/ops/cond_v2.py and while_v2.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tensormill.graph.conversion import convert_to_tensor
from tensormill.ops import while_loop as loops
from tensormill.ops.array_shapes import squeeze
from tensormill.ops.conditional import cond, switch_case

__all__ = ["cond_v2", "indexed_case", "while_loop"]


def cond_v2(
    pred: Any, true_fn: Callable[[], Any], false_fn: Callable[[], Any], name: str = "cond"
) -> Any:
    """Return what one of two functions gives (see `tf.cond`); `pred` may be one element in axes."""
    pred = convert_to_tensor(pred, name="pred")
    if pred.dims != ():
        pred = squeeze(pred)
    return cond(pred, true_fn=true_fn, false_fn=false_fn, name=name)


def indexed_case(
    branch_index: Any, branch_fns: Sequence[Callable[[], Any]], name: str = "indexed_case"
) -> Any:
    """Return what the function of a number gives (see `tf.switch_case`)."""
    return switch_case(branch_index, list(branch_fns), name=name)


def while_loop(
    cond: Callable[..., Any],
    body: Callable[..., Any],
    loop_vars: Any,
    shape_invariants: Any = None,
    parallel_iterations: int = 10,
    maximum_iterations: Any = None,
    name: str | None = None,
    return_same_structure: bool = True,
    back_prop: bool = True,
) -> Any:
    """Return what the variables of a loop are after it (see `tf.while_loop`)."""
    return loops.while_loop(
        cond,
        body,
        loop_vars,
        shape_invariants=shape_invariants,
        parallel_iterations=parallel_iterations,
        maximum_iterations=maximum_iterations,
        name=name or "while",
        return_same_structure=return_same_structure,
        back_prop=back_prop,
    )
