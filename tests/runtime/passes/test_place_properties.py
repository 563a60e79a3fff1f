"""What holds of every placement, whatever the graph."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import tensormill as tf
from tensormill.graph.device_names import matches
from tensormill.graph.graph import Graph
from tensormill.graph.operation import Operation
from tensormill.kernels.registry import find_kernel
from tensormill.ops.basics import identity_op
from tensormill.ops.state import assign_op, variable_v2
from tensormill.runtime.devices import Device
from tensormill.runtime.passes.place import Placement

TASK = "/job:localhost/replica:0/task:0"
NAMES = ("CPU:0", "CPU:1", "GPU:0", "GPU:1")
DEVICES = [
    Device(f"{TASK}/device:{name}", name[:3], torch.device("cpu"), 1 << 20) for name in NAMES
]
TYPES = {device.name: device.type for device in DEVICES}
SOFT = tf.ConfigProto(allow_soft_placement=True)

steps = st.lists(
    st.tuples(
        st.sampled_from(["constant", "text", "variable", "assign", "identity", "add"]),
        st.sampled_from(["", "", "", "/cpu:1", "/gpu:0", "/gpu:1", "/gpu:7", "/device:GPU:*"]),
        st.sampled_from([tf.float32, tf.int32]),
        st.integers(0, 30),
        st.integers(0, 30),
    ),
    min_size=1,
    max_size=25,
)


def build(graph: Graph, rows: list[tuple[str, str, Any, int, int]]) -> None:
    values: dict[Any, list[Any]] = {tf.float32: [], tf.int32: []}
    variables: dict[Any, list[Any]] = {tf.float32: [], tf.int32: []}
    with graph.as_default():
        for kind, wanted, dtype, first, second in rows:
            known, refs = values[dtype], variables[dtype]
            with graph.device(wanted):
                if kind == "text":
                    tf.constant("text")
                elif kind == "variable":
                    refs.append(variable_v2(shape=(), dtype=dtype))
                elif kind == "assign" and refs and known:
                    ref = refs[first % len(refs)]
                    op = assign_op(ref, known[second % len(known)]).op
                    op._set_device(wanted)
                elif kind == "identity" and known:
                    known.append(identity_op(known[first % len(known)]))
                elif kind == "add" and known:
                    known.append(known[first % len(known)] + known[second % len(known)])
                else:
                    known.append(tf.constant(1, dtype))


def references(graph: Graph) -> list[tuple[Operation, Operation]]:
    return [(op.inputs[0].op, op) for op in graph.get_operations() if op.type == "Assign"]


@given(steps)
def test_with_soft_placement_everything_has_a_device_with_a_kernel(rows: Any) -> None:
    graph = Graph()
    build(graph, rows)
    placement = Placement(DEVICES, SOFT)
    placement.extend(graph.get_operations())
    assert set(placement.devices) == set(placement.reasons) == set(graph.get_operations())
    for op, device in placement.devices.items():
        assert find_kernel(op.type, TYPES[device], op.attrs) is not None
    for source, consumer in references(graph):
        assert placement.devices[source] == placement.devices[consumer]


@given(steps)
def test_a_strict_placement_keeps_pins_or_fails_without_a_trace(rows: Any) -> None:
    graph = Graph()
    build(graph, rows)
    placement = Placement(DEVICES)
    try:
        placement.extend(graph.get_operations())
    except tf.errors.InvalidArgumentError:
        assert not placement.devices
        assert not placement.reasons
        return
    bound = {op for _, op in references(graph)}
    for op, device in placement.devices.items():
        assert op in bound or not op.device or matches(op.device, device)


@given(steps, st.integers(0, 25))
def test_operations_stay_where_they_are_when_the_graph_grows(rows: Any, cut: int) -> None:
    graph = Graph()
    build(graph, rows)
    placement = Placement(DEVICES, SOFT)
    operations = graph.get_operations()
    try:
        placement.extend(operations[:cut])
        before = dict(placement.devices)
        placement.extend(operations)
    except tf.errors.InvalidArgumentError:
        pytest.fail("soft placement places every graph, also bit by bit")
    assert {op: placement.devices[op] for op in before} == before
