"""What a step tells about itself: StepStats, partition graphs, and the timeline drawn from them."""

import json

import pytest

import tensormill as tf
from tensormill.session.timeline import Timeline
from tests.gates import Gate, gate_kernels, run_in_thread

__all__ = ["gate_kernels"]

CPU = "/job:localhost/replica:0/task:0/device:CPU:0"
FULL = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE)
pytestmark = pytest.mark.usefixtures("no_gpu")


@pytest.fixture
def session():
    with tf.Session() as session:
        yield session


def traced(session, fetches, feed_dict=None, options=FULL):
    metadata = tf.RunMetadata()
    result = session.run(fetches, feed_dict, options=options, run_metadata=metadata)
    return result, metadata


def test_every_operation_that_ran_is_in_the_statistics_with_its_label(session):
    x = tf.placeholder(tf.float32, [2], name="x")
    c = tf.constant([1.0, 2.0], name="c")
    total = tf.add(x, c, name="total")
    result, metadata = traced(session, total, {x: [1.0, 2.0]})
    assert result.tolist() == [2.0, 4.0]
    (device,) = metadata.step_stats.dev_stats
    assert device.device == CPU
    assert [node.timeline_label for node in device.node_stats] == [
        "_SOURCE = NoOp()",
        "_arg_x_0_0 = _Arg()",
        "c = Const()",
        "total = AddV2(_arg_x_0_0, c)",
        "_retval_total_0_0 = _Retval(total)",
    ]


def test_times_are_given_in_micro_and_nanoseconds_and_in_order(session):
    x = tf.placeholder(tf.float32, [2])
    _, metadata = traced(session, tf.exp(x, name="exp"), {x: [1.0, 2.0]})
    nodes = {node.node_name: node for node in metadata.step_stats.dev_stats[0].node_stats}
    exp = nodes["exp"]
    assert exp.all_start_micros == exp.all_start_nanos // 1000
    assert exp.scheduled_nanos <= exp.all_start_nanos
    assert nodes["_SOURCE"].all_start_nanos <= exp.all_start_nanos
    assert 0 < exp.op_end_rel_nanos <= exp.all_end_rel_nanos
    assert exp.thread_id


def test_outputs_are_described_and_large_ones_named_in_the_label(session):
    x = tf.placeholder(tf.float32, [300, 300])
    _, metadata = traced(session, tf.exp(x, name="exp"), {x: [[1.0] * 300] * 300})
    nodes = {node.node_name: node for node in metadata.step_stats.dev_stats[0].node_stats}
    (output,) = nodes["exp"].output
    description = output.tensor_description
    assert [dim.size for dim in description.shape.dim] == [300, 300]
    assert description.dtype == tf.float32.as_datatype_enum
    assert description.allocation_description.requested_bytes == 360_000
    assert nodes["exp"].memory[0].total_bytes == 360_000
    assert nodes["exp"].timeline_label.startswith("[cpu 0.3MB 0.3MB] exp = Exp(")


def test_a_step_without_a_trace_tells_nothing(session):
    one = tf.constant(1.0)
    metadata = tf.RunMetadata()
    metadata.partition_graphs.add()
    session.run(one, run_metadata=metadata)
    assert not metadata.HasField("step_stats")
    assert not metadata.partition_graphs


def test_every_trace_level_but_none_gives_statistics(session):
    one = tf.constant(1.0)
    for level in (1, 2, 3):
        _, metadata = traced(session, one, options=tf.RunOptions(trace_level=level))
        assert metadata.step_stats.dev_stats


def test_operations_that_wait_are_in_the_statistics(session):
    gate = Gate()
    after = gate.node(1.0, name="gate") + 1.0
    step = run_in_thread(lambda: traced(session, after))
    gate.wait_for_waiters()
    gate.open()
    result, metadata = step()
    assert result == 2.0
    names = [node.node_name for node in metadata.step_stats.dev_stats[0].node_stats]
    assert names.index("gate") < names.index("add")


def test_partition_graphs_are_the_graphs_that_ran_one_a_device():
    x = tf.placeholder(tf.float32, [2], name="x")
    with tf.device("/cpu:1"):
        y = tf.exp(x, name="y")
    unused = x + 1.0
    del unused
    options = tf.RunOptions(output_partition_graphs=True)
    with tf.Session(config=tf.ConfigProto(device_count={"CPU": 2})) as session:
        _, metadata = traced(session, tf.exp(y, name="z"), {x: [1.0, 2.0]}, options)
    graphs = [{node.name: node for node in graph.node} for graph in metadata.partition_graphs]
    assert len(graphs) == 2
    assert graphs[1]["y"].op == "Exp"
    assert graphs[1]["y"].device.endswith("CPU:1")
    assert "y" not in graphs[0]
    assert {node.op for graph in graphs for node in graph.values()} >= {
        "_Send",
        "_Recv",
        "_Arg",
        "_Retval",
    }
    assert not any(node.op == "AddV2" for graph in graphs for node in graph.values())


def test_outputs_are_in_the_memory_of_their_device(monkeypatch):
    monkeypatch.setenv("TENSORMILL_EMULATED_GPUS", "2")
    x = tf.placeholder(tf.float32, [2])
    with tf.device("/gpu:1"):
        on_gpu = tf.exp(x, name="on_gpu")
    with tf.device("/cpu:0"):
        on_cpu = tf.exp(on_gpu, name="on_cpu")
    with tf.Session() as session:
        _, metadata = traced(session, on_cpu, {x: [1.0, 2.0]})
    allocators = {
        node.node_name: node.output[0].tensor_description.allocation_description.allocator_name
        for device in metadata.step_stats.dev_stats
        for node in device.node_stats
        if node.node_name in ("on_gpu", "on_cpu")
    }
    assert allocators == {"on_gpu": "GPU_1_bfc", "on_cpu": "cpu"}


def test_a_timeline_shows_operations_arrows_and_memory(session):
    x = tf.placeholder(tf.float32, [2], name="x")
    total = tf.add(tf.exp(x, name="exp"), x, name="total")
    _, metadata = traced(session, total, {x: [1.0, 2.0]})
    timeline = Timeline(metadata.step_stats)
    trace = json.loads(timeline.generate_chrome_trace_format(show_memory=True))["traceEvents"]
    processes = {event["args"]["name"]: event["pid"] for event in trace if event["ph"] == "M"}
    assert list(processes) == ["Allocators", f"{CPU} Compute", f"{CPU} Tensors"]
    regions = {event["args"]["name"]: event for event in trace if event["ph"] == "X"}
    assert regions["total"]["args"] == {
        "name": "total",
        "op": "AddV2",
        "input0": "exp",
        "input1": "_arg_x_0_0",
    }
    assert {event["ph"] for event in trace} >= {"M", "N", "O", "X", "C", "D"}
    analysis = timeline.analyze_step_stats()
    assert analysis.allocator_maximums["cpu"].num_bytes >= 8
