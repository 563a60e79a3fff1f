"""Of which ranks an input of an op may be while the shapes of the others are not known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tensormill.api as tf
from tensormill.graph.op_table import OP_DEFS
from tensormill.testing.oracle import Oracle, OracleUnavailableError
from tests.op_cases import tensorflow_side
from tests.op_cases.case import OpCase, families
from tests.op_cases.running import attr_of, dtype_of

RANKS = 6
"""Ranks below this are tried."""

_TENSORFLOW_SIDE = """
from tensorflow.python.framework import op_def_library, op_def_registry

def accepted(case):
    answers = _Answers(tf, np, [case])
    op_def = op_def_registry.get(case["op_type"])
    attrs = _default_attrs(op_def)
    attrs.update({key: answers._attr(value) for key, value in case["attrs"].items()})

    def placeholder(value, shape):
        dtype = tf.string if value.dtype == object else tf.as_dtype(value.dtype)
        return tf.placeholder(dtype, shape)

    def is_accepted(tried, rank):
        with tf.Graph().as_default():
            arguments = {}
            for place, (arg, value) in enumerate(zip(op_def.input_arg, case["inputs"])):
                shape = [None] * rank if place == tried else None
                if isinstance(value, list):
                    given = [placeholder(item, None if at else shape)
                             for at, item in enumerate(value)]
                else:
                    given = placeholder(value, shape)
                arguments[arg.name] = given
            try:
                op_def_library._apply_op_helper(
                    case["op_type"], name="case", **arguments, **attrs)
            except ValueError:
                return False
            return True

    return ["".join(str(rank) for rank in range(RANKS) if is_accepted(tried, rank))
            for tried in range(len(case["inputs"]))]

result = [accepted(case) for case in cases]
"""


def probes() -> dict[str, OpCase]:
    """Return a case for each op type that has no state and some input."""
    found: dict[str, OpCase] = {}
    for module in families().values():
        for case in module.CASES:
            if isinstance(case, OpCase) and _is_plain(case):
                found.setdefault(case.op_type, case)
    return found


def _is_plain(case: OpCase) -> bool:
    return bool(case.inputs) and case.fails is None and not case.refs and not case.resources


def accepted_here(case: OpCase) -> list[str]:
    """Return the ranks that each input may be of, as a text of digits."""
    return [
        "".join(str(rank) for rank in range(RANKS) if _is_accepted(case, tried, rank))
        for tried in range(len(case.inputs))
    ]


def _is_accepted(case: OpCase, tried: int, rank: int) -> bool:
    with tf.Graph().as_default():
        arguments: list[Any] = []
        for place, value in enumerate(case.values):
            shape = [None] * rank if place == tried else None
            if isinstance(value, list):
                arguments.append(
                    [_placeholder(item, None if at else shape) for at, item in enumerate(value)]
                )
            else:
                arguments.append(_placeholder(value, shape))
        attrs = {key: attr_of(value) for key, value in case.attrs.items()}
        try:
            OP_DEFS[case.op_type].builder.make(*arguments, name="case", **attrs)
        except ValueError:
            return False
        return True


def _placeholder(value: Any, shape: Any) -> Any:
    return tf.placeholder(dtype_of(value), shape)


def accepted_by_tensorflow(cases: dict[str, OpCase]) -> dict[str, list[str]]:
    """Ask TensorFlow the same; without the ops whose shape functions end its process."""
    found: dict[str, list[str]] = {}
    source = Path(tensorflow_side.__file__).read_text() + f"\nRANKS = {RANKS}\n" + _TENSORFLOW_SIDE
    waiting = [list(cases)]
    while waiting:
        with Oracle() as oracle:
            while waiting:
                part = waiting.pop()
                try:
                    made = oracle.run(source, cases=[cases[n].request() for n in part])
                except OracleUnavailableError:
                    middle = len(part) // 2
                    waiting += [half for half in (part[:middle], part[middle:]) if middle and half]
                    break
                found.update(zip(part, made, strict=True))
    return found
