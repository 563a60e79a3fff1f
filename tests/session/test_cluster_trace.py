"""A step over several tasks in one picture: arrows between tasks, and clocks that agree."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tensorboard.compat.proto import step_stats_pb2

import tensormill as tf
from tensormill.session.cluster_trace import clock_shifts_us, cluster_trace
from tensormill.testing.tensorflow_servers import free_addresses

PS, WORKER = (f"/job:{job}/replica:0/task:0" for job in ("ps", "worker"))


def stats(*nodes: tuple[str, str, str, int, int]) -> Any:
    """Return StepStats of (task, name, op type, start, duration) nodes."""
    message = step_stats_pb2.StepStats()
    devices: dict[str, Any] = {}
    for task, name, op_type, start, duration in nodes:
        if task not in devices:
            devices[task] = message.dev_stats.add(device=f"{task}/device:CPU:0")
        devices[task].node_stats.add(
            node_name=name,
            timeline_label=f"{name} = {op_type}(x)",
            all_start_micros=start,
            op_end_rel_micros=duration,
            all_end_rel_micros=duration,
        )
    return message


@pytest.mark.parametrize(
    ("sent", "received", "back", "returned", "shift"),
    [
        (100, 130, 150, 180, 0),  # the clocks agree
        (100, 1130, 1150, 180, -1000),  # the second is 1 ms ahead
        (100, 30, 50, 180, 100),  # and behind: a value would come before it is sent
    ],
)
def test_clocks_are_shifted_only_where_a_value_would_come_before_it_is_sent(
    sent: int, received: int, back: int, returned: int, shift: int
) -> None:
    step_stats = stats(
        (PS, "v/_0", "_Send", sent, 0),
        (WORKER, "v/_1", "_Recv", received, 0),
        (WORKER, "m/_2", "_Send", back, 0),
        (PS, "m/_3", "_Recv", returned, 0),
    )
    assert clock_shifts_us(step_stats) == {PS: 0, WORKER: shift}


def test_one_way_is_enough_to_know_that_a_clock_is_wrong() -> None:
    there = stats((PS, "v/_0", "_Send", 100, 10), (WORKER, "v/_1", "_Recv", 50, 10))
    assert clock_shifts_us(there) == {PS: 0, WORKER: 50}
    back = stats((PS, "v/_1", "_Recv", 50, 10), (WORKER, "v/_0", "_Send", 100, 10))
    assert clock_shifts_us(back) == {PS: 0, WORKER: -50}


def test_values_of_a_loop_are_matched_turn_by_turn() -> None:
    step_stats = stats(
        (PS, "v/_0", "_Send", 100, 5),
        (PS, "v/_0", "_Send", 200, 5),
        (WORKER, "v/_1", "_Recv", 110, 5),
        (WORKER, "v/_1", "_Recv", 210, 5),
    )
    events = json.loads(tf.cluster_trace(step_stats))["traceEvents"]
    arrows = [(e["ph"], e["ts"]) for e in events if e.get("cat") == "Transfer"]
    assert arrows == [("s", 105), ("f", 115), ("s", 205), ("f", 215)]


def test_a_step_over_two_tasks_has_an_arrow_for_each_transfer() -> None:
    addresses = free_addresses(2)
    cluster = {"ps": addresses[:1], "worker": addresses[1:]}
    with tf.device("/job:ps"):
        v = tf.Variable(tf.ones([4, 4]), name="v")
    with tf.device("/job:worker"):
        product = tf.matmul(v, v, name="product")
    with tf.device("/job:ps"):
        update = v.assign_add(product)
    metadata = tf.RunMetadata()
    with (
        tf.train.Server(cluster, "ps", 0),
        tf.train.Server(cluster, "worker", 0) as worker,
        tf.Session(worker.target) as session,
    ):
        session.run(v.initializer)
        options = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE)
        session.run(update.op, options=options, run_metadata=metadata)
    events = json.loads(tf.cluster_trace(metadata))["traceEvents"]
    arrows = [e for e in events if e.get("cat") == "Transfer"]
    assert sorted({e["name"] for e in arrows}) == ["product", "v/read"]
    names = {e["pid"]: e["args"]["name"] for e in events if e["ph"] == "M"}
    ends = {(e["name"], e["ph"]): names[e["pid"]][:8] for e in arrows}
    assert ends["v/read", "s"] == ends["product", "f"] == "/job:ps/"
    assert ends["v/read", "f"] == ends["product", "s"] == "/job:wor"


def test_a_device_that_a_server_names_twice_is_drawn_once() -> None:
    apart = stats((PS, "a", "Add", 100, 10), (WORKER, "b", "Add", 110, 10))
    apart.MergeFrom(stats((WORKER, "RecvTensor", "RecvTensor", 105, 4)))
    events = json.loads(cluster_trace(apart))["traceEvents"]
    processes = {e["args"]["name"]: e["pid"] for e in events if e["name"] == "process_name"}
    assert sorted(name for name in processes if name.endswith("Compute")) == [
        f"{task}/device:CPU:0 Compute" for task in (PS, WORKER)
    ]
    worker = processes[f"{WORKER}/device:CPU:0 Compute"]
    assert sum(event["ph"] == "X" and event["pid"] == worker for event in events) == 2
    assert sum(e["name"] == "process_name" for e in events) == len(processes)
