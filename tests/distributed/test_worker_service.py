"""A worker driven by messages, as masters and workers of any make drive it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import grpc
import numpy as np
import pytest

import tensormill as tf
from tensormill.distributed.value_codec import value_to_proto
from tensormill.graph import errors
from tensormill.proto import worker_pb2
from tensormill.proto.services import MASTER_SERVICE, WORKER_SERVICE

TIMEOUT_S = 60.0
TASK = "/job:localhost/replica:0/task:0"
DEVICE = f"{TASK}/device:CPU:0"
pytestmark = pytest.mark.usefixtures("no_gpu")


class WorkerClient:
    """Calls the services of a server by messages."""

    def __init__(self, server: Any) -> None:
        self._channel = grpc.insecure_channel(server.address)

    def call(self, name: str, **fields: Any) -> Any:
        """Call a method and return its response."""
        service = WORKER_SERVICE if name in WORKER_SERVICE.methods else MASTER_SERVICE
        method = service.methods[name]
        stub = self._channel.unary_unary(
            method.path, method.request.SerializeToString, method.response.FromString
        )
        return stub(method.request(**fields), timeout=TIMEOUT_S)

    def error(self, name: str, **fields: Any) -> tuple[int, str]:
        """Return code and text with which a call fails."""
        with pytest.raises(grpc.RpcError) as caught:
            self.call(name, **fields)
        return caught.value.code().value[0], caught.value.details()

    def register(self, graph: Any, **fields: Any) -> str:
        """Register a graph in the session that needs no opening; return its handle."""
        handle: str = self.call("RegisterGraph", graph_def=graph, **fields).graph_handle
        return handle

    def incarnation(self) -> int:
        (device,) = self.call("GetStatus").device_attributes
        value: int = device.incarnation
        return value

    def close(self) -> None:
        self._channel.close()


@pytest.fixture
def client() -> Iterator[WorkerClient]:
    with tf.train.Server.create_local_server() as server:
        client = WorkerClient(server)
        yield client
        client.close()


def partition(client: WorkerClient) -> tuple[Any, str, str]:
    """Return a graph that squares what it is fed, and the keys of its feed and its fetch."""
    incarnation = client.incarnation()
    signed = incarnation - (1 << 64) if incarnation >> 63 else incarnation
    graph = tf.GraphDef()
    for name, op_type, dtype_attr, tensor_name, source in (
        ("_recv_x_0", "_Recv", "tensor_type", "x:0", None),
        ("y", "Square", "T", None, "_recv_x_0"),
        ("_send_y_0", "_Send", "T", "y:0", "y"),
    ):
        node = graph.node.add(name=name, op=op_type, device=DEVICE)
        node.attr[dtype_attr].type = tf.float32.as_datatype_enum
        if source is not None:
            node.input.append(source)
        if tensor_name is not None:
            node.attr["tensor_name"].s = tensor_name.encode()
            node.attr["send_device"].s = node.attr["recv_device"].s = DEVICE.encode()
            node.attr["send_device_incarnation"].i = signed
            node.attr["client_terminated"].b = True
    keys = [f"{DEVICE};{incarnation:016x};{DEVICE};{name};0:0" for name in ("x:0", "y:0")]
    return graph, keys[0], keys[1]


def run(client: WorkerClient, handle: str, feed: str, fetch: str, **fields: Any) -> Any:
    sent = worker_pb2.RunGraphRequest().send.add(
        name=feed, tensor=value_to_proto(np.float32(3), tf.float32)
    )
    return client.call(
        "RunGraph",
        graph_handle=handle,
        send=[sent],
        recv_key=[fetch],
        store_errors_in_response_body=True,
        **fields,
    )


def test_a_graph_is_registered_run_and_deregistered(client: WorkerClient) -> None:
    graph, feed, fetch = partition(client)
    handle = client.register(graph)
    assert len(handle) == 16
    response = run(client, handle, feed, fetch, step_id=1)
    assert response.status_code == errors.OK, response.status_error_message
    assert [(item.name, float(tf.make_ndarray(item.tensor))) for item in response.recv] == [
        (fetch, 9.0)
    ]
    client.call("CleanupGraph", step_id=1)
    client.call("DeregisterGraph", graph_handle=handle)
    assert client.error("DeregisterGraph", graph_handle=handle) == (
        errors.ABORTED,
        f"Graph handle is not found: {handle}. Possibly, this worker just restarted.",
    )
    response = run(client, handle, feed, fetch, step_id=2)
    assert (response.status_code, response.status_error_message) == (
        errors.ABORTED,
        f"Graph handle is not found: {handle}",
    )


def test_keys_that_do_not_fit_the_graph_are_refused(client: WorkerClient) -> None:
    graph, feed, fetch = partition(client)
    handle = client.register(graph)
    for keys, text in (
        (("abc", fetch), "Invalid  rendezvous key: abc"),
        ((feed.replace("x:0", "z:0"), fetch), "Nothing in the graph receives"),
        ((feed, feed), "Nothing in the graph sends"),
    ):
        response = run(client, handle, *keys, step_id=3)
        assert response.status_code == errors.INVALID_ARGUMENT
        assert text in response.status_error_message
    response = client.call(
        "RunGraph", graph_handle=handle, step_id=4, store_errors_in_response_body=True
    )
    assert "Values are missing for" in response.status_error_message


def partial(client: WorkerClient, handle: str, step_id: int, **fields: Any) -> Any:
    """Run a part of a step; `feed` and `fetch` are keys."""
    sent = worker_pb2.RunGraphRequest()
    if "feed" in fields:
        proto = value_to_proto(np.float32(3), tf.float32)
        sent.send.add(name=fields.pop("feed"), tensor=proto)
    fetch = fields.pop("fetch", None)
    return client.call(
        "RunGraph",
        graph_handle=handle,
        step_id=step_id,
        send=sent.send,
        recv_key=[] if fetch is None else [fetch],
        store_errors_in_response_body=True,
        is_partial=True,
        **fields,
    )


def test_a_graph_runs_in_parts(client: WorkerClient) -> None:
    graph, feed, fetch = partition(client)
    handle = client.register(graph)
    for step_id in (5, 6):
        assert partial(client, handle, step_id).status_code == errors.OK
        assert not partial(client, handle, step_id, feed=feed).recv
        response = partial(client, handle, step_id, fetch=fetch, is_last_partial_run=True)
        assert response.status_code == errors.OK, response.status_error_message
        assert [float(tf.make_ndarray(item.tensor)) for item in response.recv] == [9.0]
        client.call("CleanupGraph", step_id=step_id)
    whole = run(client, handle, feed, fetch, step_id=7)
    assert [float(tf.make_ndarray(item.tensor)) for item in whole.recv] == [9.0]


def test_the_parts_of_a_step_end_when_it_is_cleaned_up(client: WorkerClient) -> None:
    graph, feed, fetch = partition(client)
    handle = client.register(graph)
    assert partial(client, handle, 8).status_code == errors.OK
    client.call("CleanupGraph", step_id=8)
    response = partial(client, handle, 8, feed=feed, fetch=fetch, is_last_partial_run=True)
    assert response.status_code == errors.OK, "the number of the step can be used again"
    response = partial(client, handle, 9, feed=fetch)
    assert "Nothing in the graph receives" in response.status_error_message


def test_a_part_that_fails_ends_its_step(client: WorkerClient) -> None:
    graph, feed, fetch = partition(client)
    graph.node[1].op = "Cholesky"  # which takes no scalar
    handle = client.register(graph)
    response = partial(client, handle, 10, feed=feed, fetch=fetch)
    assert response.status_code == errors.INVALID_ARGUMENT
    assert "y" in response.status_error_message
    client.call("CleanupGraph", step_id=10)


def test_sessions_are_told_apart(client: WorkerClient) -> None:
    graph, _, _ = partition(client)
    assert client.error("CreateWorkerSession") == (
        errors.INVALID_ARGUMENT,
        "Session must be non-empty.",
    )
    missing = {"session_handle": "s", "create_worker_session_called": True}
    assert client.error("RegisterGraph", graph_def=graph, **missing) == (
        errors.ABORTED,
        f'Session handle is not found: s. Possibly this worker ("{TASK}") just restarted.',
    )
    for _ in range(2):
        client.call("CreateWorkerSession", session_handle="s")
    handle = client.register(graph, **missing)
    assert client.error("DeregisterGraph", graph_handle=handle)[0] == errors.ABORTED
    for _ in range(2):
        client.call("DeleteWorkerSession", session_handle="s")
    assert client.error("RegisterGraph", graph_def=graph, **missing)[0] == errors.ABORTED


@pytest.mark.parametrize(
    ("device", "text"),
    [
        ("", "Node 'c' is missing a device specification"),
        (f"{TASK}/device:GPU:0", f"{TASK}/device:GPU:0 unknown device."),
        ("/device:CPU:0", "/device:CPU:0 does not name one device."),
    ],
)
def test_nodes_must_be_for_a_device_of_the_task(
    client: WorkerClient, device: str, text: str
) -> None:
    tf.constant(1.0, name="c")
    graph = tf.get_default_graph().as_graph_def()
    graph.node[0].device = device
    assert client.error("RegisterGraph", graph_def=graph) == (errors.INVALID_ARGUMENT, text)


def test_values_are_asked_for_by_key_and_incarnation(client: WorkerClient) -> None:
    assert client.error("RecvTensor", step_id=1, rendezvous_key="abc") == (
        errors.INVALID_ARGUMENT,
        "Invalid  rendezvous key: abc",
    )
    stale = f"{DEVICE};{client.incarnation() ^ 1:016x};{DEVICE};t;0:0"
    code, text = client.error("RecvTensor", step_id=1, rendezvous_key=stale)
    assert code == errors.ABORTED
    assert text.startswith("RecvTensor expects a different device incarnation: ")
    assert f'Your worker job ("{TASK}") was probably restarted.' in text
    unknown = stale.replace("CPU:0;", "CPU:9;", 1)
    code, text = client.error("RecvTensor", step_id=1, rendezvous_key=unknown)
    assert (code, text) == (errors.INVALID_ARGUMENT, f"{TASK}/device:CPU:9 unknown device.")


@pytest.mark.parametrize("name", ["RunGraph", "RecvTensor"])
def test_requests_that_come_twice_are_refused(client: WorkerClient, name: str) -> None:
    fields = {"request_id": 5, "rendezvous_key": "abc"} if name == "RecvTensor" else {}
    fields = fields or {"request_id": 5, "graph_handle": "none"}
    client.error(name, **fields)
    code, text = client.error(name, **fields)
    assert code == errors.ABORTED
    assert f"The same {name} request was received twice." in text


def test_tensors_that_lie_about_their_size_are_refused(client: WorkerClient) -> None:
    graph, feed, fetch = partition(client)
    handle = client.register(graph)
    honest = value_to_proto(np.ones(4, np.float32), tf.float32)
    for shape in ([5], [1 << 40], [1 << 62, 1 << 62], [-1]):
        for repeats in (False, True):
            lying = type(honest)(dtype=honest.dtype)
            if repeats:
                lying.float_val.append(1.0)
            else:
                lying.tensor_content = honest.tensor_content
            for size in shape:
                lying.tensor_shape.dim.add(size=size)
            sent = worker_pb2.RunGraphRequest().send.add(name=feed, tensor=lying)
            response = client.call(
                "RunGraph",
                graph_handle=handle,
                step_id=6,
                send=[sent],
                recv_key=[fetch],
                store_errors_in_response_body=True,
            )
            if repeats and shape == [5]:
                assert response.status_code == errors.OK  # TensorFlow repeats the last value
            else:
                assert response.status_code == errors.INVALID_ARGUMENT


def test_constants_that_lie_about_their_size_are_refused(client: WorkerClient) -> None:
    tf.constant(1.0, name="c")
    graph = tf.get_default_graph().as_graph_def()
    for shape in ([1 << 40], [-1]):
        tensor = graph.node[0].attr["value"].tensor
        del tensor.tensor_shape.dim[:]
        for size in shape:
            tensor.tensor_shape.dim.add(size=size)
        for name in ("CreateSession", "RegisterGraph"):
            assert client.error(name, graph_def=graph)[0] == errors.INVALID_ARGUMENT


def test_cleaning_up_what_is_not_there_is_no_error(client: WorkerClient) -> None:
    client.call("CleanupGraph", step_id=12345)
    client.call("CleanupAll", container=["nothing"])
    client.call("MarkRecvFinished", request_id=1)
    assert len(client.call("Logging", fetch_step_id=[1], clear=True).step) == 0
