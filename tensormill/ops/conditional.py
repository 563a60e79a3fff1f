"""`tf.cond`, `tf.case` and `tf.switch_case`: branches, made of Switch and Merge nodes.

Source: TensorFlow 1.15, python/ops/control_flow_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tensormill.graph import dtypes, nest
from tensormill.graph.collections import GraphKeys
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.graph import get_default_graph
from tensormill.graph.indexed_slices import IndexedSlices
from tensormill.graph.op_table import OP_DEFS
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.ops.basics import identity_op
from tensormill.ops.casting import cast_op
from tensormill.ops.composite_values import components, flat_components, pack_components, rebuild
from tensormill.ops.control_flow import merge as merge_op
from tensormill.ops.control_flow import ref_merge, switch
from tensormill.ops.control_flow_context import CondContext
from tensormill.ops.grouping import with_dependencies

__all__ = ["case", "cond", "merge", "switch_case"]


def merge(inputs: Sequence[Tensor], name: str | None = None) -> list[Tensor]:
    """Return whichever of the inputs is live, and its index."""
    all_refs = all(tensor.dtype._is_ref_dtype for tensor in inputs)
    return (ref_merge if all_refs else merge_op)(list(inputs), name=name)


def cond(
    pred: Any,
    true_fn: Callable[[], Any] | None = None,
    false_fn: Callable[[], Any] | None = None,
    strict: bool = False,
    name: str | None = None,
    fn1: Callable[[], Any] | None = None,
    fn2: Callable[[], Any] | None = None,
) -> Any:
    """Return what `true_fn()` gives if `pred` is true, else what `false_fn()` gives.

    Only the operations made inside of the function that is chosen run; tensors from outside are
    always computed.

    Args:
      pred: a scalar bool tensor.
      true_fn: makes the branch for a true predicate; returns tensors in any nested structure.
      false_fn: makes the other branch; returns the same structure and dtypes.
      strict: keep a list or tuple of one element as it is.
      name: the prefix of the names.
      fn1: the old name of `true_fn`.
      fn2: the old name of `false_fn`.

    Raises:
      TypeError: a function is missing or cannot be called, or the structures differ.
      ValueError: the functions return nothing, or other dtypes or numbers of tensors.
    """
    true_fn = _only_one(true_fn, fn1, "true_fn", "fn1")
    false_fn = _only_one(false_fn, fn2, "false_fn", "fn2")
    if not callable(true_fn):
        raise TypeError("true_fn must be callable.")
    if not callable(false_fn):
        raise TypeError("false_fn must be callable.")
    with name_scope(name, "cond", [pred]):
        if isinstance(pred, bool):
            raise TypeError("pred must not be a Python bool")
        pred = convert_to_tensor(pred)
        live_false, live_true = switch(pred, pred)
        pivot_true = identity_op(live_true, name="switch_t")
        pivot_false = identity_op(live_false, name="switch_f")
        pred = identity_op(pred, name="pred_id")
        for tensor in (live_true, live_false, pivot_true, pivot_false, pred):
            tensor.op.graph.prevent_fetching(tensor.op)
        given_true, flat_true, context = _build_branch(pred, pivot_true, 1, true_fn)
        given_false, flat_false, other = _build_branch(pred, pivot_false, 0, false_fn)
        if not strict:
            given_true, given_false = _unpacked(given_true), _unpacked(given_false)
        _match_indices(given_true, given_false, flat_true, flat_false)
        _check_branches(given_true, given_false, flat_true, flat_false)
        merges = [merge(pair)[0] for pair in zip(flat_false, flat_true, strict=True)]
        if context.outer_context is None:
            graph = get_default_graph()
            graph.add_to_collection(GraphKeys.COND_CONTEXT, context)
            graph.add_to_collection(GraphKeys.COND_CONTEXT, other)
        result = pack_components(given_true, merges)
        return result if strict else _unpacked(result)


def _only_one(new: Any, old: Any, new_name: str, old_name: str) -> Any:
    if old is not None:
        if new is not None:
            raise TypeError(f"cond(): {new_name} and {old_name} may not be set simultaneously.")
        return old
    if new is None:
        raise TypeError(f"cond(): '{new_name}' argument required")
    return new


def _build_branch(
    pred: Tensor, pivot: Tensor, branch: int, function: Callable[[], Any]
) -> tuple[Any, list[Tensor], CondContext]:
    """Return what the function of a branch gave.

    Beside it: its tensors as outputs of the branch, and the context.
    """
    context = CondContext(pred, pivot, branch)
    context.Enter()
    try:
        given = function()
        if given is None:
            raise ValueError(f"'{'true_fn' if branch else 'false_fn'}' must have a return value.")
        given = nest.map_structure(lambda leaf: _branch_value(leaf, pivot), given)
        flat = [context.branch_output(tensor) for tensor in flat_components(given)]
        context.ExitResult(flat)
    finally:
        context.Exit()
    return given, flat, context


def _branch_value(leaf: Any, pivot: Tensor) -> Any:
    if isinstance(leaf, Operation):
        return with_dependencies([leaf], pivot)
    parts = components(leaf)
    return convert_to_tensor(leaf) if parts is None else rebuild(leaf, parts)


def _unpacked(result: Any) -> Any:
    if isinstance(result, (list, tuple)) and len(result) == 1 and not hasattr(result, "_fields"):
        return result[0]
    return result


def _match_indices(
    given_true: Any, given_false: Any, flat_true: list[Tensor], flat_false: list[Tensor]
) -> None:
    """Make the indices of slices 64 bits wide where they are so in one branch only."""
    leaves = nest.flatten(given_true), nest.flatten(given_false)
    at = 0
    for x, y in zip(*leaves, strict=False):
        if isinstance(x, IndexedSlices) and isinstance(y, IndexedSlices):
            for flat, other in ((flat_true, flat_false), (flat_false, flat_true)):
                if flat[at + 1].dtype is dtypes.int32 and other[at + 1].dtype is dtypes.int64:
                    flat[at + 1] = cast_op(flat[at + 1], DstT=dtypes.int64)
        at += len(components(x) or (x,))


def _check_branches(
    given_true: Any, given_false: Any, flat_true: list[Tensor], flat_false: list[Tensor]
) -> None:
    try:
        nest.assert_same_structure(given_true, given_false)
    except (TypeError, ValueError) as error:
        what = "types" if isinstance(error, TypeError) else "values"
        text = f"Incompatible return {what} of true_fn and false_fn: {error}"
        raise type(error)(text) from error
    if not flat_true:
        raise ValueError("'true_fn' and 'false_fn' must return at least one result.")
    for x, y in zip(flat_true, flat_false, strict=True):
        if x.dtype.base_dtype is not y.dtype.base_dtype:
            raise ValueError(
                "Outputs of 'true_fn' and 'false_fn' must have the same type(s). Received "
                f"{x.dtype.name} from 'true_fn' and {y.dtype.name} from 'false_fn'."
            )


def case(
    pred_fn_pairs: Any,
    default: Callable[[], Any] | None = None,
    exclusive: bool = False,
    strict: bool = False,
    name: str = "case",
) -> Any:
    """Return what the function beside the first true predicate gives.

    Args:
      pred_fn_pairs: (scalar bool tensor, function) pairs, or a dict of them (in no promised order).
      default: called where no predicate is true; without it one must be.
      exclusive: fail where more than one predicate is true.
      strict: keep a list or tuple of one element as it is.
      name: the prefix of the names.

    Raises:
      TypeError: the pairs are not a list or dict of predicates and functions.
      ValueError: there are none.
    """
    pairs = _checked_pairs(pred_fn_pairs, default)
    if default is not None and not pairs:
        return default()
    with name_scope(name, "case", [pred for pred, _ in pairs]):
        if default is None:
            default, pairs = _default_of_pairs(pairs)
        preds = [pred for pred, _ in pairs]
        if not preds:
            return default()
        stacked = OP_DEFS["Pack"].builder(preds, name="preds_c") if exclusive else None
        result = default
        for pred, function in reversed(pairs):
            result = _nested(pred, function, result, strict)
        if stacked is None:
            return result()
        count = _reduce_sum(
            OP_DEFS["Cast"].builder(stacked, DstT=dtypes.int32, name="count_true_conds")
        )
        check = _assert_at_most_one(count, preds)
        with get_default_graph().control_dependencies([check]):
            return result()


def _checked_pairs(pred_fn_pairs: Any, default: Any) -> list[tuple[Tensor, Callable[[], Any]]]:
    if isinstance(pred_fn_pairs, Mapping):
        pairs = sorted(pred_fn_pairs.items(), key=lambda pair: pair[0].name)
    elif isinstance(pred_fn_pairs, (list, tuple)):
        pairs = list(pred_fn_pairs)
    else:
        raise TypeError("fns must be a list, tuple, or dict")
    for pair in pairs:
        if not isinstance(pair, tuple):
            raise TypeError("Each entry in pred_fn_pairs must be a 2-tuple")
        if len(pair) != 2:
            raise ValueError("Each tuple in pred_fn_pairs must be length 2")
        pred, function = pair
        if not isinstance(pred, Tensor) or pred.dtype.base_dtype != dtypes.bool:
            raise TypeError(f"pred must be a bool tensor, but got {pred}")
        if not callable(function):
            raise TypeError(f"fn for pred {pred.name} must be callable.")
    if default is not None and not callable(default):
        raise TypeError("default must be callable.")
    if default is None and not pairs:
        raise ValueError("at least one predicate is needed where there is no default")
    return pairs


def _default_of_pairs(pairs: list[Any]) -> tuple[Callable[[], Any], list[Any]]:
    """Return the last function as the default.

    It first asserts that some predicate is true.
    """
    preds = [pred for pred, _ in pairs]
    last = pairs[-1][1]

    def default() -> Any:
        any_true = OP_DEFS["Any"].builder(
            OP_DEFS["Pack"].builder(preds, name="preds_c"), [0], name="at_least_one"
        )
        message = (
            "None of the conditions evaluated as True. Conditions: ("
            + ", ".join(p.name for p in preds)
            + "), Values:"
        )
        check = OP_DEFS["Assert"].builder(
            any_true, [constant(message), *preds], summarize=len(preds)
        )
        with get_default_graph().control_dependencies([check]):
            return last()

    return default, pairs[:-1]


def _nested(
    pred: Tensor, function: Callable[[], Any], otherwise: Callable[[], Any], strict: bool
) -> Callable[[], Any]:
    return lambda: cond(pred, true_fn=function, false_fn=otherwise, strict=strict, name="cond")


def _reduce_sum(tensor: Tensor) -> Tensor:
    made: Tensor = OP_DEFS["Sum"].builder(tensor, [0], name="num_true_conds")
    return made


def _assert_at_most_one(count: Tensor, preds: list[Tensor]) -> Operation:
    two = constant(2, name="two_true_conds")
    message = (
        "More than one condition evaluated as True but exclusive=True. Conditions: ("
        + ", ".join(p.name for p in preds)
        + "), Values:"
    )
    made: Operation = OP_DEFS["Assert"].builder(
        OP_DEFS["Less"].builder(count, two), [constant(message), *preds], summarize=len(preds)
    )
    return made


def switch_case(
    branch_index: Any,
    branch_fns: Any,
    default: Callable[[], Any] | None = None,
    name: str = "switch_case",
) -> Any:
    """Return what the function with the number `branch_index` gives; `default` for other numbers.

    Args:
      branch_index: a scalar int32 tensor.
      branch_fns: functions, (number, function) pairs, or a dict of them.
      default: for a number without a function; by default the function with the largest number.
      name: the prefix of the names.

    Raises:
      TypeError: something is not callable, or a number is not an int.
      ValueError: there are no functions, or a number stands twice.
    """
    numbered = _numbered_branches(branch_fns)
    with name_scope(name, "switch_case", [branch_index]):
        index = convert_to_tensor(branch_index, name="branch_index")
        if default is None:
            default = numbered[-1][1]
        equal = OP_DEFS["Equal"].builder
        pairs = [(equal(index, constant(n, index.dtype)), function) for n, function in numbered]
        return case(pairs, default=default, name="case")


def _numbered_branches(branch_fns: Any) -> list[tuple[int, Callable[[], Any]]]:
    if isinstance(branch_fns, Mapping):
        branch_fns = list(branch_fns.items())
    if not isinstance(branch_fns, (list, tuple)) or not branch_fns:
        raise TypeError("branch_fns must be a non-empty list, tuple, or dict")
    if all(callable(function) for function in branch_fns):
        branch_fns = list(enumerate(branch_fns))
    for key, function in branch_fns:
        if not isinstance(key, int):
            raise TypeError(f"key must be a Python `int`, got {key}")
        if not callable(function):
            raise TypeError(f"fn for key {key} must be callable.")
    keys = [key for key, _ in branch_fns]
    if len(set(keys)) != len(keys):
        raise ValueError("branch indices must be unique")
    return sorted(branch_fns, key=lambda pair: pair[0])
