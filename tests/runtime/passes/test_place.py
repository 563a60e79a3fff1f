"""The simple placer. Devices and texts were recorded from TensorFlow 2.21 (compat.v1) and 1.15."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch

import tensormill as tf
from tensormill.graph.graph import Graph
from tensormill.graph.operation import Operation
from tensormill.ops.basics import identity_op, no_op, placeholder
from tensormill.ops.state import assign_op, variable_v2
from tensormill.runtime.devices import Device
from tensormill.runtime.passes.place import Placement
from tensormill.runtime.passes.placement.reasons import Cause

LOCAL = "/job:localhost/replica:0/task:0"


@pytest.fixture
def graph() -> Iterator[Graph]:
    graph = Graph()
    with graph.as_default():
        yield graph


def device(name: str) -> Device:
    return Device(name, name.split(":")[-2], torch.device("cpu"), 1 << 20)


def devices(*names: str, task: str = LOCAL) -> list[Device]:
    return [device(f"{task}/device:{name}") for name in names]


def place(graph: Graph, *names: str, soft: bool = False) -> Placement:
    placement = Placement(devices(*names), tf.ConfigProto(allow_soft_placement=soft))
    placement.extend(graph.get_operations())
    return placement


def places(graph: Graph, *names: str, soft: bool = False) -> dict[str, str]:
    placed = place(graph, *names, soft=soft).devices
    return {op.name: placed[op].removeprefix(f"{LOCAL}/device:") for op in graph.get_operations()}


def variable(name: str, dtype: Any = tf.float32, value: Any = 0.0) -> Any:
    """Make what tf.Variable makes: the variable, its initializer and its reader."""
    ref = variable_v2(shape=(), dtype=dtype, name=name)
    initial = tf.constant(value, dtype, name=f"{name}/initial_value")
    assign_op(ref, initial, name=f"{name}/Assign")
    colocate(identity_op(ref, name=f"{name}/read").op, name)
    return ref


def colocate(op: Operation, *groups: str) -> None:
    op._set_attr("_class", tuple(f"loc:@{group}".encode() for group in groups))


def failure(graph: Graph, *names: str, soft: bool = False) -> str:
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        place(graph, *names, soft=soft)
    return str(caught.value.message)


def test_the_default_device_is_the_first_gpu(graph: Graph) -> None:
    tf.constant(1.0) + tf.constant(2.0)
    assert set(places(graph, "CPU:0", "GPU:0", "GPU:1").values()) == {"GPU:0"}


def test_without_a_gpu_the_default_device_is_the_first_cpu(graph: Graph) -> None:
    tf.constant(1.0) + tf.constant(2.0)
    assert set(places(graph, "CPU:0", "CPU:1").values()) == {"CPU:0"}


def test_a_pinned_operation_goes_to_its_device(graph: Graph) -> None:
    with graph.device("/gpu:1"):
        tf.constant(1.0, name="a")
    with graph.device("/device:GPU:*"):
        tf.constant(1.0, name="any_gpu")
    with graph.device("/task:0/cpu:0"):
        tf.constant(1.0, name="b")
    assert places(graph, "CPU:0", "GPU:0", "GPU:1") == {
        "a": "GPU:1",
        "any_gpu": "GPU:0",
        "b": "CPU:0",
    }


def test_an_operation_without_a_gpu_kernel_goes_to_the_cpu(graph: Graph) -> None:
    same = identity_op(tf.constant("a", name="text"), name="same")
    placement = place(graph, "CPU:0", "GPU:0")
    assert placement.devices[graph.get_operation_by_name("text")].endswith("CPU:0")
    assert (
        str(placement.reasons[graph.get_operation_by_name("text")])
        == "default device: no GPU kernel"
    )
    assert placement.devices[same.op].endswith("GPU:0")  # it has one, which takes host memory


def test_what_was_placed_in_an_earlier_run_stays(graph: Graph) -> None:
    placement = Placement(devices("CPU:0", "CPU:1"))
    a = tf.constant(1.0, name="a")
    placement.extend(graph.get_operations())
    with graph.device("/cpu:1"):
        identity_op(a, name="reader")  # would have drawn the constant to its device
    a.op._set_device("/cpu:1")
    placement.extend(graph.get_operations())
    assert placement.devices[a.op].endswith("CPU:0")
    assert placement.devices[graph.get_operation_by_name("reader")].endswith("CPU:1")


def test_operations_are_placed_in_the_order_that_the_log_shows(graph: Graph) -> None:
    """The log of the chapter: constants come last, as they follow their consumers."""
    with graph.device("/cpu:0"):
        a = tf.constant(3.0, name="a/initial_value")
        ref = variable_v2(shape=(), dtype=tf.float32, name="a")
        assign_op(ref, a, name="a/Assign")
        read = identity_op(ref, name="a/read")
        b = tf.constant(4.0, name="b")
    _ = read + b
    placed = place(graph, "CPU:0", "GPU:0").devices
    assert [op.name for op in placed] == [
        "a",
        "a/Assign",
        "a/read",
        "add",
        "a/initial_value",
        "b",
    ]
    assert [name[-5:] for name in placed.values()] == ["CPU:0"] * 3 + ["GPU:0"] + ["CPU:0"] * 2


def test_constants_go_to_their_consumers_if_these_are_in_one_place(graph: Graph) -> None:
    c, d, e = (tf.constant(1.0, name=name) for name in "cde")
    with graph.device("/cpu:1"):
        identity_op(c, name="x")
        identity_op(d, name="y")
    with graph.device("/cpu:2"):
        identity_op(d, name="z")
        with graph.control_dependencies([e.op]):
            no_op(name="n")
    assert places(graph, "CPU:0", "CPU:1", "CPU:2") == {
        "c": "CPU:1",
        "d": "CPU:0",
        "e": "CPU:2",
        "x": "CPU:1",
        "y": "CPU:1",
        "z": "CPU:2",
        "n": "CPU:2",
    }


def test_a_pinned_constant_does_not_follow_its_consumer(graph: Graph) -> None:
    with graph.device("/cpu:1"):
        c = tf.constant(1.0, name="c")
    with graph.device("/cpu:2"):
        identity_op(c, name="x")
    assert places(graph, "CPU:0", "CPU:1", "CPU:2") == {"c": "CPU:1", "x": "CPU:2"}


def test_operations_on_the_shape_go_to_their_input(graph: Graph) -> None:
    p = placeholder(tf.float32, [None], name="p")
    with graph.device("/cpu:1"):
        x = identity_op(p, name="x")
    graph.create_op("Shape", [x], name="s", attrs={"out_type": tf.int32})
    identity_op(x, name="y")
    assert places(graph, "CPU:0", "CPU:1") == {
        "p": "CPU:1",
        "x": "CPU:1",
        "s": "CPU:1",
        "y": "CPU:0",
    }


def test_an_update_runs_where_the_variable_is(graph: Graph) -> None:
    with graph.device("/cpu:2"):
        v = variable("v")
    update = assign_op(v, tf.constant(1.0, name="one"), name="update")
    update.op._set_device("/cpu:1")
    placed = places(graph, "CPU:0", "CPU:1", "CPU:2")
    assert placed["update"] == "CPU:2"
    assert placed["one"] == "CPU:2"


def test_a_value_taken_from_a_reference_does_not_colocate(graph: Graph) -> None:
    with graph.device("/cpu:2"):
        v = variable_v2(shape=(), dtype=tf.float32, name="v")
    with graph.device("/cpu:1"):
        identity_op(v, name="copy")
    assert places(graph, "CPU:0", "CPU:1", "CPU:2") == {"v": "CPU:2", "copy": "CPU:1"}


def test_a_variable_without_a_device_goes_where_its_group_is_pinned(graph: Graph) -> None:
    v = variable("v")
    update = assign_op(v, tf.constant(1.0), name="update")
    update.op._set_device("/cpu:1")
    placement = place(graph, "CPU:0", "CPU:1")
    assert placement.devices[v.op].endswith("CPU:1")
    assert str(placement.reasons[v.op]) == "colocated with update"


def handle(graph: Graph, name: str) -> Any:
    attrs = {"dtype": tf.float32, "shape": ()}
    return graph.create_op("VarHandleOp", [], name=name, attrs=attrs).outputs[0]


def test_a_resource_is_read_where_it_is(graph: Graph) -> None:
    with graph.device("/cpu:2"):
        v = handle(graph, "v")
    with graph.device("/cpu:1"):
        same = identity_op(v, name="same")
        read = graph.create_op("ReadVariableOp", [same], name="read", attrs={"dtype": tf.float32})
        identity_op(read.outputs[0], name="value")
    placement = place(graph, "CPU:0", "CPU:1", "CPU:2")
    assert str(placement.reasons[read]) == "follows the resource of same"
    assert places(graph, "CPU:0", "CPU:1", "CPU:2") == {
        "v": "CPU:2",
        "same": "CPU:2",
        "read": "CPU:2",
        "value": "CPU:1",
    }


@pytest.mark.parametrize("soft", [False, True])
def test_resources_on_two_devices_cannot_meet(graph: Graph, soft: bool) -> None:
    with graph.device("/cpu:1"):
        v = handle(graph, "v")
    with graph.device("/cpu:2"):
        w = handle(graph, "w")
    graph.create_op("Merge", [v, w], name="either")
    assert failure(graph, "CPU:0", "CPU:1", "CPU:2", soft=soft).startswith(
        "Cannot place the graph because a reference or resource edge connects colocation groups "
        "with incompatible resource devices: /device:CPU:2 vs /device:CPU:1. The edge src node is "
        "w , and the dst node is either"
    )


def test_colocated_operations_cannot_ask_for_different_devices(graph: Graph) -> None:
    with graph.device("/cpu:1"):
        a = tf.constant(1.0, name="a")
    with graph.device("/cpu:2"):
        b = identity_op(a, name="b")
    colocate(b.op, "a")
    names = ("CPU:0", "CPU:1", "CPU:2")
    assert failure(graph, *names).startswith(
        "Cannot colocate nodes {{colocation_node b}} and {{colocation_node a}}: Cannot merge "
        "devices with incompatible ids: '/device:CPU:2' and '/device:CPU:1'\n\t [[{{node b}}]]"
    )
    assert places(graph, *names, soft=True) == {"a": "CPU:0", "b": "CPU:0"}


def test_a_conflict_names_the_operations_that_ask(graph: Graph) -> None:
    with graph.device("/cpu:1"):
        tf.constant(1.0, name="a")
    with graph.device("/cpu:2"):
        b = tf.constant(1.0, name="b")
    between = tf.constant(1.0, name="between")
    colocate(between.op, "a")
    colocate(b.op, "between")
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        place(graph, "CPU:0", "CPU:1", "CPU:2")
    hint = "'b' asks for /device:CPU:2 and 'a' for /device:CPU:1: ask for one device for both"
    assert hint in str(caught.value)
    assert "nodes {{colocation_node between}}" in caught.value.message


def test_variables_on_two_devices_are_not_colocated_by_soft_placement(graph: Graph) -> None:
    with graph.device("/cpu:1"):
        variable("v")
    with graph.device("/cpu:2"):
        w = variable("w")
    colocate(w.op, "v")
    names = ("CPU:0", "CPU:1", "CPU:2")
    assert failure(graph, *names).startswith(
        "Cannot colocate nodes {{colocation_node w}} and {{colocation_node v}}: Cannot merge "
        "devices with incompatible ids: '/device:CPU:2' and '/device:CPU:1'"
    )
    placed = places(graph, *names, soft=True)
    assert (placed["v"], placed["w"]) == ("CPU:1", "CPU:2")


def test_a_group_needs_no_operation_of_its_name(graph: Graph) -> None:
    with graph.device("/cpu:1"):
        a = tf.constant(1.0, name="a")
    c = identity_op(a, name="c")
    colocate(a.op, "nothing")
    colocate(c.op, "nothing")
    assert places(graph, "CPU:0", "CPU:1") == {"a": "CPU:1", "c": "CPU:1"}


def test_an_operation_joins_the_group_of_its_name_later(graph: Graph) -> None:
    placement = Placement(devices("CPU:0", "CPU:1"))
    with graph.device("/cpu:1"):
        a = tf.constant(1.0, name="a")
    colocate(a.op, "late")
    placement.extend(graph.get_operations())
    late = tf.constant(1.0, name="late")
    placement.extend(graph.get_operations())
    assert placement.devices[late.op].endswith("CPU:1")


def test_what_joins_a_placed_group_goes_where_it_is(graph: Graph) -> None:
    placement = Placement(devices("CPU:0", "CPU:1"))
    with graph.device("/cpu:1"):
        v = variable("v")
    placement.extend(graph.get_operations())
    update = assign_op(v, tf.constant(1.0), name="update")
    update.op._set_device("")
    placement.extend(graph.get_operations())
    assert placement.devices[update.op].endswith("CPU:1")


def test_an_operation_without_a_kernel_cannot_join_a_placed_group(graph: Graph) -> None:
    placement = Placement(devices("CPU:0", "GPU:0"))
    v = variable_v2(shape=(), dtype=tf.int64, name="v")
    placement.extend(graph.get_operations())
    assert placement.devices[v.op].endswith("GPU:0")
    graph.create_op("CountUpTo", [v], name="count", attrs={"limit": 3})
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        placement.extend(graph.get_operations())
    assert (
        "because the node {{colocation_node count}} was colocated with a group of nodes that "
        "required incompatible device '/job:localhost/replica:0/task:0/device:GPU:0'"
    ) in caught.value.message
    assert "pin 'v' there before it runs" in str(caught.value)
    assert "framework assigned device=/job:localhost/replica:0/task:0/device:GPU:0" in str(
        caught.value
    )


def test_an_int32_variable_has_no_gpu_kernel(graph: Graph) -> None:
    with graph.device("/gpu:0"):
        variable("i", tf.int32, 3)
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        place(graph, "CPU:0", "GPU:0")
    assert "'i' (VariableV2, dtype=DT_INT32) has a kernel on CPU only: pin it" in str(caught.value)
    text = caught.value.message
    assert text.startswith(
        "Cannot assign a device for operation i: Could not satisfy explicit device specification "
        "'/device:GPU:0' because no supported kernel for GPU devices is available.\n"
        "Colocation Debug Info:\n"
        "Colocation group had the following types and supported devices: \n"
        "Root Member(assigned_device_name_index_=-1 requested_device_name_='/device:GPU:0' "
        "assigned_device_name_='' resource_device_name_='/device:GPU:0' "
        "supported_device_types_=[CPU] possible_devices_=[]\n"
        "Assign: CPU \n"
    )
    assert (
        "\n\nColocation members, user-requested devices, and framework assigned devices, if any:\n"
        "  i (VariableV2) /device:GPU:0\n" in text
    )
    assert (
        "\nOp: VariableV2\n"
        'Node attrs: container="", dtype=DT_INT32, shape=[], shared_name=""\n'
        "Registered kernels:\n  device='CPU'\n  device='GPU'; dtype in [DT_FLOAT, " in text
    )


def test_soft_placement_moves_an_int32_variable_to_the_cpu(graph: Graph) -> None:
    with graph.device("/gpu:0"):
        v = variable("i", tf.int32, 3)
    placement = place(graph, "CPU:0", "GPU:0", soft=True)
    assert places(graph, "CPU:0", "GPU:0", soft=True)["i"] == "CPU:0"
    assert placement.devices[graph.get_operation_by_name("i/Assign")].endswith("CPU:0")
    assert str(placement.reasons[v.op]) == "soft placement instead of /device:GPU:0"


def test_the_error_names_the_operation_of_a_group_that_lacks_the_kernel(graph: Graph) -> None:
    with graph.device("/gpu:0"):
        x = identity_op(tf.constant(1.0, name="one"), name="x")
        text = tf.constant("text", name="text")
    colocate(x.op, "group")
    colocate(text.op, "group")
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        place(graph, "CPU:0", "GPU:0")
    assert caught.value.op is x.op
    assert "'text' (Const, dtype=DT_STRING) has a kernel on CPU only, and 'x'" in str(caught.value)


def test_an_int64_variable_runs_on_the_gpu(graph: Graph) -> None:
    with graph.device("/gpu:0"):
        variable("i", tf.int64, 3)
    assert set(places(graph, "CPU:0", "GPU:0").values()) == {"GPU:0"}


def test_a_device_that_is_not_there_is_an_error(graph: Graph) -> None:
    with graph.device("/cpu:7"):
        tf.constant(1.0, name="a")
    assert failure(graph, "CPU:1", "CPU:0") == (
        "Cannot assign a device for operation a: {{node a}} was explicitly assigned to "
        "/device:CPU:7 but available devices are [ /job:localhost/replica:0/task:0/device:CPU:0, "
        "/job:localhost/replica:0/task:0/device:CPU:1 ]. Make sure the device specification refers "
        "to a valid device.\n\t [[{{node a}}]]"
    )
    assert places(graph, "CPU:0", "CPU:1", soft=True) == {"a": "CPU:0"}


def test_the_text_of_a_device_is_quoted_as_it_was_given(graph: Graph) -> None:
    with graph.device(lambda op: "/task:0/gpu:0"):
        v = variable_v2(shape=(), dtype=tf.int32, name="v")
        assign_op(v, 1, name="init")
    text = failure(graph, "CPU:0", "GPU:0")
    given = graph.get_operation_by_name("v").device
    assert f"explicit device specification '{given}' because no supported kernel" in text


def test_a_gpu_that_is_not_there_is_explained(
    graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.version, "cuda", None)
    with graph.device("/gpu:0"):
        tf.constant(1.0, name="a")
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        place(graph, "CPU:0")
    assert "The requested device appears to be a GPU, but CUDA is not enabled." in str(caught.value)
    assert "allow_soft_placement=True" in str(caught.value)
    assert caught.value.op is graph.get_operation_by_name("a")
    assert places(graph, "CPU:0", soft=True) == {"a": "CPU:0"}


@pytest.mark.parametrize("soft", [False, True])
def test_soft_placement_does_not_change_the_task(graph: Graph, soft: bool) -> None:
    with graph.device("/job:w/task:1"):
        tf.constant(1.0, name="a")
    assert (
        "was explicitly assigned to /job:w/task:1 but available devices are [ "
        "/job:localhost/replica:0/task:0/device:CPU:0 ]"
    ) in failure(graph, "CPU:0", soft=soft)


def test_one_operation_without_a_place_stops_all(graph: Graph) -> None:
    placement = Placement(devices("CPU:0"))
    good = tf.constant(1.0, name="good")
    placement.extend(graph.get_operations())
    with graph.device("/gpu:0"):
        tf.constant(2.0, name="bad")
    fine = tf.constant(3.0, name="fine")
    for _ in range(2):
        with pytest.raises(tf.errors.InvalidArgumentError, match="bad"):
            placement.extend(graph.get_operations())
        assert list(placement.devices) == [good.op]
        assert fine.op not in placement.reasons


def test_an_op_type_without_kernels_is_an_error(
    graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tensormill.runtime.passes.placement.op_rules.kernels_of", lambda kind: [])
    monkeypatch.setattr(
        "tensormill.runtime.passes.placement.op_rules.find_kernel", lambda *args: None
    )
    tf.constant(1.0, name="a")
    text = failure(graph, "CPU:0", "GPU:0")
    assert text.startswith("No OpKernel was registered to support Op 'Const' used by {{node a}}")
    assert "with these attrs: [dtype=DT_FLOAT, value=Tensor<type: float32 shape: []>]\n" in text
    assert "Registered devices: [CPU, GPU]\n" in text


CLUSTER = [
    *devices("CPU:0", task="/job:ps/replica:0/task:0"),
    *devices("CPU:0", "GPU:0", task="/job:worker/replica:0/task:0"),
    *devices("CPU:0", task="/job:worker/replica:0/task:1"),
]


def place_in_cluster(graph: Graph, own_task: str) -> dict[str, str]:
    placement = Placement(CLUSTER, None, own_task)
    placement.extend(graph.get_operations())
    return {op.name: name.replace("/replica:0", "") for op, name in placement.devices.items()}


def test_the_masters_own_task_comes_first(graph: Graph) -> None:
    tf.constant("a text, for which there is no GPU kernel", name="a")
    for task in ("ps/replica:0/task:0", "worker/replica:0/task:1"):
        placed = place_in_cluster(graph, f"/job:{task}")
        assert placed == {"a": f"/job:{task}/device:CPU:0".replace("/replica:0", "")}


def test_a_job_alone_is_enough_of_a_pin(graph: Graph) -> None:
    with graph.device("/job:worker"):
        tf.constant(1.0, name="a")
    with graph.device("/job:worker/task:1"):
        tf.constant(1.0, name="b")
    assert place_in_cluster(graph, "/job:ps/replica:0/task:0") == {
        "a": "/job:worker/task:0/device:GPU:0",
        "b": "/job:worker/task:1/device:CPU:0",
    }


def test_the_error_names_the_devices_of_all_tasks(graph: Graph) -> None:
    with graph.device("/job:worker/task:1/gpu:0"):
        tf.constant(1.0, name="a")
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        place_in_cluster(graph, "/job:ps/replica:0/task:0")
    for item in CLUSTER:
        assert item.name in caught.value.message


def test_every_placement_has_its_reason(graph: Graph) -> None:
    with graph.device("/cpu:0"):
        v = variable("v")
        p = identity_op(tf.constant([1.0], name="c"), name="p")
    with graph.device("/gpu:9"):
        tf.constant(1.0, name="soft")
    assign_op(v, tf.constant(2.0, name="two"), name="update")
    graph.create_op("Shape", [p], name="s", attrs={"out_type": tf.int32})
    placement = place(graph, "CPU:0", "GPU:0", soft=True)
    reasons = {op.name: str(reason) for op, reason in placement.reasons.items()}
    assert reasons == {
        "v": "pinned to /device:CPU:0",
        "v/initial_value": "pinned to /device:CPU:0",
        "v/Assign": "follows the reference from v",
        "v/read": "colocated with v",
        "c": "pinned to /device:CPU:0",
        "p": "pinned to /device:CPU:0",
        "soft": "soft placement instead of /device:GPU:9",
        "two": "follows its consumer update",
        "update": "follows the reference from v",
        "s": "follows its input p",
    }
    assert placement.reasons[v.op].cause is Cause.PINNED
