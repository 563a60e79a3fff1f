"""Runs op cases here and holds the results against an answer of TensorFlow."""

from __future__ import annotations

import textwrap
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from tensorboard.compat.proto import attr_value_pb2

import tensormill.api as tf
from tensormill.graph.dtypes import as_dtype
from tensormill.graph.op_table import OP_DEFS
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.runtime.devices import local_devices
from tests.op_cases.case import MODES, OpCase, OpProgram

Array = np.ndarray[Any, Any]

_TOLERANCES = {
    "float16": 2e-3,
    "bfloat16": 2e-2,
    "float32": 2e-5,
    "float64": 1e-9,
    "complex64": 2e-5,
    "complex128": 1e-9,
}


_SILENT_ON_GPUS = frozenset(["Gather", "GatherV2", "SparseSoftmaxCrossEntropyWithLogits"])
"""Ops that give zeros or NaN for an index out of range on a GPU, as TensorFlow's kernels do."""
_ANY_ORDER_ON_GPUS = "repeated"
"""In notes of cases that write to a place twice, which a GPU does in any order."""
_OF_AN_INDEX = ("is not in [0", "outside the valid range")


@dataclass
class BuiltCase:
    """The node of a case in the default graph.

    Attributes:
      op: the node.
      feeds: placeholder and value for each fed input, in the order of the inputs.
      variables: a tensor for each ref or resource input, that reads its value.
      initializers: what must run first.
    """

    op: Operation
    feeds: list[tuple[Tensor, Array]] = field(default_factory=list)
    variables: list[Tensor] = field(default_factory=list)
    initializers: list[Any] = field(default_factory=list)


def _has_gpu() -> bool:
    return any(device.type == "GPU" for device in local_devices())


def dtype_of(value: Array) -> Any:
    """Return TensorFlow's dtype of an array."""
    return as_dtype("string") if value.dtype == object else as_dtype(value.dtype)


def build_case(case: OpCase, mode: str) -> BuiltCase:
    """Make the node of a case, with its inputs made as `mode` says."""
    feeds: list[tuple[Tensor, Array]] = []
    variables: list[Tensor] = []
    initializers: list[Any] = []
    arguments: list[Any] = []
    for position, value in enumerate(case.values):
        if position in case.refs:
            arguments.append(_ref(value, variables, initializers))
        elif position in case.resources:
            arguments.append(_resource(value, variables, initializers))
        elif isinstance(value, list):
            arguments.append([_input(item, mode, feeds) for item in value])
        else:
            arguments.append(_input(value, mode, feeds))
    attrs = {key: attr_of(value) for key, value in case.attrs.items()}
    op = OP_DEFS[case.op_type].builder.make(*arguments, name="case", **attrs)
    return BuiltCase(op, feeds, variables, initializers)


def attr_of(value: Any) -> Any:
    """Return an attribute of a case as the builder of its op takes it."""
    if isinstance(value, np.ndarray):
        return tf.constant(value).op.attrs["value"]
    return value


def _input(value: Array, mode: str, feeds: list[tuple[Tensor, Array]]) -> Tensor:
    dtype = dtype_of(value)
    smooth = dtype.is_floating or dtype.is_complex
    if mode == "constant" or (mode == "gradient" and not smooth):
        return tf.constant(value, dtype, shape=value.shape)
    placeholder = tf.placeholder(dtype, None if mode == "unknown" else value.shape)
    feeds.append((placeholder, value))
    return placeholder


def _ref(value: Array, variables: list[Tensor], initializers: list[Any]) -> Tensor:
    dtype = dtype_of(value)
    ref: Tensor = OP_DEFS["VariableV2"].builder(shape=value.shape, dtype=dtype)
    initializers.append(OP_DEFS["Assign"].builder.make(ref, tf.constant(value, dtype)))
    variables.append(OP_DEFS["Identity"].builder(ref))
    return ref


def _resource(value: Array, variables: list[Tensor], initializers: list[Any]) -> Tensor:
    dtype = dtype_of(value)
    name = tf.get_default_graph().unique_name("resource")
    handle: Tensor = OP_DEFS["VarHandleOp"].builder(
        shape=value.shape, dtype=dtype, shared_name=name
    )
    initializers.append(OP_DEFS["AssignVariableOp"].builder.make(handle, tf.constant(value, dtype)))
    variables.append(OP_DEFS["ReadVariableOp"].builder(handle, dtype=dtype))
    return handle


def check_cases(cases: Sequence[OpCase | OpProgram], answers: dict[str, Any]) -> None:
    """Hold cases against TensorFlow's answers, and report all that differ."""
    failures = []
    for case in cases:
        try:
            check_case(case, answers[case.key])
        except (Exception, pytest.fail.Exception) as error:
            text = "".join(traceback.format_exception(error, limit=-3))
            failures.append(f"---- {case.describe()}\n{text}")
    if failures:
        pytest.fail(f"{len(failures)} of {len(cases)} cases\n" + "\n".join(failures), pytrace=False)


def check_case(case: OpCase | OpProgram, answer: dict[str, Any]) -> None:
    """Hold a case against TensorFlow's answer."""
    if isinstance(case, OpProgram):
        _check_program(case, answer)
        return
    assert "build_error" not in answer, f"TensorFlow refuses the case: {answer['build_error']}"
    assert "run_error" not in answer, f"the case fails in TensorFlow: {answer['run_error']}"
    if _ANY_ORDER_ON_GPUS in case.note and _has_gpu():
        return
    for mode in MODES:
        with tf.Graph().as_default():
            if case.fails is None:
                _check_mode(case, mode, answer)
            else:
                _check_failure(case, mode, answer["errors"][mode])
    if case.gradient and isinstance(answer.get("gradients"), list):
        with tf.Graph().as_default():
            _check_gradients(case, answer["gradients"])


def _check_mode(case: OpCase, mode: str, answer: dict[str, Any]) -> None:
    built = build_case(case, mode)
    op = built.op
    assert [y.dtype.name for y in op.outputs] == answer["dtypes"]
    shapes = [None if y.dims is None else list(y.dims) for y in op.outputs]
    assert shapes == answer["shapes"][mode], f"static shapes, inputs {mode}"
    check_attrs(op, answer["attrs"])
    with tf.Session() as session:
        if built.initializers:
            session.run(built.initializers)
        fetched = [y for y in op.outputs if y.dtype.base_dtype.name not in ("resource", "variant")]
        values, _ = session.run([fetched, op], dict(built.feeds))
        if case.compare == "values":
            for value, expected in zip(values, answer["values"], strict=True):
                assert_close(value, expected, case.tolerance, f"inputs {mode}")
        elif case.compare == "shape_dtype":
            for value, expected in zip(values, answer["values"], strict=True):
                assert np.asarray(value).dtype == np.asarray(expected).dtype
                assert np.shape(value) == np.shape(expected)
        for tensor, expected in zip(built.variables, answer["variables"], strict=True):
            assert_close(session.run(tensor), expected, case.tolerance, "variable after the run")
    for tensor, value in zip(fetched, values, strict=True):
        assert tensor.shape.is_compatible_with(np.shape(value)), "static shape and value"


def check_attrs(op: Operation, expected: dict[str, str]) -> None:
    """Hold the attributes of a node, as they stand in its NodeDef, against serialized ones."""
    node = op.node_def
    assert sorted(k for k in node.attr if not k.startswith("_")) == sorted(expected)
    for key, text in expected.items():
        wanted = attr_value_pb2.AttrValue.FromString(bytes.fromhex(text))
        assert node.attr[key] == wanted, f"attribute {key}"


def _check_failure(case: OpCase, mode: str, expected: list[str] | None) -> None:
    assert case.fails is not None
    assert expected is not None, f"does not fail in TensorFlow, inputs {mode}"
    when, error_class, message = expected
    texts = (case.fails, case.fails) if isinstance(case.fails, str) else case.fails
    text = texts[0] if when == "build" else texts[1]
    assert text in message, f"TensorFlow's message, inputs {mode}: {message}"
    is_silent = case.op_type in _SILENT_ON_GPUS and when == "run" and _has_gpu()
    try:
        built = build_case(case, mode)
        with tf.Session() as session:
            if built.initializers:
                session.run(built.initializers)
            session.run(built.op, dict(built.feeds))
        if is_silent and any(words in message for words in _OF_AN_INDEX):
            return
    except Exception as error:
        happened = error
    else:
        pytest.fail(f"no error, inputs {mode}; TensorFlow: {message}")
    phase = "run" if isinstance(happened, tf.errors.OpError) else "build"
    assert (phase, type(happened).__name__) == (when, error_class), f"{mode}: {happened!r}"
    assert text in str(happened), f"inputs {mode}"


def output_weights(dims: Any, dtype: Any) -> Array:
    """Return the gradients with respect to an output that all gradient checks start from."""
    count = int(np.prod(dims, dtype=np.int64))
    weights = ((np.arange(count) % 5 + 1) / 4).reshape(dims)
    return weights.astype(dtype.as_numpy_dtype)


def gradients_of(built: BuiltCase, shapes: Sequence[Any]) -> list[tuple[Tensor, Any]]:
    """Return each differentiable input that is fed, with its gradient by the op's own rule.

    Args:
      built: the node, built in the mode "gradient".
      shapes: the shape of each output.
    """
    op = built.op
    gradient_function = op.op_schema.gradient_function
    if not op.op_schema.differentiable:
        return [(x, None) for x, _ in built.feeds if is_smooth(x)]
    if gradient_function is None:
        raise LookupError(f"{op.type} has no gradient")
    grad_ys = [
        tf.constant(output_weights(shape, y.dtype.base_dtype)) if is_smooth(y) else None
        for y, shape in zip(op.outputs, shapes, strict=True)
    ]
    gradients = gradient_function(op, *grad_ys)
    if not isinstance(gradients, (list, tuple)):
        gradients = [gradients]
    assert len(gradients) == len(op.inputs), "one gradient, or None, for each input"
    by_input = dict(zip(op.inputs, gradients, strict=True))
    return [(x, by_input[x]) for x, _ in built.feeds if is_smooth(x)]


def is_smooth(tensor: Tensor) -> bool:
    """Return whether gradients flow through a tensor of this dtype."""
    return bool(tensor.dtype.is_floating or tensor.dtype.is_complex)


def _check_gradients(case: OpCase, expected: list[Any]) -> None:
    built = build_case(case, "gradient")
    with tf.Session() as session:
        shapes = [y.dims for y in built.op.outputs]
        smooth = [y.dims for y in built.op.outputs if is_smooth(y)]
        if any(dims is None or None in dims for dims in smooth):
            values = session.run(list(built.op.outputs), dict(built.feeds))
            shapes = [np.shape(value) for value in values]
        for (x, gradient), wanted in zip(gradients_of(built, shapes), expected, strict=True):
            if wanted is None:
                assert gradient is None
                continue
            assert gradient is not None, f"no gradient for {x.name}"
            value = dense_gradient(session.run(gradient, dict(built.feeds)), wanted.shape)
            tolerance = case.tolerance or 5 * _TOLERANCES[wanted.dtype.name]
            assert_close(value, wanted, tolerance, f"gradient for {x.name}")


def dense_gradient(value: Any, shape: tuple[int, ...]) -> Any:
    """Return the value of a gradient, slices scattered into an array of zeros."""
    if not hasattr(value, "indices"):
        return value
    dense = np.zeros(shape, value.values.dtype)
    np.add.at(dense, value.indices, value.values)
    return dense


def _check_program(case: OpProgram, answer: dict[str, Any]) -> None:
    assert "error" not in answer, f"the program fails in TensorFlow: {answer['error']}"
    with tf.Graph().as_default():
        names: dict[str, Any] = {"tf": tf, "np": np}
        exec(compile(textwrap.dedent(case.source), f"<{case.describe()}>", "exec"), names)
    _assert_same(names["result"], answer["result"], case.tolerance)


def _assert_same(value: Any, expected: Any, tolerance: float | None) -> None:
    if isinstance(expected, (list, tuple)):
        assert len(value) == len(expected)
        for item, wanted in zip(value, expected, strict=True):
            _assert_same(item, wanted, tolerance)
    elif isinstance(expected, dict):
        assert value.keys() == expected.keys()
        for key in expected:
            _assert_same(value[key], expected[key], tolerance)
    elif isinstance(expected, (np.ndarray, np.generic, float)):
        assert_close(value, expected, tolerance)
    else:
        assert value == expected


def assert_close(value: Any, expected: Any, tolerance: float | None = None, what: str = "") -> None:
    """Hold a value against the expected one: dtype and shape exactly, numbers nearly."""
    array, wanted = np.asarray(value), np.asarray(expected)
    assert array.dtype == wanted.dtype, what
    assert array.shape == wanted.shape, what
    if wanted.dtype == object or wanted.dtype.kind in "biuS":
        np.testing.assert_array_equal(array, wanted, err_msg=what)
        return
    tolerance = tolerance or _TOLERANCES.get(wanted.dtype.name, 0.0)
    wide = np.complex128 if wanted.dtype.kind == "c" else np.float64
    np.testing.assert_allclose(
        array.astype(wide), wanted.astype(wide), rtol=tolerance, atol=tolerance * 0.1, err_msg=what
    )
