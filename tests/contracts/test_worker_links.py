"""The contract of worker links, on every kind of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
import torch

import tensormill as tf
from tensormill.distributed.grpc_worker_link import GrpcWorkerLink
from tensormill.distributed.in_process_worker_link import InProcessWorkerLink
from tensormill.distributed.limits import DEFAULT_LIMITS
from tensormill.distributed.server_def import ServerDef
from tensormill.distributed.server_threads import ServerThreads
from tensormill.graph import errors
from tensormill.graph.errors import OpError
from tensormill.runtime.passes.partition import Partition, partition
from tensormill.runtime.passes.prune import prune
from tensormill.runtime.plan.frames import DEAD
from tensormill.runtime.rendezvous_keys import ROOT, make_key, task_of
from tensormill.runtime.worker_link import GraphRun, SessionSpec, WorkerLink
from tests.clusters import free_addresses
from tests.gates import WAIT_S, wait_until

TASK = "/job:far/replica:0/task:0"
DEVICE = f"{TASK}/device:CPU:0"
NEAR = "/job:near/replica:0/task:0/device:CPU:0"
pytestmark = pytest.mark.usefixtures("no_gpu")


class Answer:
    """Takes what a link tells."""

    def __init__(self) -> None:
        self._told = threading.Event()
        self.count = 0
        self.value: Any = None
        self.error: OpError | None = None

    def __call__(self, value: Any, error: OpError | None) -> None:
        self.count += 1
        self.value, self.error = value, error
        self._told.set()

    def get(self) -> Any:
        assert self._told.wait(WAIT_S), "no answer"
        assert self.count == 1
        if self.error is not None:
            raise self.error
        return self.value

    @property
    def is_there(self) -> bool:
        return self._told.is_set()


def ask(call: Callable[..., Any], *arguments: Any) -> Any:
    answer = Answer()
    call(*arguments, answer)
    return answer.get()


@pytest.fixture
def server() -> Iterator[Any]:
    """The task at the other end."""
    near, far = free_addresses(2)
    with tf.train.Server({"near": [near], "far": [far]}, "far", 0) as server:
        yield server


@pytest.fixture(params=["own", "in process", "direct", "grpc"])
def link(
    request: pytest.FixtureRequest, server: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[WorkerLink]:
    """The ways to a task: of itself, of a server of its process, and the two kinds of wire."""
    if request.param == "own":
        yield server._task.own_link
        return
    if request.param == "in process":
        yield InProcessWorkerLink(TASK, server.worker_link, lambda: True, renames=False)
        return
    with far_link(server, request.param, monkeypatch) as made:
        yield made


@contextmanager
def far_link(server: Any, lane: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[WorkerLink]:
    """Make a way over a lane, which is in use from the beginning."""
    monkeypatch.setenv("TENSORMILL_LANE", lane)
    threads = ServerThreads("test", DEFAULT_LIMITS)
    made = GrpcWorkerLink(TASK, server.address, ServerDef(job_name="far"), threads)

    def is_in_use() -> bool:
        ask(made.list_devices)
        return lane == "grpc" or made._channel.direct() is not None

    wait_until(is_in_use)
    yield made
    assert (made._channel.direct() is not None) == (lane == "direct")
    made.close()
    threads.close()


def far_part(feeds: list[Any], fetches: list[Any], link: WorkerLink) -> Partition:
    """Return the part of the default graph that runs at the other end."""
    graph = tf.get_default_graph()
    devices = {op: op.device or DEVICE for op in graph.get_operations()}
    nodes = prune(feeds, fetches, [], devices)
    (device,) = ask(link.list_devices)
    parts = partition(
        nodes, lambda node: task_of(node.device), lambda name: _signed(device.incarnation)
    )
    return parts[TASK]


def _signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value


def test_devices_are_those_of_the_task(link: WorkerLink) -> None:
    (device,) = ask(link.list_devices)
    assert (device.name, device.type) == (DEVICE, "CPU")
    assert device.incarnation != 0


def test_a_partition_runs_with_feeds_and_fetches(link: WorkerLink) -> None:
    x = tf.placeholder(tf.float32, [None])
    y = tf.square(x)
    ask(link.create_session, SessionSpec("s"))
    registered = ask(link.register_graph, "s", far_part([x], [y], link))
    for value in (2.0, 3.0):
        run = GraphRun(1, [torch.tensor([value])])
        result = ask(link.run_graph, "s", registered, run)
        assert result.values[0].tolist() == [value * value]
        link.clean_up_step(1)


def test_each_run_gets_its_own_answer_whoever_reads_it(link: WorkerLink) -> None:
    x = tf.placeholder(tf.float32, [None])
    y = tf.square(x)
    ask(link.create_session, SessionSpec("s"))
    registered = ask(link.register_graph, "s", far_part([x], [y], link))
    for number in range(100):
        ran = Answer()
        link.run_graph("s", registered, GraphRun(number, [torch.tensor([float(number)])]), ran)
        answers = link.answers()
        if answers is not None and answers.try_take_turn():
            if answers.has_answers():
                answers.read_answers()
            else:
                answers.pass_turn_on()
        assert ran.get().values[0].tolist() == [number * number]
        link.clean_up_step(number)


def test_a_failure_tells_code_text_and_operation(link: WorkerLink) -> None:
    x = tf.placeholder(tf.float32, [None])
    y = tf.reshape(x, [2, 2], name="bad")
    ask(link.create_session, SessionSpec("s"))
    registered = ask(link.register_graph, "s", far_part([x], [y], link))
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        ask(link.run_graph, "s", registered, GraphRun(2, [torch.ones(3)]))
    assert "the requested shape has 4" in caught.value.message
    record = errors.record_of(caught.value)
    assert (record.op_name, record.device) == ("bad", DEVICE)
    link.clean_up_step(2)


def test_large_values_keep_every_bit_both_ways(link: WorkerLink) -> None:
    x = tf.placeholder(tf.float32, [None])
    y = tf.reverse(x, [0])
    ask(link.create_session, SessionSpec("s"))
    registered = ask(link.register_graph, "s", far_part([x], [y], link))
    value = torch.arange(600_000, dtype=torch.float32)
    value[0] = float("nan")
    for step_id in (20, 21):  # more than a MiB, which goes through shared memory on one host
        result = ask(link.run_graph, "s", registered, GraphRun(step_id, [value]))
        got = result.values[0]
        assert got.view(torch.int32).flip(0).equal(value.view(torch.int32))
        link.clean_up_step(step_id)


def test_strings_travel(link: WorkerLink) -> None:
    x = tf.placeholder(tf.string, [None])
    y = tf.string_join([x, "!"])
    ask(link.create_session, SessionSpec("s"))
    registered = ask(link.register_graph, "s", far_part([x], [y], link))
    value = np.array([b"", b"one", bytes(300)], object)
    result = ask(link.run_graph, "s", registered, GraphRun(22, [value]))
    assert result.values[0].tolist() == [b"!", b"one!", bytes(300) + b"!"]
    link.clean_up_step(22)


def test_a_session_that_is_opened_twice_is_one(link: WorkerLink) -> None:
    x = tf.placeholder(tf.float32, [None])
    part = far_part([x], [tf.square(x)], link)
    ask(link.create_session, SessionSpec("s"))
    registered = ask(link.register_graph, "s", part)
    ask(link.create_session, SessionSpec("s"))
    run = GraphRun(23, [torch.tensor([2.0])])
    assert ask(link.run_graph, "s", registered, run).values[0].tolist() == [4.0]
    ask(link.delete_session, "s")
    with pytest.raises(tf.errors.AbortedError, match="Session handle is not found: s"):
        ask(link.register_graph, "s", part)


def test_a_session_that_is_deleted_ends_what_runs_in_it(link: WorkerLink, server: Any) -> None:
    take = tf.FIFOQueue(1, tf.float32).dequeue()
    for op in tf.get_default_graph().get_operations():
        op._device = DEVICE
    ask(link.create_session, SessionSpec("s"))
    registered = ask(link.register_graph, "s", far_part([], [take], link))
    ran = Answer()
    link.run_graph("s", registered, GraphRun(24, []), ran)
    wait_until(lambda: bool(server._task.master.worker.runs))
    ask(link.delete_session, "s")
    with pytest.raises(tf.errors.CancelledError):
        ran.get()
    link.clean_up_step(24)


def test_a_run_is_cancelled(link: WorkerLink, server: Any) -> None:
    take = tf.FIFOQueue(1, tf.float32).dequeue()
    for op in tf.get_default_graph().get_operations():
        op._device = DEVICE
    ask(link.create_session, SessionSpec("s"))
    registered = ask(link.register_graph, "s", far_part([], [take], link))
    ran = Answer()
    cancel = link.run_graph("s", registered, GraphRun(25, []), ran)
    runs = server._task.master.worker.runs
    wait_until(lambda: bool(runs))
    cancel()
    with pytest.raises(tf.errors.CancelledError):
        ran.get()
    wait_until(lambda: not runs)
    link.clean_up_step(25)


@pytest.mark.parametrize("lane", ["direct", "grpc"])
def test_a_task_that_has_gone_is_unavailable_and_named(
    lane: str, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = tf.placeholder(tf.float32, [None])
    threads = ServerThreads("test", DEFAULT_LIMITS)
    monkeypatch.setenv("TENSORMILL_LANE", lane)
    link = GrpcWorkerLink(TASK, server.address, ServerDef(job_name="far"), threads)
    ask(link.create_session, SessionSpec("s"))
    ask(link.list_devices)
    registered = ask(link.register_graph, "s", far_part([x], [tf.square(x)], link))
    server.stop()
    for step_id in (26, 27):
        with pytest.raises(tf.errors.UnavailableError, match=TASK):
            ask(link.run_graph, "s", registered, GraphRun(step_id, [torch.ones(1)]))
    answer = Answer()
    link.list_devices(answer, waits=False)
    with pytest.raises(tf.errors.UnavailableError, match=TASK):
        answer.get()
    link.close()
    threads.close()


def test_unknown_sessions_and_graphs_are_aborted(link: WorkerLink) -> None:
    x = tf.constant(1.0)
    with pytest.raises(tf.errors.AbortedError, match="Session handle is not found: gone"):
        ask(link.register_graph, "gone", far_part([], [x], link))
    ask(link.delete_session, "gone")


def sent_part(link: WorkerLink) -> tuple[Partition, str]:
    """Return a partition that sends the square of its feed, and the rendezvous key of that."""
    x = tf.placeholder(tf.float32, [None])
    y = tf.square(x)
    with tf.device(NEAR):
        z = tf.identity(y)
    part = far_part([x], [z], link)
    return part, key_of_send(part)


def key_of_send(part: Partition) -> str:
    """Return the rendezvous key of the only value that a partition sends."""
    (send,) = [node for node in part.graph.nodes if node.op_type == "_Send"]
    attrs = send.attrs
    key = make_key(
        attrs["send_device"],
        attrs["send_device_incarnation"],
        attrs["recv_device"],
        attrs["tensor_name"],
    )
    return key + ROOT


@pytest.mark.parametrize("asks_first", [True, False])
def test_a_value_is_received_before_or_after_it_is_sent(link: WorkerLink, asks_first: bool) -> None:
    part, key = sent_part(link)
    ask(link.create_session, SessionSpec("s"))
    registered = ask(link.register_graph, "s", part)
    received = Answer()
    if asks_first:
        link.receive(5, key, received)
        assert not received.is_there
    ask(link.run_graph, "s", registered, GraphRun(5, [torch.tensor([3.0])]))
    if not asks_first:
        link.receive(5, key, received)
    assert received.get().tolist() == [9.0]
    link.clean_up_step(5)


def test_cleaning_up_a_step_ends_who_waits(link: WorkerLink, server: Any) -> None:
    _, key = sent_part(link)
    received = Answer()
    link.receive(6, key, received)
    waiting_at(server, 6)
    link.clean_up_step(6)
    with pytest.raises(tf.errors.AbortedError, match="Cleanup 6"):
        received.get()


def waiting_at(server: Any, step_id: int) -> None:
    """Return when a receive of a step waits at the other end."""
    table = server._task.master.worker.rendezvous
    wait_until(lambda: step_id in table._steps and bool(table._steps[step_id]._state.receivers))


def test_a_receive_that_is_given_up_is_cancelled(link: WorkerLink) -> None:
    _, key = sent_part(link)
    received = Answer()
    cancel = link.receive(7, key, received)
    cancel()
    with pytest.raises(tf.errors.CancelledError):
        received.get()


def test_a_failed_step_fails_who_waits_for_its_values(link: WorkerLink, server: Any) -> None:
    x = tf.placeholder(tf.float32, [None])
    with tf.device(NEAR):
        tf.identity(tf.reshape(x, [2, 2]), name="z")
    z = tf.get_default_graph().get_tensor_by_name("z:0")
    for op in tf.get_default_graph().get_operations():
        op._device = NEAR if op.name == "z" else DEVICE
    part = far_part([x], [z], link)
    key = key_of_send(part)
    ask(link.create_session, SessionSpec("s"))
    registered = ask(link.register_graph, "s", part)
    early, late = Answer(), Answer()
    link.receive(8, key, early)
    waiting_at(server, 8)
    with pytest.raises(tf.errors.InvalidArgumentError):
        ask(link.run_graph, "s", registered, GraphRun(8, [torch.ones(3)]))
    link.receive(8, key, late)
    for received in (early, late):
        with pytest.raises(tf.errors.InvalidArgumentError, match="the requested shape has 4"):
            received.get()
    link.clean_up_step(8)


def test_containers_are_cleared(link: WorkerLink) -> None:
    v = tf.get_variable("v", initializer=np.float32([1, 2]), use_resource=False)
    read = v.value()
    set_up = v.initializer
    ask(link.create_session, SessionSpec("s"))
    for op in tf.get_default_graph().get_operations():
        op._device = DEVICE
    with tf.control_dependencies([set_up]):
        first = tf.identity(read)
    both = ask(link.register_graph, "s", far_part([], [first], link))
    assert ask(link.run_graph, "s", both, GraphRun(9, [])).values[0].tolist() == [1.0, 2.0]
    ask(link.clear_containers, [])
    reading = ask(link.register_graph, "s", far_part([], [read], link))
    with pytest.raises(tf.errors.FailedPreconditionError):
        ask(link.run_graph, "s", reading, GraphRun(10, []))


def test_dead_values_arrive_dead(link: WorkerLink) -> None:
    x = tf.placeholder(tf.float32, [])
    tf.cond(x > 0.0, lambda: (x, x), lambda: (x, x))
    switch = next(op for op in tf.get_default_graph().get_operations() if op.type == "Switch")
    with tf.device(NEAR):
        tf.identity(switch.outputs[1], name="z")
    z = tf.get_default_graph().get_tensor_by_name("z:0")
    for op in tf.get_default_graph().get_operations():
        op._device = NEAR if op.name == "z" else DEVICE
    part = far_part([x], [z], link)
    key = key_of_send(part)
    ask(link.create_session, SessionSpec("s"))
    registered = ask(link.register_graph, "s", part)
    for step_id, value in ((11, 1.0), (12, -1.0)):
        received = Answer()
        link.receive(step_id, key, received)
        run = GraphRun(step_id, [_fed(registered.feed_forms[0], value)])
        ask(link.run_graph, "s", registered, run)
        got = received.get()
        assert (got is DEAD) is (value < 0)
        link.clean_up_step(step_id)


def _fed(form: Any, value: float) -> Any:
    return torch.tensor(value) if form.name == "TENSOR" else np.float32(value)
