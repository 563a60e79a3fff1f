"""What every op of the registry must have, and what follows from its cases without TensorFlow."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from google.protobuf import json_format

import tensormill.api as tf
from tensormill.graph.op_def import NO_DEFAULT
from tensormill.graph.op_def_codec import to_op_def
from tensormill.graph.op_table import OP_DEFS
from tensormill.graph.tensor import Tensor
from tensormill.kernels.registry import kernels_of
from tests.golden.record_op_defs import ANSWERS
from tests.op_cases.case import OpCase, families
from tests.op_cases.running import (
    BuiltCase,
    build_case,
    dense_gradient,
    gradients_of,
    is_smooth,
    output_weights,
)
from tests.ops.registry_facts import NO_CASE, NO_KERNEL, ROUGH_GRADIENT

_STEP = 1e-5
_MOST_ENTRIES = 6

OLD_OP_DEFS: dict[str, Any] = json.loads(ANSWERS.read_text())

_CASES = [case for module in families().values() for case in module.CASES]
_COVERED = {op_type for case in _CASES for op_type in case.op_types}


def test_every_op_has_a_shape_function() -> None:
    assert not [n for n, d in OP_DEFS.items() if d.outputs and d.shape_function is None]


def test_every_op_has_a_gradient_or_says_that_it_has_none() -> None:
    assert not [n for n, d in OP_DEFS.items() if d.differentiable and d.gradient_function is None]


@pytest.mark.parametrize("op_type", sorted(OLD_OP_DEFS))
def test_an_op_that_was_given_up_is_defined_as_it_was(op_type: str) -> None:
    ours = json_format.MessageToDict(to_op_def(OP_DEFS[op_type]))
    assert ours == OLD_OP_DEFS[op_type]


def test_every_op_has_a_kernel_for_the_cpu() -> None:
    missing = [
        name
        for name in OP_DEFS
        if name not in NO_KERNEL and all(k.device_type != "CPU" for k in kernels_of(name))
    ]
    assert not missing


def test_kernels_stand_in_the_twin_of_the_module_of_their_op() -> None:
    wrong = []
    for name, op_def in OP_DEFS.items():
        ops_module = op_def.module.rpartition(".")[2]
        homes = {kernel.module.rpartition(".")[2] for kernel in kernels_of(name)}
        if homes - {ops_module}:
            wrong.append(f"{name}: defined in ops/{ops_module}.py, kernel in {', '.join(homes)}")
    assert not wrong, "\n".join(wrong)


def test_every_op_has_a_case() -> None:
    assert not [name for name in OP_DEFS if name not in _COVERED and name not in NO_CASE]


def test_exceptions_name_ops_that_need_them() -> None:
    assert not [name for name in NO_CASE if name in _COVERED]
    assert not [name for name in NO_KERNEL if kernels_of(name)]


def _in_double(case: OpCase) -> OpCase | None:
    """Return a case in double precision, or None where that cannot be."""
    op_def = OP_DEFS[case.op_type]
    attrs = dict(case.attrs)
    smooth = {a.type_attr for a in op_def.inputs if a.type_attr is not None}
    values: list[Any] = []
    widened: set[str | None] = set()
    for arg, value in zip(op_def.inputs, case.values, strict=True):
        items = value if isinstance(value, list) else [value]
        if any(item.dtype.name == "float32" for item in items):
            if arg.type_attr is None:
                return None
            allowed = op_def.attrs[arg.type_attr].allowed
            if allowed is not None and tf.float64 not in allowed:
                return None
            widened.add(arg.type_attr)
            items = [item.astype(np.float64) for item in items]
        values.append(items if isinstance(value, list) else items[0])
    if not widened or not widened <= smooth:
        return None
    for name in widened:
        if name in attrs:
            attrs[name] = "float64"
    for name, value in attrs.items():
        known = op_def.attrs.get(name)
        if value == "float32" and known is not None and known.kind == "type":
            attrs[name] = "float64"
    return OpCase(case.op_type, values, attrs)


def _gradient_cases() -> dict[str, list[OpCase]]:
    found: dict[str, list[OpCase]] = {}
    for case in _CASES:
        if not isinstance(case, OpCase) or not case.gradient or case.fails or case.refs:
            continue
        if case.resources or case.compare != "values" or case.op_type in ROUGH_GRADIENT:
            continue
        op_def = OP_DEFS.get(case.op_type)
        if op_def is None or op_def.gradient_function is None:
            continue
        double = _in_double(case)
        if double is not None:
            found.setdefault(case.op_type, []).append(double)
    return found


_GRADIENT_CASES = _gradient_cases()


@pytest.mark.parametrize("op_type", _GRADIENT_CASES)
def test_gradient_is_that_of_central_differences(op_type: str) -> None:
    for case in _GRADIENT_CASES[op_type]:
        with tf.Graph().as_default():
            _check_gradient(case)


def _check_gradient(case: OpCase) -> None:
    built = build_case(case, "gradient")
    outputs = [y for y in built.op.outputs if is_smooth(y)]
    if not outputs or any(y.dtype.is_complex for y in outputs):
        return
    feeds = dict(built.feeds)
    with tf.Session() as session:
        values = session.run(list(built.op.outputs), feeds)
    shapes = [np.shape(value) for value in values]
    gradients = gradients_of(built, shapes)
    with tf.Session() as session:
        loss = _Loss(session, built, shapes, feeds)
        for tensor, gradient in gradients:
            # None says that TensorFlow has no rule either: the answers hold it to that.
            if gradient is None:
                continue
            slopes = loss.slopes(tensor)
            made = dense_gradient(session.run(gradient, feeds), feeds[tensor].shape)
            np.testing.assert_allclose(
                made.ravel()[list(slopes)],
                list(slopes.values()),
                rtol=1e-5,
                atol=1e-6,
                err_msg=f"{case.describe()}, gradient for {tensor.name}",
            )


class _Loss:
    """The weighted sum of the smooth outputs of a node, as a function of what is fed."""

    def __init__(
        self, session: tf.Session, built: BuiltCase, shapes: list[Any], feeds: dict[Tensor, Any]
    ) -> None:
        self.session = session
        self.feeds = feeds
        self.outputs: list[Tensor] = []
        self.weights: list[Any] = []
        for y, shape in zip(built.op.outputs, shapes, strict=True):
            if is_smooth(y):
                self.outputs.append(y)
                self.weights.append(output_weights(shape, y.dtype.base_dtype))

    def __call__(self, tensor: Tensor, entry: int, step: float) -> float:
        """Return the loss with one entry of an input moved by `step`."""
        point = self.feeds[tensor]
        moved = point.copy().ravel()
        moved[entry] += step
        values = self.session.run(self.outputs, {**self.feeds, tensor: moved.reshape(point.shape)})
        with np.errstate(all="ignore"):
            terms = [v * w for v, w in zip(values, self.weights, strict=True)]
        return float(sum(np.sum(t, where=np.isfinite(t) & (np.abs(t) < 1e9)) for t in terms))

    def slopes(self, tensor: Tensor) -> dict[int, float]:
        """Return the slope at some entries of an input, apart from those at a kink or a jump."""
        size = self.feeds[tensor].size
        if not size:
            return {}
        slopes = {}
        for entry in np.unique(np.linspace(0, size - 1, _MOST_ENTRIES).astype(int)).tolist():
            low, middle, high = (self(tensor, entry, s) for s in (-_STEP, 0.0, _STEP))
            left, right = (middle - low) / _STEP, (high - middle) / _STEP
            if abs(left - right) < 1e-2 * max(1.0, abs(left)):
                slopes[entry] = (left + right) / 2
        return slopes


def test_every_attribute_default_is_among_the_allowed_values() -> None:
    wrong = [
        f"{name}.{attr.name}"
        for name, op_def in OP_DEFS.items()
        for attr in op_def.attrs.values()
        if attr.default is not NO_DEFAULT
        and attr.allowed is not None
        and not attr.kind.startswith("list(")
        and attr.default not in attr.allowed
    ]
    assert not wrong
