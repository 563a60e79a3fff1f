"""Recurrent networks, maps, scans and folds against real TensorFlow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensormill.api as tf
from tensormill.testing.oracle import Oracle
from tests.oracle import recurrent_programs
from tests.oracle.recurrent_programs import OTHER_NODES, PROGRAMS

pytestmark = pytest.mark.oracle


@pytest.fixture(scope="module")
def answers(oracle: Oracle) -> Any:
    source = Path(recurrent_programs.__file__).read_text()
    return oracle.run(
        "from tensorflow.python.ops import rnn_cell_impl\n"
        "tf.disable_resource_variables()\n"
        f"{source}\n"
        "result = evaluate_all(tf, np, rnn_cell_impl)",
        timeout_s=120,
    )


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_a_program_does_what_it_does_in_tensorflow(answers: Any, name: str) -> None:
    ours = recurrent_programs.evaluate(PROGRAMS[name], tf, np, tf.nn.rnn_cell)
    theirs = answers[name]
    for value, expected in zip(ours["values"], theirs["values"], strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-5, atol=1e-6)
    for value, expected in zip(ours["gradients"], theirs["gradients"], strict=True):
        assert (value is None) == (expected is None)
        if value is not None:
            np.testing.assert_allclose(value, expected, rtol=1e-4, atol=1e-5)

    assert ours["variables"] == theirs["variables"]
    assert ours["shapes"] == theirs["shapes"]
    if name not in OTHER_NODES:
        assert sorted(ours["nodes"]) == sorted(map(tuple, theirs["nodes"]))
