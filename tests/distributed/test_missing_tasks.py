"""Opening a session while a task is missing: it says which, where and why, and ends in time."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest

import tensormill as tf
from tensormill.distributed import waiting
from tensormill.runtime import waiting as task_waiting
from tests.clusters import free_addresses, over_wire
from tests.gates import run_in_thread, wait_until

REFUSED = "(connection refused, nothing listens there)"


class Cluster:
    """A worker that runs, and a ps that does not, yet."""

    def __init__(self) -> None:
        self.ps_address, self.worker_address = free_addresses(2)
        self.spec = {"ps": [self.ps_address], "worker": [self.worker_address]}
        self.worker = tf.train.Server(self.spec, "worker", 0)
        self.missing = f"/job:ps/replica:0/task:0 at {self.ps_address} {REFUSED}"


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    cluster = Cluster()
    with cluster.worker:
        yield cluster


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Any:
    """The lines that are logged; notices come at once."""
    monkeypatch.setattr(waiting, "FIRST_NOTICE_S", 0.05)
    monkeypatch.setattr(task_waiting, "FIRST_REPORT_S", 0.05)
    monkeypatch.setattr(tf.logging.get_logger(), "propagate", True)
    caplog.set_level(logging.WARNING)
    return caplog


def options(uses_wire: bool, timeout_ms: int = 0, filters: Any = ()) -> Any:
    config = tf.ConfigProto(operation_timeout_in_ms=timeout_ms, device_filters=filters)
    return over_wire(config) if uses_wire else config


def on_ps() -> Any:
    """Return a value that the ps makes: 6."""
    with tf.device("/job:ps/task:0"):
        return tf.constant(3.0) * 2.0


@pytest.mark.parametrize("uses_wire", [False, True])
def test_the_missing_task_is_named_until_it_comes(
    cluster: Cluster, log: Any, uses_wire: bool
) -> None:
    there = on_ps()
    with tf.Session(cluster.worker.target, config=options(uses_wire)) as session:
        step = run_in_thread(lambda: session.run(there))
        expected = f"CreateSession waits for {cluster.missing}"
        if uses_wire:
            expected = (
                f"CreateSession waits for {cluster.worker.target}, which waits for "
                f"{cluster.missing}"
            )
        wait_until(lambda: expected in [record.getMessage() for record in log.records])
        with tf.train.Server(cluster.spec, "ps", 0):
            assert step() == 6.0


@pytest.mark.parametrize("uses_wire", [False, True])
def test_a_timeout_bounds_the_wait_and_names_the_missing_task(
    cluster: Cluster, uses_wire: bool
) -> None:
    there = on_ps()
    for action in (lambda s: s.run(there), lambda s: s.list_devices()):
        with (
            tf.Session(cluster.worker.target, config=options(uses_wire, 300)) as session,
            pytest.raises(tf.errors.DeadlineExceededError) as caught,
        ):
            action(session)
        assert cluster.missing in caught.value.message


@pytest.mark.parametrize("uses_wire", [False, True])
def test_tasks_that_device_filters_leave_out_are_not_waited_for(
    cluster: Cluster, uses_wire: bool
) -> None:
    config = options(uses_wire, 10_000, ["/job:worker"])
    with tf.Session(cluster.worker.target, config=config) as session:
        assert session.run(tf.constant(1.0)) == 1.0


@pytest.mark.usefixtures("no_gpu")
@pytest.mark.parametrize("uses_wire", [False, True])
def test_tasks_that_the_graph_does_not_use_are_not_waited_for(
    cluster: Cluster, uses_wire: bool
) -> None:
    with tf.Session(cluster.worker.target, config=options(uses_wire, 20_000)) as session:
        with tf.device("/job:worker"):
            here = tf.constant(2.0) * 2.0
        assert session.run([tf.constant(1.0), here]) == [1.0, 4.0]
        with tf.train.Server(cluster.spec, "ps", 0):
            there = on_ps()  # from now on it does
            assert session.run([here, there]) == [4.0, 6.0]
            assert len(session.list_devices()) == 2


@pytest.mark.parametrize("uses_wire", [False, True])
def test_a_graph_that_comes_to_need_a_missing_task_names_it(
    cluster: Cluster, log: Any, uses_wire: bool
) -> None:
    with tf.Session(cluster.worker.target, config=options(uses_wire)) as session:
        assert session.run(tf.constant(1.0)) == 1.0
        there = on_ps()
        step = run_in_thread(lambda: session.run(there))
        expected = f"ExtendSession waits for {cluster.missing}"
        wait_until(lambda: expected in [record.getMessage() for record in log.records])
        with tf.train.Server(cluster.spec, "ps", 0):
            assert step() == 6.0


@pytest.mark.parametrize("uses_wire", [False, True])
@pytest.mark.parametrize("is_open", [False, True])
def test_closing_the_session_ends_the_wait(
    cluster: Cluster, log: Any, uses_wire: bool, is_open: bool
) -> None:
    session = tf.Session(cluster.worker.target, config=options(uses_wire))
    if is_open:
        assert session.run(tf.constant(1.0)) == 1.0
    there = on_ps()
    step = run_in_thread(lambda: session.run(there))
    wait_until(lambda: any(cluster.missing in record.getMessage() for record in log.records))
    session.close()
    assert isinstance(step(), tf.errors.CancelledError)


def test_another_task_at_the_address_is_an_error(cluster: Cluster) -> None:
    with (
        tf.train.Server({"other": [cluster.ps_address]}, "other", 0),
        tf.Session(cluster.worker.target) as session,
        pytest.raises(tf.errors.InvalidArgumentError, match="another task listens there"),
    ):
        session.run(on_ps())


def test_a_server_does_not_wait_on_for_a_client_that_has_given_up(cluster: Cluster) -> None:
    service = cluster.worker._task._master_service
    with (
        tf.Session(cluster.worker.target, config=options(True, 300)) as session,
        pytest.raises(tf.errors.DeadlineExceededError),
    ):
        session.run(on_ps())
    wait_until(lambda: service._opening == 0)
    assert service.session_count == 0


def test_stopping_the_server_ends_the_wait(cluster: Cluster) -> None:
    service = cluster.worker._task._master_service
    there = on_ps()
    with tf.Session(cluster.worker.target, config=options(True)) as session:
        step = run_in_thread(lambda: session.run(there))
        wait_until(lambda: service._opening == 1)
        cluster.worker.stop()
        assert isinstance(step(), (tf.errors.CancelledError, tf.errors.UnavailableError))
