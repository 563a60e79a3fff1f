"""Staging areas as ops: elements that steps put aside, as a list or by key."""

from __future__ import annotations

from tensormill.graph.op_builder import OpBuilder
from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims

_BOUNDS = ("capacity: int >= 0 = 0", "memory_limit: int >= 0 = 0")
_NAMES = ("container: string = ''", "shared_name: string = ''")
_SOME = (*_BOUNDS, "dtypes: list(type) >= 1", *_NAMES)
_ANY = (*_BOUNDS, "dtypes: list(type)", *_NAMES)
_GIVEN = (*_BOUNDS, "dtypes: list(type)", "fake_dtypes: list(type) >= 1", *_NAMES)
_VALUES = "values: dtypes"
_KEY, _INDICES, _SIZE = "key: int64", "indices: int32", ("size: int32",)


def _define(
    name: str,
    attrs: tuple[str, ...],
    inputs: tuple[str, ...] = (),
    outputs: tuple[str, ...] = (),
) -> OpBuilder:
    made = define(
        name,
        inputs=inputs,
        outputs=outputs,
        attrs=attrs,
        stateful=True,
        differentiable=False,
        module=__name__,
    )
    made.shape(_scalar_shape if outputs == _SIZE else _unknown_shapes)
    return made


def _unknown_shapes(ctx: ShapeContext) -> list[Dims]:
    """The shapes of the elements are known where the staging area is, not here."""
    return [None] * len(ctx.op.outputs)


def _scalar_shape(ctx: ShapeContext) -> list[Dims]:
    return [()]


stage_op = _define("Stage", _SOME, inputs=(_VALUES,))
unstage_op = _define("Unstage", _SOME, outputs=(_VALUES,))
stage_peek_op = _define("StagePeek", _SOME, inputs=("index: int32",), outputs=(_VALUES,))
stage_size_op = _define("StageSize", _ANY, outputs=_SIZE)
stage_clear_op = _define("StageClear", _ANY)

map_stage_op, ordered_map_stage_op = (
    _define(f"{prefix}MapStage", _GIVEN, inputs=(_KEY, _INDICES, "values: fake_dtypes"))
    for prefix in ("", "Ordered")
)
map_unstage_op, ordered_map_unstage_op = (
    _define(f"{prefix}MapUnstage", _SOME, inputs=(_KEY, _INDICES), outputs=(_VALUES,))
    for prefix in ("", "Ordered")
)
map_unstage_no_key_op, ordered_map_unstage_no_key_op = (
    _define(f"{prefix}MapUnstageNoKey", _SOME, inputs=(_INDICES,), outputs=(_KEY, _VALUES))
    for prefix in ("", "Ordered")
)
map_peek_op, ordered_map_peek_op = (
    _define(f"{prefix}MapPeek", _SOME, inputs=(_KEY, _INDICES), outputs=(_VALUES,))
    for prefix in ("", "Ordered")
)
map_size_op, ordered_map_size_op = (
    _define(f"{prefix}MapSize", _ANY, outputs=_SIZE) for prefix in ("", "Ordered")
)
map_incomplete_size_op, ordered_map_incomplete_size_op = (
    _define(f"{prefix}MapIncompleteSize", _ANY, outputs=_SIZE) for prefix in ("", "Ordered")
)
map_clear_op, ordered_map_clear_op = (
    _define(f"{prefix}MapClear", _ANY) for prefix in ("", "Ordered")
)
