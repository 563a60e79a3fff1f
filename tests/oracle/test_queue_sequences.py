"""Random operations from several threads give on a queue what they give on TensorFlow's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

import tensormill.api as tf
from tensormill.runtime.resources.queue_elements import (
    Block,
    ElementStore,
    FifoStore,
    PriorityStore,
    RandomStore,
)
from tensormill.runtime.resources.queue_state import Close, Dequeue, Enqueue, QueueState
from tensormill.testing.oracle import Oracle
from tests.oracle import queue_sequences
from tests.oracle.both import as_sent

pytestmark = [pytest.mark.oracle, pytest.mark.timeout(280)]

SOURCE = Path(queue_sequences.__file__).read_text()
Operation = tuple[str, Any]

numbers = st.integers(0, 99)
operations = st.one_of(
    st.tuples(st.just("enqueue"), numbers),
    st.tuples(st.just("enqueue_many"), st.lists(numbers, min_size=1, max_size=5)),
    st.tuples(st.just("dequeue"), st.none()),
    st.tuples(st.just("dequeue_many"), st.integers(0, 4)),
    st.tuples(st.just("dequeue_up_to"), st.integers(1, 4)),
    st.tuples(st.sampled_from(["size", "size", "close", "close_at_once"]), st.none()),
)


class _Column:
    """Values of a block, of which the model looks at none but for priorities."""

    def __getitem__(self, index: Any) -> int:
        return 0


def expected_ends(kind: str, capacity: int, sequence: list[Operation]) -> list[list[int]]:
    """Return for each operation which ones end when it begins, by the pure state of a queue."""
    store: ElementStore = FifoStore()
    if kind == "RandomShuffleQueue":
        store = RandomStore(1, lambda count: [0] * count)
    elif kind == "PriorityQueue":
        store = PriorityStore()
    state = QueueState(kind, "model", capacity, store)
    ends = []
    for number, (name, argument) in enumerate(sequence):
        event: Any = None
        if name == "enqueue":
            event = Enqueue(number, (argument,))
        elif name == "enqueue_many":
            event = Enqueue(number, Block((_Column(),), 0, len(argument)))
        elif name == "dequeue":
            event = Dequeue(number, 1, is_single=True)
        elif name.startswith("dequeue_") and argument:
            event = Dequeue(number, argument, name == "dequeue_up_to")
        elif name.startswith("close"):
            event = Close(number, name == "close_at_once")
        ends.append([number] if event is None else [made.key for made in state.handle(event)])
    return ends


@pytest.mark.parametrize(
    "kind", ["FIFOQueue", "RandomShuffleQueue", "PaddingFIFOQueue", "PriorityQueue"]
)
@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],  # each run of a sequence takes its time
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(capacity=st.integers(2, 4), sequence=st.lists(operations, min_size=3, max_size=10))
@example(
    capacity=2,
    sequence=[
        ("dequeue_many", 3),
        ("dequeue", None),
        ("enqueue_many", [1, 2]),
        ("size", None),
        ("enqueue_many", [3, 4, 5, 6, 7]),
        ("close", None),
        ("enqueue", 8),
        ("dequeue_up_to", 4),
        ("dequeue", None),
    ],
)
def test_a_sequence_gives_what_it_gives_in_tensorflow(
    oracle: Oracle, kind: str, capacity: int, sequence: list[Operation]
) -> None:
    if kind == "PriorityQueue":  # what it gives up to is lost in TensorFlow at the end
        sequence = [item for item in sequence if item[0] != "dequeue_up_to"]
    # In the end nothing may be left waiting.
    sequence = [*sequence, ("close_at_once", None)]
    ends = expected_ends(kind, capacity, sequence)
    ours = queue_sequences.run_sequence(tf, kind, capacity, sequence, ends)
    theirs = oracle.run(
        f"{SOURCE}\nresult = run_sequence(tf, kind, capacity, operations, ends)",
        kind=kind,
        capacity=capacity,
        operations=[list(operation) for operation in sequence],
        ends=ends,
    )
    assert as_sent(ours) == as_sent(theirs)
