"""Loops and branches against real TensorFlow: generated programs, and exported graphs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensormill.api as tf
from tensormill.testing.oracle import Oracle
from tests.oracle import control_flow_programs
from tests.oracle.control_flow_programs import FEEDS, run_program

pytestmark = pytest.mark.oracle

PROGRAMS = 200
BATCH = 20
Answers = dict[int, list[Any]]


@pytest.fixture(scope="module")
def answers(oracle: Oracle) -> Answers:
    """What TensorFlow gives, by the first seed of a batch; asked when it is needed."""

    class Asked(dict[int, list[Any]]):
        def __missing__(self, first: int) -> list[Any]:
            source = Path(control_flow_programs.__file__).read_text()
            seeds = list(range(first, first + BATCH))
            self[first] = oracle.run(
                f"{source}\nresult = evaluate_all(seeds, tf, np)", seeds=seeds, timeout_s=120
            )
            return self[first]

    return Asked()


def check_values(ours: Any, theirs: Any, seed: int) -> None:
    for mine, expected in zip(ours, theirs, strict=True):
        # Where TensorFlow gives no gradient, `expected` is shorter.
        assert len(mine) >= len(expected), f"seed {seed}"
        for value, other in zip(mine, expected, strict=False):
            np.testing.assert_allclose(value, other, rtol=1e-4, atol=1e-5, err_msg=f"seed {seed}")


@pytest.mark.parametrize("first", range(0, PROGRAMS, BATCH))
def test_generated_programs_give_tensorflows_values_and_gradients(
    answers: Answers, first: int
) -> None:
    for seed, theirs in enumerate(answers[first], start=first):
        ours = control_flow_programs.evaluate(seed, tf, np)
        check_values(ours["values"], theirs["values"], seed)
        assert sorted(ours["nodes"]) == sorted(map(tuple, theirs["nodes"])), f"seed {seed}"


@pytest.mark.parametrize("first", range(0, PROGRAMS, BATCH))
def test_graphs_exported_by_tensorflow_run_here(answers: Answers, first: int) -> None:
    for seed, theirs in enumerate(answers[first], start=first):
        definition = tf.GraphDef.FromString(theirs["graph_def"])
        with tf.Graph().as_default() as graph:
            tf.import_graph_def(definition, name="")
            with tf.Session(graph=graph) as session:
                feeds = [{"flag:0": flag, "n:0": n} for flag, n in FEEDS]
                fetched = theirs["fetched"]
                values = [run_program(session, fetched, feed, tf) for feed in feeds]
        check_values(values, theirs["values"], seed)


NESTED_LEVELS = 10
DEEP_LOOP = f"""
def deep(level, total):
    if level == {NESTED_LEVELS}:
        return total * 1.0001 + 1.0
    bound = 2 if level % 3 else 1 + tf.cast(total, tf.int32) % 2
    return tf.while_loop(
        lambda i, t: i < bound,
        lambda i, t: (i + 1, deep(level + 1, t)),
        [tf.constant(0), total],
    )[1]

start = tf.placeholder(tf.float32, [])
total = deep(0, start)
slope, = tf.gradients(total, start)
with tf.Session() as session:
    result = [session.run([total, slope], {{start: value}}) for value in (0.0, 1.0, 2.5)]
"""


def test_ten_nested_loops_give_tensorflows_values_and_gradients(oracle: Oracle) -> None:
    expected = oracle.run(DEEP_LOOP, timeout_s=250)
    names: dict[str, Any] = {"tf": tf}
    exec(DEEP_LOOP, names)
    np.testing.assert_allclose(names["result"], expected, rtol=1e-5)
