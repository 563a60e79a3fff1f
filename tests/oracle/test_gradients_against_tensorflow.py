"""The gradients of networks, and the names under which they are made, against real TensorFlow."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import tensormill.api as tf
from tensormill.testing.oracle import Oracle
from tests.ops import gradient_programs


@pytest.mark.oracle
def test_gradients_of_networks_are_those_of_tensorflow(oracle: Oracle) -> None:
    source = Path(gradient_programs.__file__).read_text()
    answers = oracle.run(source + "\nresult = differentiate_all(tf, np)")
    for build in gradient_programs.NETWORKS:
        ours = gradient_programs.differentiate(tf, np, build)
        theirs = answers[build.__name__]
        for value, expected in zip(ours["values"], theirs["values"], strict=True):
            np.testing.assert_allclose(value, expected, rtol=2e-5, err_msg=build.__name__)
        assert ours["are_rows"] == theirs["are_rows"], build.__name__
        assert ours["scopes"] == theirs["scopes"], build.__name__
