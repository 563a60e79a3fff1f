"""What a queue decides, told of events one by one: no threads, no values."""

import numpy as np
import pytest

from tensormill.graph import errors
from tensormill.runtime.resources.queue_elements import (
    Block,
    FifoStore,
    PriorityStore,
    RandomStore,
)
from tensormill.runtime.resources.queue_state import (
    Close,
    Dequeue,
    Enqueue,
    PutBack,
    QueueState,
)
from tensormill.runtime.resources.waiting import Cancel, Fail, Finish


def fifo(capacity=3):
    return QueueState("FIFOQueue", "q", capacity, FifoStore())


def block(*values):
    return Block((list(values),), 0, len(values))


def taken(instruction):
    """Return the elements that a dequeue got."""
    assert isinstance(instruction, Finish)
    values = []
    for piece in instruction.result:
        if isinstance(piece, Block):
            values += piece.components[0][piece.start : piece.stop]
        else:
            values.append(piece[0])
    return values


def finished(instructions):
    return [i.key for i in instructions if isinstance(i, Finish)]


def failures(instructions):
    return {i.key: (type(i.error), i.error.message) for i in instructions if isinstance(i, Fail)}


def test_elements_leave_in_the_order_in_which_they_came():
    state = fifo()
    for value in (1, 2, 3):
        assert finished(state.handle(Enqueue(f"in {value}", (value,)))) == [f"in {value}"]
    gone = [taken(state.handle(Dequeue(f"out {n}", 1))[0]) for n in range(3)]
    assert gone == [[1], [2], [3]]


def test_an_enqueue_waits_for_room_and_a_dequeue_makes_it():
    state = fifo(capacity=1)
    state.handle(Enqueue("first", (1,)))
    assert state.handle(Enqueue("second", (2,))) == []
    assert state.waiting_enqueues == 1
    made = state.handle(Dequeue("out", 1))
    assert finished(made) == ["out", "second"]
    assert state.size == 1


def test_a_dequeue_waits_for_an_element():
    state = fifo()
    assert state.handle(Dequeue("out", 1)) == []
    made = state.handle(Enqueue("in", (7,)))
    assert finished(made) == ["in", "out"]
    assert taken(made[1]) == [7]


def test_a_large_dequeue_holds_up_the_small_one_behind_it():
    state = fifo()
    state.handle(Dequeue("large", 2))
    state.handle(Dequeue("small", 1))
    assert finished(state.handle(Enqueue("a", (1,)))) == ["a"]
    assert state.size == 0  # the large one has it already
    assert finished(state.handle(Enqueue("b", (2,)))) == ["b", "large"]
    assert finished(state.handle(Enqueue("c", (3,)))) == ["c", "small"]


def test_a_block_moves_in_as_there_is_room_and_passes_through_a_small_queue():
    state = fifo(capacity=2)
    assert state.handle(Enqueue("block", block(1, 2, 3, 4, 5))) == []
    assert state.size == 2
    made = state.handle(Dequeue("many", 4))
    assert finished(made) == ["many", "block"]
    assert taken(made[0]) == [1, 2, 3, 4]
    assert state.size == 1


def test_a_block_that_is_taken_whole_stays_one_piece():
    state = fifo(capacity=9)
    whole = block(1, 2, 3)
    state.handle(Enqueue("in", whole))
    (made,) = state.handle(Dequeue("out", 3))
    assert list(made.result) == [whole]


def test_closing_waits_for_the_enqueues_before_it_and_stops_those_after_it():
    state = fifo(capacity=1)
    state.handle(Enqueue("first", (1,)))
    state.handle(Enqueue("pending", (2,)))
    assert state.handle(Close("close")) == []
    state.handle(Enqueue("late", (3,)))
    assert not state.is_closed
    made = state.handle(Dequeue("out", 1))
    assert finished(made) == ["out", "pending", "close"]
    assert state.is_closed
    assert failures(made) == {"late": (errors.CancelledError, "FIFOQueue 'q' is closed.")}


def test_closing_at_once_lets_pending_enqueues_fail_and_keeps_the_elements():
    state = fifo(capacity=1)
    state.handle(Enqueue("first", (1,)))
    state.handle(Enqueue("pending", (2,)))
    state.handle(Close("waiting close"))
    made = state.handle(Close("close", cancels_enqueues=True))
    assert failures(made) == {
        "pending": (errors.CancelledError, "Enqueue operation was cancelled"),
        "waiting close": (errors.CancelledError, "Enqueue operation was cancelled"),
    }
    assert finished(made) == ["close"]
    assert finished(state.handle(Close("again", cancels_enqueues=True))) == ["again"]
    assert taken(state.handle(Dequeue("out", 1))[0]) == [1]


def test_closing_twice_fails():
    state = fifo()
    state.handle(Close("first"))
    made = state.handle(Close("second"))
    assert failures(made) == {"second": (errors.CancelledError, "Queue 'q' is already closed.")}


def test_the_end_of_a_closed_queue():
    state = fifo()
    for value in (1, 2, 3):
        state.handle(Enqueue(value, (value,)))
    state.handle(Close("close"))
    made = state.handle(Dequeue("too many", 4))
    assert failures(made)["too many"] == (
        errors.OutOfRangeError,
        "FIFOQueue 'q' is closed and has insufficient elements (requested 4, current size 3)\n"
        "  this is the end of the data: 3 elements came in before it was closed",
    )
    assert state.size == 3
    assert taken(state.handle(Dequeue("up to", 9, allows_fewer=True))[0]) == [1, 2, 3]
    made = state.handle(Dequeue("nothing", 9, allows_fewer=True))
    assert "requested 9, current size 0" in failures(made)["nothing"][1]


def test_a_closing_queue_gives_back_what_a_waiting_dequeue_had_taken_in_its_order():
    state = fifo()
    state.handle(Dequeue("many", 4))
    state.handle(Enqueue("in", block(1, 2)))
    state.handle(Enqueue("in again", (3,)))
    assert state.size == 0
    made = state.handle(Close("close"))
    assert "requested 1, current size 0" in failures(made)["many"][1]
    assert taken(state.handle(Dequeue("rest", 3))[0]) == [1, 2, 3]


def test_a_dequeue_of_what_is_left_ends_with_the_close():
    state = fifo()
    state.handle(Dequeue("up to", 4, allows_fewer=True))
    state.handle(Enqueue("in", (1,)))
    made = state.handle(Close("close"))
    assert finished(made) == ["close", "up to"]
    assert taken(made[1]) == [1]


def test_a_cancelled_attempt_lets_the_next_one_go_on():
    state = fifo()
    state.handle(Dequeue("large", 2))
    state.handle(Dequeue("small", 1))
    made = state.handle(Cancel("large"))
    assert failures(made) == {"large": (errors.CancelledError, "Dequeue operation was cancelled")}
    assert finished(state.handle(Enqueue("in", (1,)))) == ["in", "small"]
    assert state.handle(Cancel("small")) == []


def test_what_a_cancelled_enqueue_of_many_had_moved_stays():
    state = fifo(capacity=1)
    state.handle(Enqueue("many", block(1, 2)))
    made = state.handle(Cancel("many"))
    assert failures(made) == {"many": (errors.CancelledError, "Enqueue operation was cancelled")}
    assert taken(state.handle(Dequeue("out", 1))[0]) == [1]
    assert state.handle(Dequeue("next", 1)) == []


def test_a_full_queue_of_no_capacity_takes_nothing():
    state = fifo(capacity=0)
    assert state.handle(Enqueue("in", (1,))) == []
    assert state.handle(Dequeue("out", 1)) == []
    assert state.offer((1,)) is None


def test_what_is_done_at_once_wakes_who_waits():
    state = fifo()
    state.handle(Dequeue("waiting", 1))
    made = state.offer((5,))
    assert finished(made) == ["waiting"]
    assert state.offer((6,)) == ()
    assert state.poll() == (6,)
    assert state.poll() is None


def test_nothing_is_done_at_once_behind_somebody_who_waits():
    state = fifo(capacity=1)
    state.handle(Enqueue("first", (1,)))
    state.handle(Enqueue("second", (2,)))
    assert state.offer((3,)) is None
    assert state.poll() is None  # the one who waits for room goes on as well
    state.handle(Cancel("second"))
    assert state.poll() == (1,)


def test_a_random_queue_keeps_some_elements_until_it_is_closed():
    state = QueueState("RandomShuffleQueue", "q", 9, RandomStore(2, lambda count: [0] * count))
    for value in range(4):
        state.handle(Enqueue(value, (value,)))
    assert len(taken(state.handle(Dequeue("two", 2))[0])) == 2
    assert state.handle(Dequeue("waits", 1)) == []
    made = state.handle(Close("close"))
    assert finished(made) == ["close", "waits"]
    assert state.size == 1


def test_the_last_element_takes_the_place_of_the_one_that_leaves_a_random_queue():
    draws = iter([1, 1, 0, 0])
    store = RandomStore(0, lambda count: [next(draws) for _ in range(count)])
    store.put_block(Block((_Rows("abcd"),), 0, 4))
    assert [store.take()[0] for _ in range(4)] == ["b", "d", "a", "c"]


class _Rows(str):
    """Values that are indexed as arrays are."""

    __slots__ = ()

    def __getitem__(self, index):
        return str.__getitem__(self, index[0])


def test_a_priority_queue_gives_the_smallest_first_and_equal_ones_in_their_order():
    state = QueueState("PriorityQueue", "q", 9, PriorityStore())
    for row in ((3, "c"), (1, "a"), (2, "b"), (1, "aa")):
        state.handle(Enqueue(row, row))
    (made,) = state.handle(Dequeue("out", 4))
    assert list(made.result) == [(1, "a"), (1, "aa"), (2, "b"), (3, "c")]


def test_ten_thousand_waiting_dequeues_are_cancelled_one_by_one():
    state, waiting = fifo(), 10_000
    for number in range(waiting):
        state.handle(Dequeue(number, 1))
    for number in range(waiting):
        assert list(failures(state.handle(Cancel(number)))) == [number]
    assert state.waiting_dequeues == 0


def test_what_is_put_back_is_the_next_to_leave_also_from_a_closed_and_full_queue():
    state = fifo(capacity=2)
    state.handle(Enqueue("in", block(1, 2)))
    first = state.handle(Dequeue("out", 1))[0].result[0]
    state.handle(Enqueue("more", (3,)))
    state.handle(Close("close"))
    state.handle(PutBack(first))
    assert state.size == 3
    assert taken(state.handle(Dequeue("all", 3))[0]) == [1, 2, 3]


def test_who_waits_gets_what_is_put_back():
    state = fifo()
    state.handle(Dequeue("waits", 2))
    assert taken(state.handle(PutBack(block(1, 2)))[0]) == [1, 2]


def test_a_dequeue_that_nobody_waits_for_any_more_puts_back_what_it_had():
    state = fifo()
    state.handle(Enqueue("in", block(1, 2)))
    state.handle(Dequeue("three", 3))
    assert state.size == 0
    assert failures(state.handle(Cancel("three", puts_back=True))).keys() == {"three"}
    assert taken(state.handle(Dequeue("two", 2))[0]) == [1, 2]


@pytest.mark.parametrize("store", [RandomStore(0, lambda n: [0] * n), PriorityStore()])
def test_a_batch_is_put_back_element_by_element_where_there_is_no_order(store):
    state = QueueState("AnyQueue", "q", 3, store)
    state.handle(PutBack(Block((np.array([2, 1]),), 0, 2)))
    assert sorted(taken(state.handle(Dequeue(n, 1))[0])[0] for n in "ab") == [1, 2]


def test_a_batch_of_a_priority_queue_is_in_order_and_leaves_when_all_of_it_is_there():
    state = QueueState("PriorityQueue", "q", 5, PriorityStore())
    state.handle(Dequeue("three", 3))
    for priority in (5, 9):
        assert finished(state.handle(Enqueue(priority, (priority,)))) == [priority]
    assert state.size == 2
    made = state.handle(Enqueue(1, (1,)))
    assert taken(made[-1]) == [1, 5, 9]
