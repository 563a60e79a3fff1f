"""Cases of the optimizers' updates, derived from the table of rules: dense and by rows."""

from typing import Any

import numpy as np

from tensormill.ops.training import UPDATE_RULES, UpdateRule, input_names
from tests.op_cases.case import OpCase

_SCALARS = {
    "alpha": 0.3,
    "lr": 0.1,
    "l1": 0.02,
    "l2": 0.05,
    "l2_shrinkage": 0.03,
    "lr_power": -0.5,
    "momentum": 0.8,
    "rho": 0.9,
    "epsilon": 0.01,
    "beta1": 0.9,
    "beta2": 0.99,
    "beta1_power": 0.81,
    "beta2_power": 0.97,
    "beta": 0.7,
    "sign_decay": 0.9,
    "logbase": 0.6,
}
_POSITIVE = ("accum", "accum_update", "gradient_squared_accumulator", "ms", "v", "vhat")
_REAL_ONLY = ("Ftrl", "FtrlV2", "AdamWithAmsgrad", "AdaMax", "AddSign", "PowerSign")
_WIDE_ONLY = ("ProximalGradientDescent", "ProximalAdagrad", "AdagradDA")
_SHAPE = (5, 3)


def _inputs(
    rule: UpdateRule, form: str, dtype: str, indices: list[int], **changes: Any
) -> list[Any]:
    random = np.random.RandomState(7)
    kind = np.dtype(dtype).type
    inputs: list[Any] = []
    for name in input_names(rule, form):
        if name in rule.state:
            value = random.uniform(-1, 1, _SHAPE)
            if name in _POSITIVE or (name == "accum" and "Momentum" not in rule.name):
                value = np.abs(value) + 0.4
            elif name == "mg":
                value = value * 0.1
        elif name in ("grad", "delta"):
            rows = (len(indices),) if "Sparse" in form else _SHAPE[:1]
            value = random.uniform(-1, 1, rows + _SHAPE[1:])
        elif name == "indices":
            inputs.append(np.array(indices, np.int64 if dtype == "float64" else np.int32))
            continue
        elif name == "global_step":
            inputs.append(np.int64(3))
            continue
        else:
            value = np.array(changes.get(name, _SCALARS[name]))
        inputs.append(np.asarray(value).astype(kind))
    return inputs


def _case(
    rule: UpdateRule,
    form: str,
    dtype: str = "float32",
    indices: list[int] | None = None,
    attrs: dict[str, Any] | None = None,
    note: str = "",
    **changes: Any,
) -> OpCase:
    state = tuple(range(len(rule.state)))
    return OpCase(
        form + rule.name,
        _inputs(rule, form, dtype, indices or [3, 0, 4], **changes),
        {**_default_attrs(rule), **(attrs or {})},
        refs=() if form.startswith("Resource") else state,
        resources=state if form.startswith("Resource") else (),
        gradient=False,
        note=note,
    )


def _default_attrs(rule: UpdateRule) -> dict[str, Any]:
    attrs: dict[str, Any] = {"use_locking": False}
    if rule.attr is not None:
        name, _, default = rule.attr.partition(": bool = ")
        attrs[name] = default == "true"
    return attrs


def _cases_of(rule: UpdateRule) -> list[OpCase]:
    cases = []
    for form in rule.forms:
        cases += [_case(rule, form), _case(rule, form, "float64", attrs={"use_locking": True})]
        if "Sparse" in form:
            cases.append(_case(rule, form, indices=[2, 1, 2, 2], note="repeated"))
        if rule.name not in (*_REAL_ONLY, *_WIDE_ONLY):
            cases.append(_case(rule, form, "complex64"))
        if rule.name not in _WIDE_ONLY and "Sparse" not in form:
            cases.append(_case(rule, form, "float16"))
        if rule.attr is not None:
            name, _, default = rule.attr.partition(": bool = ")
            cases.append(_case(rule, form, attrs={name: default == "false"}, note=name))
        if "l1" in rule.inputs:
            cases.append(_case(rule, form, l1=0.0, note="no l1"))
        if "lr_power" in rule.inputs:
            cases.append(_case(rule, form, lr_power=-0.3, note="power"))
    return cases


def _failures() -> list[OpCase]:
    matrix = np.ones((4, 2), np.float32)
    rate = np.float32(0.1)
    unlocked = {"use_locking": False}
    adagrad = {"use_locking": False, "update_slots": True}
    momentum = {"use_locking": False, "use_nesterov": False}
    dense: dict[str, Any] = {"refs": (0,), "gradient": False}
    rows: dict[str, Any] = {"refs": (0, 1), "gradient": False}
    return [
        OpCase(
            "ApplyGradientDescent",
            [matrix, rate, np.ones((4, 3), np.float32)],
            unlocked,
            fails=("Dimension 1 in both shapes must be equal", "do not have the same shape"),
            **dense,
        ),
        OpCase(
            "ApplyGradientDescent",
            [matrix, np.ones(1, np.float32), matrix],
            unlocked,
            fails=("Shape must be rank 0 but is rank 1", "alpha is not a scalar"),
            **dense,
        ),
        OpCase(
            "SparseApplyAdagrad",
            [matrix, matrix, rate, matrix[:2], np.array([1, 4], np.int32)],
            adagrad,
            fails="at offset 1 in indices is out of range",
            **rows,
        ),
        OpCase(
            "SparseApplyAdagrad",
            [matrix, matrix, rate, matrix[:2], np.array([-1, 2], np.int64)],
            adagrad,
            fails="at offset 0 in indices is out of range",
            **rows,
        ),
        OpCase(
            "SparseApplyMomentum",
            [matrix, matrix, rate, matrix[:2], np.array([0], np.int32), rate],
            momentum,
            fails=("Dimensions must be equal", "must be the same size as indices"),
            **rows,
        ),
    ]


CASES = [case for rule in UPDATE_RULES for case in _cases_of(rule)] + _failures()
