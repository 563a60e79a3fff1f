"""The updates of the optimizers as ops: one row a rule.

Each is there for ref and resource variables, with dense gradients and with rows.

Source: TensorFlow 1.15, core/ops/training_ops.cc.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tensormill.graph.op_builder import OpBuilder
from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, merge_dims, with_rank, with_rank_at_least
from tensormill.ops.state import UPDATE_TYPES

__all__ = ["UPDATE_RULES", "UpdateRule", "update_op"]

_NESTEROV = "use_nesterov: bool = false"
_UPDATE_SLOTS = "update_slots: bool = true"
_LINEAR_BY_LR = "multiply_linear_by_lr: bool = false"
_DENSE = ("Apply", "ResourceApply")
_SPARSE = ("SparseApply", "ResourceSparseApply")


@dataclass(frozen=True, slots=True)
class UpdateRule:
    """One way to update a variable from its gradient.

    Attributes:
      name: what follows "Apply" in the op types.
      state: the variable and its slots, which are updated.
      inputs: the other inputs in their order: the gradient ("grad" or "delta") and scalars.
      attr: the attribute that it has besides those that all updates have, or None.
      forms: which op types there are, by what stands before the name.
    """

    name: str
    state: tuple[str, ...]
    inputs: tuple[str, ...]
    attr: str | None = None
    forms: tuple[str, ...] = (*_DENSE, *_SPARSE)


def _rule(
    name: str,
    state: str,
    inputs: str,
    attr: str | None = None,
    forms: tuple[str, ...] | None = None,
) -> UpdateRule:
    parts = (name, tuple(state.split()), tuple(inputs.split()), attr)
    return UpdateRule(*parts) if forms is None else UpdateRule(*parts, forms)


_ADAM = "beta1_power beta2_power lr beta1 beta2 epsilon grad"
_ACCUMULATORS = "var gradient_accumulator gradient_squared_accumulator"

UPDATE_RULES = (
    _rule("GradientDescent", "var", "alpha delta", forms=_DENSE),
    _rule("ProximalGradientDescent", "var", "alpha l1 l2 delta"),
    _rule("Momentum", "var accum", "lr grad momentum", _NESTEROV),
    _rule(
        "KerasMomentum",
        "var accum",
        "lr grad momentum",
        _NESTEROV,
        ("ResourceApply", "ResourceSparseApply"),
    ),
    _rule("Adagrad", "var accum", "lr grad", _UPDATE_SLOTS),
    _rule("AdagradV2", "var accum", "lr epsilon grad", _UPDATE_SLOTS),
    _rule("ProximalAdagrad", "var accum", "lr l1 l2 grad"),
    _rule("AdagradDA", _ACCUMULATORS, "grad lr l1 l2 global_step"),
    _rule("Adadelta", "var accum accum_update", "lr rho epsilon grad"),
    _rule("Ftrl", "var accum linear", "grad lr l1 l2 lr_power", _LINEAR_BY_LR),
    _rule("FtrlV2", "var accum linear", "grad lr l1 l2 l2_shrinkage lr_power", _LINEAR_BY_LR),
    _rule("Adam", "var m v", _ADAM, _NESTEROV, _DENSE),
    _rule("AdamWithAmsgrad", "var m v vhat", _ADAM, forms=("ResourceApply",)),
    _rule("AdaMax", "var m v", "beta1_power lr beta1 beta2 epsilon grad", forms=_DENSE),
    _rule("RMSProp", "var ms mom", "lr rho momentum epsilon grad"),
    _rule("CenteredRMSProp", "var mg ms mom", "lr rho momentum epsilon grad"),
    _rule("AddSign", "var m", "lr alpha sign_decay beta grad", forms=_DENSE),
    _rule("PowerSign", "var m", "lr logbase sign_decay beta grad", forms=_DENSE),
)


def input_names(rule: UpdateRule, form: str) -> list[str]:
    """Return the names of all inputs of an op type in their order."""
    names = list(rule.state)
    for name in rule.inputs:
        if "Sparse" not in form:
            names.append(name)
        elif name in ("grad", "delta"):
            names += ["grad", "indices"]
        else:
            names.append(name)
    return names


def update_shape(ctx: ShapeContext) -> list[Dims]:
    """The variable, its slots and the gradient have one shape; the rest are scalars."""
    dims: Dims = None
    names = [arg.name for arg in ctx.op.op_schema.inputs]
    state_count = sum(
        arg.is_ref or (arg.type is not None and arg.type.name == "resource")
        for arg in ctx.op.op_schema.inputs
    )
    for position, name in enumerate(names):
        if position < state_count:
            dims = merge_dims(dims, _state_dims(ctx, position))
        elif name in ("grad", "delta"):
            gradient = ctx.shape(position)
            if "indices" in names:
                gradient = _row_dims(gradient, ctx.shape(position + 1))
            dims = merge_dims(dims, gradient)
        elif name != "indices":
            with_rank(ctx.shape(position), 0)
    return [dims] if ctx.op.outputs else []


def _state_dims(ctx: ShapeContext, position: int) -> Dims:
    tensor = ctx.op.input_tensors[position]
    if tensor.dtype.name != "resource":
        return tensor.dims
    return None if tensor._handle_data is None else tensor._handle_data[1]


def _row_dims(gradient: Dims, indices: Dims) -> Dims:
    """Return the shape of a whole variable of which `gradient` has some rows, one an index."""
    indices = with_rank(indices, 1)
    if gradient is None:
        return None
    with_rank_at_least(gradient, 1)
    if None not in (gradient[0], indices[0]) and gradient[0] != indices[0]:
        raise ValueError(f"Dimensions must be equal, but are {indices[0]} and {gradient[0]}")
    return (None, *gradient[1:])


def _define(rule: UpdateRule, form: str) -> OpBuilder:
    is_resource, is_sparse = form.startswith("Resource"), "Sparse" in form
    types = {"indices": "Tindices", "global_step": "int64"}
    types |= dict.fromkeys(rule.state, "resource" if is_resource else "Ref(T)")
    attrs = [f"T: {UPDATE_TYPES}"]
    if is_sparse:
        attrs.append("Tindices: {int32, int64}")
    attrs.append("use_locking: bool = false")
    if rule.attr is not None:
        attrs.append(rule.attr)
    builder = define(
        form + rule.name,
        inputs=tuple(f"{name}: {types.get(name, 'T')}" for name in input_names(rule, form)),
        outputs=() if is_resource else ("out: Ref(T)",),
        attrs=tuple(attrs),
        stateful=is_resource,
        differentiable=False,
    )
    builder.shape(update_shape)
    return builder


def _define_all() -> Iterator[OpBuilder]:
    for rule in UPDATE_RULES:
        for form in rule.forms:
            yield _define(rule, form)


UPDATE_OPS = {builder.op_def.name: builder for builder in _define_all()}


def update_op(name: str, *, is_resource: bool = False, is_sparse: bool = False) -> OpBuilder:
    """Return the builder of the update `name` for a kind of variable and gradient."""
    form = ("Resource" if is_resource else "") + ("Sparse" if is_sparse else "") + "Apply"
    return UPDATE_OPS[form + name]
