"""Every op of the registry against real TensorFlow: its OpDef field by field, its cases."""

from typing import Any

import pytest
from tensorboard.compat.proto import types_pb2

import tensormill.api  # noqa: F401  (registers the ops)
from tensormill.graph.dtypes import DType
from tensormill.graph.op_def import ArgDef, AttrDef
from tensormill.graph.op_table import OP_DEFS
from tensormill.graph.tensor_codec import array_to_proto
from tensormill.graph.tensor_value import TensorValue
from tensormill.testing.oracle import Oracle
from tests.op_cases.answers import ask
from tests.op_cases.case import cases_of, families
from tests.op_cases.running import check_cases
from tests.ops.registry_facts import OWN_OP_TYPES

pytestmark = pytest.mark.oracle


@pytest.mark.parametrize("family", families())
def test_cases_answer_as_tensorflow(oracle: Oracle, family: str) -> None:
    cases = cases_of(families()[family])
    check_cases(cases, ask(oracle, cases))


def test_every_op_is_defined_as_in_tensorflow(oracle: Oracle) -> None:
    known = set(oracle.op_types())
    wrong = []
    for op_type, op_def in OP_DEFS.items():
        if op_type in OWN_OP_TYPES:
            continue
        if op_type not in known:
            wrong.append(f"{op_type}: TensorFlow has no such op")
            continue
        ours = {
            "inputs": [_plain_argument(arg) for arg in op_def.inputs],
            "outputs": [_plain_argument(arg) for arg in op_def.outputs],
            "attrs": [_plain_attr(attr) for attr in op_def.attrs.values()],
            "is_stateful": op_def.is_stateful,
            "is_commutative": op_def.is_commutative,
            "is_aggregate": op_def.is_aggregate,
            "allows_uninitialized_input": op_def.allows_uninitialized_input,
        }
        theirs = oracle.op_def(op_type)
        if op_def.deprecation is not None:  # later versions of TensorFlow give up more ops
            ours["deprecation_version"] = op_def.deprecation[0]
        wrong += [
            f"{op_type}.{name}: {value} here, {theirs[name]} in TensorFlow"
            for name, value in ours.items()
            if value != theirs[name]
        ]
    assert not wrong, "\n".join(wrong)


def _plain_argument(arg: ArgDef) -> dict[str, Any]:
    return {
        "name": arg.name,
        "type": _type_name(arg.type) if arg.type is not None else "",
        "type_attr": arg.type_attr or "",
        "number_attr": arg.number_attr or "",
        "type_list_attr": arg.type_list_attr or "",
        "is_ref": arg.is_ref,
    }


def _plain_attr(attr: AttrDef) -> dict[str, Any]:
    return {
        "name": attr.name,
        "type": attr.kind,
        "has_default": attr.has_default,
        "default": _plain_value(attr.default) if attr.has_default else None,
        "allowed": None if attr.allowed is None else [_plain_value(v) for v in attr.allowed],
        "minimum": attr.minimum,
    }


def _plain_value(value: Any) -> Any:
    if isinstance(value, DType):
        return _type_name(value)
    if isinstance(value, TensorValue):
        return array_to_proto(value.array, value.dtype, as_list=True).SerializeToString()
    if isinstance(value, tuple):
        return [-1 if item is None else _plain_value(item) for item in value]
    return value


def _type_name(dtype: DType) -> str:
    return str(types_pb2.DataType.Name(dtype.as_datatype_enum))
