"""A cancelled branch reaches everything below it, once."""

import threading

import pytest

from tensormill.runtime.cancellation import CancellationScope
from tests.gates import WAIT_S


def test_cancelling_reaches_every_branch_below_with_the_first_reason():
    session = CancellationScope()
    steps = [CancellationScope(session) for _ in range(3)]
    seen = []
    for step in steps:
        step.register(seen.append)
    session.cancel("closed")
    session.cancel("closed again")
    assert seen == ["closed"] * 3
    assert [step.reason for step in steps] == ["closed"] * 3
    assert all(step.is_cancelled for step in steps)


def test_cancelling_a_branch_leaves_the_others_alone():
    session = CancellationScope()
    first, second = CancellationScope(session), CancellationScope(session)
    first.cancel("failed")
    assert not second.is_cancelled
    assert not session.is_cancelled


def test_who_registers_after_the_cancellation_is_called_at_once():
    scope = CancellationScope()
    scope.cancel("over")
    seen = []
    assert scope.register(seen.append) is None
    assert seen == ["over"]
    child = CancellationScope(scope)
    assert child.reason == "over"


def test_a_callback_that_was_deregistered_is_not_called():
    scope = CancellationScope()
    seen = []
    token = scope.register(seen.append)
    assert scope.deregister(token)
    assert not scope.deregister(token)
    assert not scope.deregister(None)
    scope.cancel("over")
    assert seen == []


def test_a_closed_branch_is_forgotten_by_its_parent():
    session = CancellationScope()
    step = CancellationScope(session)
    step.close()
    session.cancel("closed")
    assert not step.is_cancelled


def test_a_callback_that_raises_does_not_keep_the_others_from_being_called():
    scope = CancellationScope()
    seen = []

    def fail(reason):
        raise KeyError(reason)

    scope.register(fail)
    scope.register(seen.append)
    with pytest.raises(KeyError):
        scope.cancel("over")
    assert seen == ["over"]


def test_only_one_of_many_threads_that_cancel_calls_back():
    scope = CancellationScope()
    seen = []
    scope.register(seen.append)
    start = threading.Barrier(8)

    def cancel(number):
        start.wait(WAIT_S)
        scope.cancel(str(number))

    threads = [threading.Thread(target=cancel, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [scope.reason]
