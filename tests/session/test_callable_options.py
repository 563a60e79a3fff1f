"""Callables that connect tensors, or say on which devices their values are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import tensormill as tf

CPU = "/job:localhost/replica:0/task:0/device:CPU:0"


def options(feed: Any = (), fetch: Any = (), target: Any = (), **fields: Any) -> Any:
    """Return a CallableOptions message."""
    message = tf.RunOptions.DESCRIPTOR.file.message_types_by_name["CallableOptions"]
    made = message._concrete_class(feed=feed, fetch=fetch, target=target)
    for source, to in fields.pop("connect", ()):
        made.tensor_connection.add(from_tensor=source, to_tensor=to)
    for name, value in fields.items():
        getattr(made, name).update(value)
    return made


@pytest.fixture(params=["local", "in process", "over the wire"])
def session(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A session on: e = a ** 2 + (b + 1), and an int32 placeholder j."""
    a, b = tf.placeholder(tf.float32, [], name="a"), tf.placeholder(tf.float32, [], name="b")
    c, d = tf.square(a, name="c"), tf.add(b, 1.0, name="d")
    tf.add(c, d, name="e")
    tf.placeholder(tf.int32, [], name="j")
    if request.param == "local":
        with tf.Session() as session:
            yield session
        return
    config = tf.ConfigProto()
    config.rpc_options.use_rpc_for_inprocess_master = request.param == "over the wire"
    with (
        tf.train.Server.create_local_server() as server,
        tf.Session(server.target, config=config) as session,
    ):
        yield session


def call(session: Any, asked: Any, *values: Any) -> list[float]:
    return [float(value) for value in session._make_callable_from_options(asked)(*values)]


def test_a_tensor_gets_the_value_of_another_one(session: Any) -> None:
    assert call(session, options(["a:0"], ["e:0"], connect=[("c:0", "b:0")]), 3.0) == [19.0]
    assert call(session, options(["a:0"], ["e:0"], connect=[("c", "d")]), 3.0) == [18.0]


def test_connections_follow_each_other_and_start_at_what_is_fed(session: Any) -> None:
    assert call(session, options(["a:0"], ["e:0"], connect=[("a:0", "b:0")]), 3.0) == [13.0]
    chain = [("a:0", "b:0"), ("d:0", "c:0")]
    assert call(session, options(["a:0"], ["e:0"], connect=chain), 3.0) == [8.0]


def test_what_runs_behind_a_placeholder_runs_behind_its_connection(session: Any) -> None:
    graph = session.graph
    with graph.control_dependencies([graph.get_operation_by_name("b")]):
        tf.identity(graph.get_tensor_by_name("a:0"), name="behind")
    asked = options(["a:0"], ["behind:0"], connect=[("c:0", "b:0")])
    assert call(session, asked, 3.0) == [3.0]


@pytest.mark.parametrize(
    ("feed", "fetch", "connect", "error", "text"),
    [
        (["a:0"], ["b:0"], ("c:0", "b:0"), "InvalidArgument", "b:0 is both fed and fetched."),
        (["a:0"], ["e:0"], ("z:0", "b:0"), "InvalidArgument", 'from unknown node: "b:0".'),
        (
            ["a:0"],
            ["e:0"],
            ("c:3", "b:0"),
            "InvalidArgument",
            'from unknown edge: "b:0" (actual number of outputs = 1).',
        ),
        (["a:0"], ["e:0"], ("c:0", "z:0"), "NotFound", "unable to find feed output z:0"),
        (["a:0"], ["e:0"], ("c:0", "b:2"), "InvalidArgument", "b:2 should have output index < 1"),
        (
            ["a:0"],
            ["e:0"],
            ("j:0", "b:0"),
            "InvalidArgument",
            "Input 0 of node d was passed int32 from _identity_b_0:0 incompatible with expected "
            "float.",
        ),
        (
            ["b:0"],
            ["e:0"],
            ("e:0", "a:0"),
            "InvalidArgument",
            'connection between nodes "a" and "e" would create a cycle.',
        ),
        (["a:0", "b:0"], ["e:0"], ("c:0", "b:0"), "InvalidArgument", '"b:0" fed more than once.'),
    ],
)
def test_connections_that_are_not_sound_are_refused_in_the_words_of_tensorflow(
    session: Any, feed: Any, fetch: Any, connect: Any, error: str, text: str
) -> None:
    with pytest.raises(getattr(tf.errors, f"{error}Error")) as caught:
        session._make_callable_from_options(options(feed, fetch, connect=[connect]))
    assert text in caught.value.message


def test_values_may_be_on_devices_that_are_there(session: Any) -> None:
    devices = {"feed_devices": {"a:0": CPU}, "fetch_devices": {"e:0": CPU}}
    assert call(session, options(["a:0", "b:0"], ["e:0"], **devices), 3.0, 4.0) == [14.0]
    unused = {"feed_devices": {"c:0": "no device"}}
    assert call(session, options(["a:0", "b:0"], ["e:0"], **unused), 3.0, 4.0) == [14.0]


@pytest.mark.parametrize(
    ("kind", "name", "device", "text"),
    [
        ("feed_devices", "a:0", "/device:GPU:7", "Device '/device:GPU:7' specified for tensor"),
        ("fetch_devices", "e:0", "/cpu:0", "Device '/cpu:0' specified for tensor 'e:0'"),
        ("fetch_devices", "e:0", "none", "Invalid device name ('none') provided for the tensor"),
    ],
)
def test_devices_that_are_not_there_are_named(
    session: Any, kind: str, name: str, device: str, text: str
) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        session._make_callable_from_options(
            options(["a:0", "b:0"], ["e:0"], **{kind: {name: device}})
        )
    assert text in caught.value.message


@pytest.mark.parametrize(
    ("feed", "fetch", "text"),
    [
        ([], [], "Must specify at least one target to fetch or execute."),
        (["a:0"], ["a:0"], "a:0 is both fed and fetched."),
        (["a:0", "a:0"], ["c:0"], 'Endpoint "a:0" fed more than once.'),
    ],
)
def test_signatures_that_mean_nothing_are_refused(
    session: Any, feed: Any, fetch: Any, text: str
) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        session._make_callable_from_options(options(feed, fetch))
    assert text in caught.value.message
