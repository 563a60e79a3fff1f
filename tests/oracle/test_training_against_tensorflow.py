"""Optimizers over 50 steps, dense and sparse, against real TensorFlow."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import tensormill.api as tf
from tensormill.testing.oracle import Oracle
from tests.golden.record_training import ask
from tests.train import optimizer_programs
from tests.train.test_optimizers import check_training


@pytest.mark.oracle
@pytest.mark.timeout(300)
def test_all_optimizers_train_as_in_tensorflow(oracle: Oracle) -> None:
    answers = ask(oracle)
    for kind in optimizer_programs.kinds(tf):
        ours = optimizer_programs.train(tf, np, *kind)
        theirs = answers[optimizer_programs.label(*kind)]
        check_training(ours, theirs)
        for part in ("values", "state"):
            for name, value in theirs[part].items():
                np.testing.assert_allclose(ours[part][name], value, rtol=1e-4, atol=1e-5)


@pytest.mark.oracle
def test_trainings_are_the_graphs_that_tensorflow_builds(oracle: Oracle) -> None:
    source = Path(optimizer_programs.__file__).read_text()
    graphs = oracle.run(source + "\nresult = all_graphs(tf, np)")
    for kind in optimizer_programs.kinds(tf):
        optimizer, _, use_resource = kind
        # TensorFlow 1.15 had no `beta` in FTRL, and named reads of resource variables otherwise.
        if optimizer.startswith("ftrl") or (optimizer == "adam" and use_resource):
            continue
        name = optimizer_programs.label(*kind)
        assert optimizer_programs.graph_of(tf, np, *kind) == graphs[name], name
