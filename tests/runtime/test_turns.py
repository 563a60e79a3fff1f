"""What of a program may run on the thread that asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import tensormill as tf
from tensormill.runtime.devices import local_devices
from tensormill.runtime.passes.prune import prune
from tensormill.runtime.plan.program import Program
from tensormill.runtime.worker import Worker

TASK = "/job:localhost/replica:0/task:0"


def program_of(fetch: Any) -> Program:
    worker = Worker(TASK, local_devices(TASK, None))
    devices = dict.fromkeys(tf.get_default_graph().get_operations(), f"{TASK}/device:CPU:0")
    return worker.create_session("s").register_graph(prune([], [fetch], [], devices))


def test_a_program_is_short_once_it_was_seen_to_be() -> None:
    program = program_of(tf.random_uniform([2]) + 1.0)
    assert not program.is_short
    program.note_turn(1_000)
    assert program.is_short
    program.note_turn(10_000_000)
    assert not program.is_short
    for _ in range(40):
        program.note_turn(1_000)
    assert program.is_short


def endless() -> Any:
    return tf.while_loop(lambda i: i >= 0, lambda i: i * 1, [tf.constant(0)])


def call_of_python() -> Any:
    return tf.py_func(lambda: 1.0, [], tf.double)


@pytest.mark.parametrize("make", [endless, call_of_python])
def test_what_may_take_any_time_is_never_short(make: Callable[[], Any]) -> None:
    program = program_of(make())
    program.note_turn(1_000)
    assert not program.is_short
