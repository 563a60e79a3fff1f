"""Loops of steps: who runs on whose thread, and what happens when one ends or breaks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import tensormill as tf
from tensormill.runtime import step_loops
from tensormill.runtime.any_master import StepOutcome
from tensormill.runtime.resources.feeders import Feeding
from tensormill.runtime.step_loops import LoopTurns, StepLoop, repeat_here
from tensormill.session.fetches import FetchMapper


@pytest.fixture(autouse=True)
def no_turn_ends_by_itself(monkeypatch) -> None:
    """Let a thread that the machine holds up keep its turn."""
    monkeypatch.setattr(step_loops, "_TURN_S", 3600.0)


class Steps:
    """Steps that wait after so many, with a clock that says how long each took."""

    def __init__(self, at_once: int, may_share_thread: bool = True) -> None:
        self.at_once = at_once
        self.may_share_thread = may_share_thread
        self.waiting: Any = None
        self.count = 0
        self.before: Callable[[], None] = lambda: None

    def run_block(self) -> int:
        return 0

    def begin_feeding(self) -> Feeding:
        return Feeding()

    def repeat_once(self, on_done: Any, may_repeat: Any) -> Any:
        self.before()
        self.count += 1
        if self.count <= self.at_once:
            on_done(StepOutcome([]), None)
            return None
        self.waiting = on_done
        return self

    def cancel(self, reason: str) -> None:
        self.waiting(None, tf.errors.CancelledError(None, None, reason))


class Threads:
    """What loops want to be run on their threads; a test runs it when it likes."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Callable[[], None]]] = []
        self.ends: list[tuple[str, int, Any]] = []

    def loop(self, name: str, steps: Steps, turns: LoopTurns) -> StepLoop:
        return StepLoop(
            steps,
            turns,
            lambda function: self.calls.append((name, function)),
            lambda count, error: self.ends.append((name, count, error)),
        )

    def run(self) -> str:
        name, function = self.calls.pop(0)
        function()
        return name


def test_short_loops_that_feed_queues_take_turns_on_one_thread() -> None:
    threads, turns = Threads(), LoopTurns()
    steps = [Steps(3), Steps(5)]
    for name, its in zip("ab", steps, strict=True):
        threads.loop(name, its, turns).start()
    assert [name for name, _ in threads.calls] == ["a"]
    assert threads.run() == "a"
    assert [its.count for its in steps] == [4, 6]  # the last one of each waits
    for its in steps:
        its.at_once += 3
        its.waiting(StepOutcome([]), None)
    assert [name for name, _ in threads.calls] == ["a"]
    threads.run()
    assert [its.count for its in steps] == [7, 9]


def test_other_loops_have_threads_of_their_own() -> None:
    threads, turns = Threads(), LoopTurns()
    for name in "ab":
        threads.loop(name, Steps(2, may_share_thread=False), turns).start()
    assert [name for name, _ in threads.calls] == ["a", "b"]


def test_a_loop_whose_steps_are_long_leaves_the_shared_thread(monkeypatch) -> None:
    clock = [1]
    monkeypatch.setattr(step_loops.time, "thread_time_ns", lambda: clock[0])
    threads, turns = Threads(), LoopTurns()
    long, short = Steps(100), Steps(3)

    def take_long() -> None:
        clock[0] += 100_000_000
        long.at_once = long.count  # the next one waits

    long.before = take_long
    long.at_once = 1
    threads.loop("long", long, turns).start()
    threads.loop("short", short, turns).start()
    threads.run()
    assert short.count == 4
    long.before = lambda: None
    long.at_once = 50
    long.waiting(StepOutcome([]), None)
    short.at_once = 8
    short.waiting(StepOutcome([]), None)
    assert [name for name, _ in threads.calls] == ["long", "short"]


def test_a_shared_thread_is_handed_on_after_a_while(monkeypatch) -> None:
    now = iter(range(0, 100_000_000, 10_000))
    monkeypatch.setattr(step_loops.time, "monotonic", lambda: float(next(now)))
    threads, turns = Threads(), LoopTurns()
    steps = {"a": Steps(1000), "b": Steps(1000)}
    for name, its in steps.items():
        threads.loop(name, its, turns).start()
    ran = [threads.run() for _ in range(4)]
    assert ran == ["a", "b", "a", "b"]
    assert all(its.count for its in steps.values())


def test_a_thread_that_breaks_leaves_the_others_running() -> None:
    threads, turns = Threads(), LoopTurns()
    broken, sound = Steps(3), Steps(5)

    def interrupt() -> None:
        raise KeyboardInterrupt

    broken.before = interrupt
    threads.loop("broken", broken, turns).start()
    threads.loop("sound", sound, turns).start()
    with pytest.raises(KeyboardInterrupt):
        threads.run()
    assert [(name, type(error)) for name, _, error in threads.ends] == [
        ("broken", tf.errors.CancelledError)
    ]
    assert threads.run() == "sound"
    assert sound.count == 6


def make_loop(steps: Steps) -> tuple[StepLoop, list[tuple[int, Any]]]:
    """Return a loop that runs on the thread that asks for it, and what it tells of its end."""
    ends: list[tuple[int, Any]] = []
    loop = StepLoop(
        steps, LoopTurns(), lambda function: function(), lambda n, error: ends.append((n, error))
    )
    return loop, ends


def test_a_loop_goes_on_when_a_step_that_waited_has_ended() -> None:
    steps = Steps(3)
    loop, ends = make_loop(steps)
    loop.start()
    assert steps.count == 4
    steps.at_once = 6
    steps.waiting(StepOutcome([]), None)
    assert steps.count == 7
    loop.stop()
    assert ends == []
    steps.waiting(StepOutcome([]), None)
    assert ends == [(7, None)]


def test_the_first_error_ends_a_loop() -> None:
    steps = Steps(0)
    loop, ends = make_loop(steps)
    loop.start()
    error = tf.errors.OutOfRangeError(None, None, "the end")
    steps.waiting(None, error)
    assert ends == [(0, error)]


def test_cancelling_a_loop_cancels_the_step_that_waits() -> None:
    steps = Steps(0)
    loop, ends = make_loop(steps)
    loop.start()
    loop.cancel("gone")
    ((count, error),) = ends
    assert count == 0
    assert isinstance(error, tf.errors.CancelledError)
    assert error.message == "gone"


def test_a_loop_that_was_cancelled_before_it_began_runs_nothing() -> None:
    steps = Steps(0)
    loop, ends = make_loop(steps)
    loop.cancel("gone")
    loop.start()
    assert (steps.count, ends) == (0, [(0, None)])


class Failing(Steps):
    def repeat_once(self, on_done: Any, may_repeat: Any) -> Any:
        if self.count == self.at_once:
            on_done(None, tf.errors.OutOfRangeError(None, None, "enough"))
            return None
        return super().repeat_once(on_done, may_repeat)


class Nobody:
    def wait_begins(self, cancel: Any) -> None:
        pytest.fail("nothing waits here")

    wait_ends = wait_begins


def test_a_loop_on_the_calling_thread_ends_when_it_is_to_and_raises_what_ended_it() -> None:
    steps = Failing(4)
    stop = iter([False] * 3 + [True])
    repeat_here(steps, LoopTurns(), lambda: next(stop), Nobody())
    assert steps.count == 3
    with pytest.raises(tf.errors.OutOfRangeError, match="enough"):
        repeat_here(steps, LoopTurns(), lambda: False, Nobody())
    assert steps.count == 4


def loop_step(enqueued: Any, queue: Any) -> Any:
    session = tf.Session()
    step = session._signature(FetchMapper(session.graph, queue.enqueue([enqueued])), []).step
    session.close()
    return step


def test_steps_that_may_hold_their_thread_share_none() -> None:
    queue = tf.FIFOQueue(5, [tf.string], name="words")
    dataset = tf.data.Dataset.from_tensors(b"x").repeat()
    _, content = tf.WholeFileReader().read(tf.FIFOQueue(5, [tf.string], [()]))
    waits = [
        tf.read_file(tf.FIFOQueue(5, [tf.string], [()]).dequeue()),
        content,
        tf.data.make_one_shot_iterator(dataset).get_next(),
        tf.py_func(lambda: b"x", [], tf.string),
    ]
    assert [loop_step(value, queue).may_share_thread for value in waits] == [False] * 4
    assert loop_step(tf.as_string(tf.random_uniform([])), queue).may_share_thread


def test_a_generator_that_waits_for_what_another_loop_enqueues_is_no_dead_lock() -> None:
    numbers = tf.FIFOQueue(2, [tf.int32], [()], name="numbers")
    counter = tf.Variable(0, dtype=tf.int32)
    number = numbers.dequeue()
    session = tf.Session()

    def generate() -> Any:
        while True:
            yield session.run(number)

    dataset = tf.data.Dataset.from_generator(generate, tf.int32, [])
    doubled = tf.FIFOQueue(2, [tf.int32], [()], name="doubled")
    element = tf.data.make_one_shot_iterator(dataset).get_next()
    runners = [
        tf.train.QueueRunner(doubled, [doubled.enqueue(element * 2)]),
        tf.train.QueueRunner(numbers, [numbers.enqueue(tf.count_up_to(counter, 10**6))]),
    ]
    taken = doubled.dequeue_many(6)
    coordinator = tf.train.Coordinator()
    with session:
        session.run(counter.initializer)
        threads = [
            thread
            for runner in runners
            for thread in runner.create_threads(session, coordinator, start=True)
        ]
        assert session.run(taken).tolist() == [0, 2, 4, 6, 8, 10]
        coordinator.request_stop()
        coordinator.join(threads)


class Following(Steps):
    """Steps that follow each other as long as they may."""

    def repeat_once(self, on_done: Any, may_repeat: Any) -> Any:
        self.count += 1
        while self.count < self.at_once and may_repeat():
            self.count += 1
        on_done(StepOutcome([]), None)


def test_short_steps_follow_each_other_and_each_asks_whether_to_stop(monkeypatch) -> None:
    clock = [0]
    monkeypatch.setattr(step_loops.time, "thread_time_ns", lambda: clock[0])
    steps, asked, ends = Following(10_000), [0], []

    def should_stop() -> bool:
        asked[0] += 1
        return asked[0] > 500

    loop = StepLoop(
        steps, LoopTurns(), lambda f: f(), lambda n, error: ends.append((n, error)), should_stop
    )
    loop.start()
    assert ends == [(500, None)]
    assert steps.count == 500
    assert asked[0] >= 501


def test_stopping_a_loop_ends_the_row_of_its_steps() -> None:
    steps, ends = Following(10_000), []
    loop = StepLoop(
        steps, LoopTurns(), lambda f: f(), lambda n, error: ends.append((n, error)), lambda: stop()
    )

    def stop() -> bool:
        if steps.count == 100:
            loop.stop()
        return False

    loop.start()
    assert ends == [(steps.count, None)]
    assert steps.count in (100, 101)
