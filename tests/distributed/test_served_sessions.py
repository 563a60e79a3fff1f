"""A server's master driven by messages, as clients of any make drive it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import grpc
import numpy as np
import pytest

import tensormill as tf
from tensormill.distributed.value_codec import value_to_proto
from tensormill.graph import errors
from tensormill.graph.dtypes import as_dtype
from tensormill.proto import master_pb2
from tensormill.proto.services import MASTER_SERVICE
from tests.clusters import over_wire
from tests.gates import Gate, run_in_thread
from tests.gates import gate_kernels as gate_kernels

TIMEOUT_S = 60.0


class MasterClient:
    """Calls the master of a server by messages."""

    def __init__(self, server: Any) -> None:
        self._channel = grpc.insecure_channel(server.address)

    def call(self, method: str, **fields: Any) -> Any:
        """Call a method and return its response."""
        found = MASTER_SERVICE.methods[method]
        stub = self._channel.unary_unary(
            found.path, found.request.SerializeToString, found.response.FromString
        )
        return stub(found.request(**fields), timeout=TIMEOUT_S)

    def create(self, graph: Any) -> str:
        """Open a session and return its handle."""
        return self.call("CreateSession", graph_def=graph.as_graph_def()).session_handle

    def run(
        self, handle: str, fetch: Any = (), feed: Any = None, target: Any = (), **fields: Any
    ) -> Any:
        """Run a step and return its response, errors in the body."""
        request = master_pb2.RunStepRequest(
            session_handle=handle,
            fetch=fetch,
            target=target,
            store_errors_in_response_body=True,
            **fields,
        )
        for name, value in (feed or {}).items():
            array = np.asarray(value)
            request.feed.add(name=name, tensor=value_to_proto(array, as_dtype(array.dtype)))
        found = MASTER_SERVICE.methods["RunStep"]
        stub = self._channel.unary_unary(
            found.path, found.request.SerializeToString, found.response.FromString
        )
        return stub(request, timeout=TIMEOUT_S)

    def value(self, handle: str, fetch: str, **fields: Any) -> Any:
        """Run a step and return the value of one fetch."""
        response = self.run(handle, [fetch], **fields)
        assert response.status_code == errors.OK, response.status_error_message
        return tf.make_ndarray(response.tensor[0].tensor)

    def error(self, handle: str, *arguments: Any, **fields: Any) -> tuple[int, str]:
        """Run a step that fails and return code and text."""
        response = self.run(handle, *arguments, **fields)
        return response.status_code, response.status_error_message

    def close(self) -> None:
        """Close the connection."""
        self._channel.close()


@pytest.fixture
def server() -> Iterator[Any]:
    with tf.train.Server.create_local_server() as server:
        yield server


@pytest.fixture
def client(server: Any) -> Iterator[MasterClient]:
    client = MasterClient(server)
    yield client
    client.close()


def status_of(call: Any) -> tuple[int, str]:
    """Return code and text with which a call fails."""
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return caught.value.code().value[0], caught.value.details()


def test_a_session_runs_steps_with_feeds_and_fetches(client: MasterClient) -> None:
    x = tf.placeholder(tf.float32, [None], name="x")
    tf.multiply(x, 2.0, name="y")
    handle = client.create(tf.get_default_graph())
    assert len(handle) == 16
    response = client.run(handle, ["y:0"], {"x:0": np.float32([1, 2])})
    assert [t.name for t in response.tensor] == ["y:0"]
    assert tf.make_ndarray(response.tensor[0].tensor).tolist() == [2.0, 4.0]
    assert client.value(handle, "y", feed={"x": np.float32([3])}).tolist() == [6.0]


def test_a_session_is_extended_from_the_version_it_has(client: MasterClient) -> None:
    tf.constant(3.0, name="c")
    graph = tf.get_default_graph()
    handle = client.create(graph)
    before = graph.version
    tf.square(graph.get_tensor_by_name("c:0"), name="d")
    added = graph.as_graph_def(from_version=before)
    first = client.call(
        "ExtendSession", session_handle=handle, graph_def=added, current_graph_version=0
    )
    assert first.new_graph_version == 1
    assert client.value(handle, "d:0") == 9.0
    again = {"session_handle": handle, "graph_def": added}
    code, text = status_of(lambda: client.call("ExtendSession", current_graph_version=5, **again))
    assert (code, text) == (errors.ABORTED, "Current version is 1 but caller expected 5.")
    code, text = status_of(lambda: client.call("ExtendSession", current_graph_version=1, **again))
    assert code == errors.INVALID_ARGUMENT
    assert "includes node 'd', which was created by a previous call" in text


@pytest.mark.usefixtures("no_gpu")
def test_an_extension_that_cannot_be_placed_leaves_the_graph_as_it_was(
    client: MasterClient,
) -> None:
    graph = tf.get_default_graph()
    tf.constant(3.0, name="c")
    handle = client.create(graph)
    with tf.device("/job:nowhere/task:7"):
        tf.constant(4.0, name="d")
    added = graph.as_graph_def(from_version=1)
    for _ in range(2):  # the client sends it again
        code, text = status_of(
            lambda: client.call("ExtendSession", session_handle=handle, graph_def=added)
        )
        assert code == errors.INVALID_ARGUMENT
        assert "available devices are [ /job:localhost/replica:0/task:0/device:CPU:0 ]" in text
    assert client.value(handle, "c:0") == 3.0


@pytest.mark.parametrize(
    ("fields", "code", "text"),
    [
        ({}, errors.INVALID_ARGUMENT, "Must specify at least one target to fetch or execute."),
        ({"fetch": ["n:0"]}, errors.NOT_FOUND, "FetchOutputs node n:0: not found"),
        (
            {"fetch": ["y:3"]},
            errors.INVALID_ARGUMENT,
            "FetchOutputs y:3: output index too large, must be < 1",
        ),
        (
            {"fetch": ["y:0"], "feed": {"q:0": 1.0}},
            errors.NOT_FOUND,
            "FeedInputs: unable to find feed output q:0",
        ),
        (
            {"target": ["n"]},
            errors.NOT_FOUND,
            "PruneForTargets: Some target nodes not found: n ",
        ),
        (
            {"fetch": ["y:0"], "feed": {"x:0": np.float32(1), "x": np.float32(1)}},
            errors.INVALID_ARGUMENT,
            'Endpoint "x:0" fed more than once.',
        ),
        (
            {"fetch": ["x:0"], "feed": {"x:0": np.float32(1)}},
            errors.INVALID_ARGUMENT,
            "x:0 is both fed and fetched.",
        ),
        (
            {"fetch": ["y:0"], "feed": {"x:0": np.int32(1)}},
            errors.INTERNAL,
            "Output 0 of type int32 does not match declared output type float for node "
            "{{node _recv_x_0}}",
        ),
    ],
)
def test_steps_that_cannot_run_fail_in_the_words_of_tensorflow(
    client: MasterClient, fields: Any, code: int, text: str
) -> None:
    x = tf.placeholder(tf.float32, [], name="x")
    tf.square(x, name="y")
    handle = client.create(tf.get_default_graph())
    assert client.error(handle, **fields) == (code, text)


def test_unknown_sessions_are_told_apart_by_method(client: MasterClient) -> None:
    assert client.error("00", ["x:0"]) == (errors.ABORTED, "Session 00 is not found.")
    restarted = "Session 00 is not found. Possibly, this master has restarted."
    closing = status_of(lambda: client.call("CloseSession", session_handle="00"))
    assert closing == (errors.ABORTED, restarted)
    listing = status_of(lambda: client.call("ListDevices", session_handle="00"))
    assert listing == (errors.INVALID_ARGUMENT, restarted)


def test_a_request_that_comes_twice_is_refused(client: MasterClient) -> None:
    tf.constant(1.0, name="c")
    handle = client.create(tf.get_default_graph())
    assert client.run(handle, ["c:0"], request_id=7).status_code == errors.OK
    code, text = client.error(handle, ["c:0"], request_id=7)
    assert code == errors.ABORTED
    assert "The same RunStep (Master) request was received twice." in text


def test_variables_outlive_sessions_until_they_are_reset(client: MasterClient) -> None:
    v = tf.get_variable("v", initializer=3.0, use_resource=False)
    tf.identity(v, name="r")
    graph = tf.get_default_graph()
    first = client.create(graph)
    assert client.run(first, target=["v/Assign"]).status_code == errors.OK
    client.call("CloseSession", session_handle=first)
    second = client.create(graph)
    assert client.value(second, "r:0") == 3.0
    client.call("Reset")
    assert client.error(second, ["r:0"]) == (errors.ABORTED, f"Session {second} is not found.")
    code, text = client.error(client.create(graph), ["r:0"])
    assert code == errors.FAILED_PRECONDITION
    assert "Attempting to use uninitialized value v" in text


def test_closing_a_session_cancels_its_steps(server: Any, client: MasterClient) -> None:
    gate = Gate()
    waiting = gate.node(1.0)
    with tf.Graph().as_default():
        handle = client.create(tf.get_default_graph())
    session = server._task._master_service._entries[handle].served
    # An operation of tests has no definition that travels.
    session.graph = session.session.graph = waiting.graph
    running = run_in_thread(lambda: client.error(handle, [waiting.name]))
    gate.wait_for_waiters()
    client.call("CloseSession", session_handle=handle)
    code, text = running()
    assert code == errors.CANCELLED
    assert "Step was cancelled by an explicit call to `Session::Close()`." in text


def test_a_client_that_gives_up_cancels_its_step(server: Any, client: MasterClient) -> None:
    gate = Gate()
    waiting = gate.node(1.0)
    handle = client.create(tf.Graph())
    session = server._task._master_service._entries[handle].served
    session.graph = session.session.graph = waiting.graph
    found = MASTER_SERVICE.methods["RunStep"]
    stub = client._channel.unary_unary(found.path, found.request.SerializeToString)
    call = stub.future(found.request(session_handle=handle, fetch=[waiting.name]))
    gate.wait_for_waiters()
    call.cancel()
    running = session.session.running
    with running._idle:
        running.is_closed = True  # so that it tells when a step leaves
        assert running._idle.wait_for(lambda: not running.entries, TIMEOUT_S)
    assert gate.waiter_count == 0


def test_a_callable_is_made_run_and_released(client: MasterClient) -> None:
    x = tf.placeholder(tf.float32, [], name="x")
    tf.square(x, name="y")
    handle = client.create(tf.get_default_graph())
    options = {"feed": ["x:0"], "fetch": ["y:0"]}
    made = client.call("MakeCallable", session_handle=handle, options=options).handle
    assert made == 0
    fed = [value_to_proto(np.float32(3), tf.float32)]
    response = client.call("RunCallable", session_handle=handle, handle=made, feed=fed)
    assert tf.make_ndarray(response.fetch[0]) == 9.0
    client.call("ReleaseCallable", session_handle=handle, handle=made)
    run = {"session_handle": handle, "feed": fed}
    assert status_of(lambda: client.call("RunCallable", handle=0, **run)) == (
        errors.INVALID_ARGUMENT,
        "Attempted to run callable after handle was released: 0",
    )
    assert status_of(lambda: client.call("RunCallable", handle=99, **run)) == (
        errors.INVALID_ARGUMENT,
        "No such callable handle: 99",
    )


def test_a_partial_run_is_fed_in_parts(client: MasterClient) -> None:
    a = tf.placeholder(tf.float32, [], name="a")
    b = tf.placeholder(tf.float32, [], name="b")
    first = tf.add(a, 1.0, name="first")
    tf.multiply(first, b, name="second")
    handle = client.create(tf.get_default_graph())
    setup = {"session_handle": handle, "feed": ["a:0", "b:0"], "fetch": ["first:0", "second:0"]}
    run = client.call("PartialRunSetup", **setup).partial_run_handle
    part = {"partial_run_handle": run}
    code, text = client.error(handle, ["second:0"], {"a:0": np.float32(1)}, **part)
    assert code == errors.INVALID_ARGUMENT
    assert text == "Fetch second:0 can't be computed from the feeds that have been fed so far."
    assert client.value(handle, "first:0", feed={"a:0": np.float32(1)}, **part) == 2.0
    code, text = client.error(handle, ["first:0"], **part)
    assert (code, text) == (
        errors.INVALID_ARGUMENT,
        "The fetch first:0 has already been fetched.",
    )
    assert client.value(handle, "second:0", feed={"b:0": np.float32(5)}, **part) == 10.0
    code, text = client.error(handle, ["first:0"], **part)
    assert text == "Must run PartialRunSetup before performing partial runs"


def test_python_functions_of_a_client_are_not_called(client: MasterClient) -> None:
    called = []
    tf.py_func(lambda: called.append(1) or np.float32(1), [], tf.float32, name="f")
    tf.constant(2.0, name="c")

    def generate() -> Iterator[int]:
        called.append(2)
        yield 1

    dataset = tf.data.Dataset.from_generator(generate, tf.int32, [])
    iterator = tf.data.make_initializable_iterator(dataset)
    iterator.get_next("g")
    handle = client.create(tf.get_default_graph())
    assert client.value(handle, "c:0") == 2.0  # what is not run does no harm
    code, text = client.error(handle, ["f:0"])
    assert code == errors.INVALID_ARGUMENT
    assert "callback pyfunc_" in text
    assert "of another process is not found" in text
    started = client.run(handle, target=[iterator.initializer.name])
    failed = started if started.status_code else client.run(handle, ["g:0"])
    assert "of another process is not found" in failed.status_error_message
    assert called == []


def test_strings_and_numbers_travel_in_every_dtype(client: MasterClient) -> None:
    for dtype in (tf.float16, tf.float64, tf.int8, tf.int64, tf.bool, tf.complex64, tf.uint16):
        tf.identity(tf.placeholder(dtype, [2], name=f"x_{dtype.name}"), name=f"y_{dtype.name}")
    tf.identity(tf.placeholder(tf.string, [None], name="x_string"), name="y_string")
    handle = client.create(tf.get_default_graph())
    for dtype in (tf.float16, tf.float64, tf.int8, tf.int64, tf.bool, tf.complex64, tf.uint16):
        value = np.array([1, 0], dtype.as_numpy_dtype)
        made = client.value(handle, f"y_{dtype.name}:0", feed={f"x_{dtype.name}:0": value})
        assert made.dtype == value.dtype
        assert made.tolist() == value.tolist()
    words = np.array([b"", b"a" * 300, b"\x00\xff"], dtype=object)
    request = master_pb2.RunStepRequest(session_handle=handle, fetch=["y_string:0"])
    request.feed.add(name="x_string:0", tensor=value_to_proto(words, tf.string))
    found = MASTER_SERVICE.methods["RunStep"]
    stub = client._channel.unary_unary(
        found.path, found.request.SerializeToString, found.response.FromString
    )
    tensor = stub(request, timeout=TIMEOUT_S).tensor[0].tensor
    assert tensor.tensor_content == request.feed[0].tensor.tensor_content


@pytest.mark.parametrize("config", [None, over_wire()], ids=["in process", "over the wire"])
def test_what_is_fed_can_be_all_that_is_fetched(config: Any) -> None:
    x = tf.placeholder(tf.float32, [])
    with (
        tf.train.Server.create_local_server() as server,
        tf.Session(server.target, config=config) as session,
    ):
        assert session.run(x, {x: 3.0}) == 3.0
        assert session.run(x, {x: 3.0}, options=tf.RunOptions(timeout_in_ms=10_000)) == 3.0
        assert session.run([]) == []
