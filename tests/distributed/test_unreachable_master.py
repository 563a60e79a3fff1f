"""A session on a server that is not there: it says so while it waits, and ends in time."""

import logging
import socket

import pytest

import tensormill as tf
from tensormill.distributed import waiting
from tensormill.distributed.reachability import why_unreachable
from tests.clusters import free_addresses
from tests.gates import run_in_thread, wait_until


@pytest.fixture
def target():
    return f"grpc://{free_addresses(1)[0]}"


def in_time():
    return tf.ConfigProto(operation_timeout_in_ms=400)


def test_opening_a_session_sends_nothing(target):
    with tf.Session(target) as session:
        assert session.sess_str == target.encode()


def test_a_step_ends_at_its_deadline_and_says_what_it_waited_for(target):
    with (
        tf.Session(target, config=in_time()) as session,
        pytest.raises(tf.errors.DeadlineExceededError) as caught,
    ):
        session.run(tf.constant(1.0))
    assert f"after 400 ms CreateSession was waiting for {target}" in caught.value.message
    assert "connection refused" in caught.value.message


def test_listing_devices_and_reset_end_at_their_deadline(target):
    with (
        tf.Session(target, config=in_time()) as session,
        pytest.raises(tf.errors.DeadlineExceededError, match="CreateSession was waiting"),
    ):
        session.list_devices()
    with pytest.raises(tf.errors.DeadlineExceededError, match="Reset was waiting"):
        tf.Session.reset(target, config=in_time())


def test_a_wait_says_after_a_while_what_it_waits_for(target, monkeypatch, caplog):
    monkeypatch.setattr(waiting, "FIRST_NOTICE_S", 0.1)
    monkeypatch.setattr(tf.logging.get_logger(), "propagate", True)
    one = tf.constant(1.0)
    with caplog.at_level(logging.WARNING), tf.Session(target) as session:
        step = run_in_thread(lambda: session.run(one))
        wait_until(lambda: caplog.records)
        session.close()
        assert isinstance(step(), tf.errors.CancelledError)
    assert [record.getMessage() for record in caplog.records] == [
        f"CreateSession waits for {target}: connection refused, nothing listens there"
    ]


def test_a_target_of_another_kind_is_refused():
    with pytest.raises(tf.errors.NotFoundError, match="No session factory registered"):
        tf.Session("http://localhost:2222")


def test_a_server_that_listens_is_not_called_unreachable():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert why_unreachable(f"127.0.0.1:{listener.getsockname()[1]}") is None


@pytest.mark.parametrize("address", ["localhost", "localhost:", "localhost:x", "localhost:99999"])
def test_what_is_no_address_is_said(address):
    assert why_unreachable(address) == f"{address!r} is not of the form host:port"


def test_an_unknown_name_is_said():
    assert "the name 'no.such.host.invalid' is unknown" in why_unreachable(
        "no.such.host.invalid:2222"
    )
