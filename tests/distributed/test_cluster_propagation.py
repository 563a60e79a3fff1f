"""Sessions that bring their cluster along: servers that know nothing of each other work together.

Source: TensorFlow 1.15, python/client/session_clusterspec_prop_test.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import tensormill as tf
from tests.clusters import over_wire


@pytest.fixture
def servers() -> Iterator[list[Any]]:
    with (
        tf.train.Server.create_local_server() as first,
        tf.train.Server.create_local_server() as second,
    ):
        yield [first, second]


@pytest.fixture(params=["in process", "over the wire"])
def config(request: pytest.FixtureRequest, servers: list[Any]) -> Any:
    spec = tf.train.ClusterSpec(
        {"worker": [server.target.removeprefix("grpc://") for server in servers]}
    )
    made = tf.ConfigProto(cluster_def=spec.as_cluster_def())
    return over_wire(made) if request.param == "over the wire" else made


@pytest.mark.usefixtures("no_gpu")
def test_devices_have_the_names_of_the_session(servers: list[Any], config: Any) -> None:
    with tf.Session(servers[1].target, config=config) as session:
        names = [device.name for device in session.list_devices()]
    assert sorted(names) == [
        "/job:worker/replica:0/task:0/device:CPU:0",
        "/job:worker/replica:0/task:1/device:CPU:0",
    ]


@pytest.mark.usefixtures("no_gpu")
def test_a_step_runs_on_both(servers: list[Any], config: Any) -> None:
    x = tf.placeholder(tf.float32, [])
    with tf.device("/job:worker/task:1"):
        y = tf.square(x)
    with tf.device("/job:worker/task:0"):
        z = y + x
    for server in servers:
        with tf.Session(server.target, config=config) as session:
            metadata = tf.RunMetadata()
            options = tf.RunOptions(output_partition_graphs=True)
            assert session.run(z, {x: 3.0}, options, metadata) == 12.0
            devices = {n.device for g in metadata.partition_graphs for n in g.node}
            assert "/job:worker/replica:0/task:1/device:CPU:0" in devices


def test_a_loop_spans_both(servers: list[Any], config: Any) -> None:
    def body(i: Any) -> Any:
        with tf.device("/job:worker/task:1"):
            return i + 1

    with tf.device("/job:worker/task:0"):
        result = tf.while_loop(lambda i: i < 4, body, [tf.constant(0)])
    with tf.Session(servers[0].target, config=config) as session:
        assert session.run(result) == 4


def test_the_state_of_such_a_session_is_its_own(servers: list[Any], config: Any) -> None:
    with tf.device("/job:worker/task:1"):
        v = tf.get_variable("v", initializer=1.0)
    with tf.Session(servers[0].target, config=config) as session:
        session.run(v.initializer)
        assert session.run(v) == 1.0
    with (
        tf.Session(servers[0].target, config=config) as session,
        pytest.raises(tf.errors.FailedPreconditionError),
    ):
        session.run(v)


def test_a_master_that_is_not_in_the_cluster_says_so(servers: list[Any]) -> None:
    spec = tf.train.ClusterSpec({"worker": [servers[1].address]})
    config = tf.ConfigProto(cluster_def=spec.as_cluster_def())
    with (
        tf.Session(servers[0].target, config=config) as session,
        pytest.raises(tf.errors.InvalidArgumentError, match="has no task at grpc://localhost:"),
    ):
        session.run(tf.constant(1.0))


def test_a_master_that_is_in_the_cluster_twice_is_refused(servers: list[Any]) -> None:
    address = servers[0].address
    spec = tf.train.ClusterSpec({"a": [address], "b": [address]})
    config = tf.ConfigProto(cluster_def=spec.as_cluster_def())
    with (
        tf.Session(servers[0].target, config=config) as session,
        pytest.raises(tf.errors.InvalidArgumentError, match="Found multiple matching tasks"),
    ):
        session.run(tf.constant(1.0))
