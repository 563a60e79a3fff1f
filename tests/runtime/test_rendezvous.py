"""The rendezvous: values meet who needs them, once each, in any order."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tensormill as tf
from tensormill.graph import errors
from tensormill.runtime.rendezvous import RendezvousState, RendezvousTable
from tensormill.runtime.rendezvous_keys import frame_id, make_key, parse_key, task_of

SENDER = "/job:ps/replica:0/task:0/device:CPU:0"
RECEIVER = "/job:worker/replica:0/task:1/device:GPU:2"


class Taken:
    """Takes what a receiver is told."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, Any]] = []

    def __call__(self, value: Any, error: Any) -> None:
        self.told.append((value, error))


@given(st.lists(st.tuples(st.sampled_from("ab"), st.booleans())))
def test_values_meet_receivers_in_order_whoever_comes_first(
    events: list[tuple[str, bool]],
) -> None:
    state = RendezvousState()
    sent: dict[str, int] = {"a": 0, "b": 0}
    asked: dict[str, int] = {"a": 0, "b": 0}
    got: dict[str, list[tuple[int, int]]] = {"a": [], "b": []}
    receivers: dict[Any, tuple[str, int]] = {}
    for key, is_send in events:
        if is_send:
            deliveries = state.send(key, sent[key])
            sent[key] += 1
        else:
            receiver = Taken()
            receivers[receiver] = (key, asked[key])
            asked[key] += 1
            deliveries = state.receive(key, receiver)
        for delivery in deliveries:
            name, number = receivers[delivery.receiver]
            got[name].append((number, delivery.value))
    for key in "ab":
        count = min(sent[key], asked[key])
        assert got[key] == [(number, number) for number in range(count)]
        assert len(state.values.get(key, ())) == sent[key] - count
        assert len(state.receivers.get(key, ())) == asked[key] - count


def test_an_error_ends_who_waits_and_who_comes_later() -> None:
    state = RendezvousState()
    early, late = Taken(), Taken()
    state.receive("a", early)
    first, second = errors.aborted("first"), errors.aborted("second")
    assert [(d.receiver, d.error) for d in state.abort(first)] == [(early, first)]
    assert state.abort(second) == []
    assert state.send("a", 1) == []
    assert [d.error for d in state.receive("a", late)] == [first]


def test_who_has_withdrawn_gets_nothing() -> None:
    state = RendezvousState()
    gone, there = Taken(), Taken()
    state.receive("a", gone)
    state.receive("a", there)
    state.withdraw("a", gone)
    state.withdraw("b", gone)
    assert [d.receiver for d in state.send("a", 1)] == [there]
    assert state.is_idle


def test_cleaning_up_a_step_ends_it_and_a_new_one_may_have_its_number() -> None:
    table = RendezvousTable()
    taken = Taken()
    table.find(7).receive("a", taken)
    table.clean_up(7)
    ((_, error),) = taken.told
    assert isinstance(error, tf.errors.AbortedError)
    assert error.message == "Cleanup 7"
    table.find(7).send("a", 3)
    again = Taken()
    table.find(7).receive("a", again)
    assert again.told == [(3, None)]


def test_a_step_that_nobody_uses_is_forgotten() -> None:
    table = RendezvousTable()
    step = table.find(1)
    taken = Taken()
    step.receive("a", taken)
    table.drop_if_idle(1)
    assert len(table) == 1
    step.withdraw("a", taken)
    table.enter(1)
    table.drop_if_idle(1)
    assert len(table) == 1
    table.leave(1)
    table.drop_if_idle(1)
    assert len(table) == 0


def test_keys_are_written_and_read_as_tensorflow_does() -> None:
    key = make_key(SENDER.encode(), 0x0C650644FD12AFB8, RECEIVER.encode(), b"edge_4_v") + "0:0"
    assert key == f"{SENDER};0c650644fd12afb8;{RECEIVER};edge_4_v;0:0"
    parsed = parse_key(key)
    assert (parsed.send_device, parsed.recv_device) == (SENDER, RECEIVER)
    assert (parsed.incarnation, parsed.tensor_name) == (0x0C650644FD12AFB8, "edge_4_v")
    assert make_key(b"a", -1, b"b", b"c") == "a;ffffffffffffffff;b;c;"
    assert task_of(RECEIVER) == "/job:worker/replica:0/task:1"


@pytest.mark.parametrize(
    "text",
    [
        "abc",
        "",
        ";;;;",
        f"{SENDER};xyz;{RECEIVER};t;0:0",
        f"/job:ps;0;{RECEIVER};t;0:0",
        f"{SENDER};0;{RECEIVER};t;0",
        f"{SENDER};0;{RECEIVER};t;0:0;1",
    ],
)
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        parse_key(text)
    assert caught.value.message == f"Invalid  rendezvous key: {text}"


def test_frames_have_the_numbers_that_tensorflow_gives_them() -> None:
    assert frame_id(0, 0, b"while/while_context") == 18186195969791715286
