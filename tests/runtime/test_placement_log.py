"""`log_device_placement`: the lines, and where they arrive."""

from __future__ import annotations

import io
import sys

import pytest
from wurlitzer import pipes

import tensormill as tf

CPU = "/job:localhost/replica:0/task:0/device:CPU:0"
GPU = "/job:localhost/replica:0/task:0/device:GPU:0"


@pytest.fixture
def one_emulated_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENSORMILL_EMULATED_GPUS", "1")


def logging_session() -> tf.Session:
    return tf.Session(config=tf.ConfigProto(log_device_placement=True))


@pytest.mark.usefixtures("one_emulated_gpu")
def test_wurlitzer_captures_the_lines() -> None:
    with tf.get_default_graph().device("/cpu:0"):
        b = tf.constant(4.0, name="b")
    c = b + b
    with logging_session() as session, pipes() as (out, _):
        session.run(c)
    assert out.read() == f"add: (AddV2): {GPU}\nb: (Const): {CPU}\n"


@pytest.mark.usefixtures("one_emulated_gpu")
def test_a_new_session_says_what_stands_behind_its_devices() -> None:
    with pipes() as (out, _):
        logging_session().close()
    text = out.read()
    assert text.startswith(f"Device mapping:\n{GPU} -> device: 0, name: emulated GPU")
    assert text.count("\n") == 2


def test_operations_are_logged_once() -> None:
    a = tf.constant(1.0, name="a")
    with logging_session() as session:
        session.run(a)
        b = tf.constant(1.0, name="b")
        with pipes() as (out, _):
            session.run(a)
            session.run(b)
            session.run(b)
    assert out.read() == f"b: (Const): {last_device(session, b)}\n"


def last_device(session: tf.Session, tensor: tf.Tensor) -> str:
    return tf.placement(session)[tensor.op.name].device


def test_a_session_is_silent_unless_asked() -> None:
    a = tf.constant(1.0, name="a")
    with pipes() as (out, _), tf.Session() as session:
        session.run(a)
    assert out.read() == ""


class NotebookStream(io.StringIO):
    """Text that a notebook shows, with no file descriptor behind it."""

    def fileno(self) -> int:
        raise io.UnsupportedOperation("fileno")


def test_a_notebook_shows_the_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = NotebookStream()
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr("tensormill.runtime.placement_log._identity", lambda descriptor: (0, 1))
    monkeypatch.setattr("tensormill.runtime.placement_log._at_start", (0, 1))
    a = tf.constant(1.0, name="a")
    with logging_session() as session:
        session.run(a)
    assert "a: (Const): " in stream.getvalue()


def test_wurlitzer_captures_the_lines_in_a_notebook_too(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = NotebookStream()
    a = tf.constant(1.0, name="a")
    with logging_session() as session:
        monkeypatch.setattr(sys, "stdout", stream)
        with pipes() as (out, _):
            session.run(a)
        monkeypatch.undo()
    assert "a: (Const): " in out.read()
    assert stream.getvalue() == ""
