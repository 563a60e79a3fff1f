"""A two-layer LSTM learns a text to the same loss curve as in real TensorFlow."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import tensormill.api as tf
from tensormill.testing.oracle import Oracle
from tests.oracle import character_programs

_TEXT = Path(__file__).parents[2] / "LICENSE"


@pytest.mark.oracle
@pytest.mark.timeout(300)
def test_a_character_model_trains_to_the_same_loss_curve(oracle: Oracle) -> None:
    _, characters = np.unique(list(_TEXT.read_text()), return_inverse=True)
    source = Path(character_programs.__file__).read_text()
    theirs = oracle.run(
        "from tensorflow.python.ops import rnn_cell_impl\n"
        f"{source}\n"
        "result = train_models(tf, np, rnn_cell_impl, characters)",
        timeout_s=200,
        characters=characters,
    )
    ours = character_programs.train_models(tf, np, tf.nn.rnn_cell, characters)
    assert ours.keys() == theirs.keys()
    for name, losses in theirs.items():
        assert len(losses) == character_programs.STEPS
        np.testing.assert_allclose(ours[name], losses, rtol=1e-3, err_msg=name)
        assert losses[-1] < 0.75 * losses[0], name
