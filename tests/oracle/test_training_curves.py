"""Networks train to the same loss curve as in real TensorFlow, from the same initial weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import tensormill.api as tf
from tensormill.testing.oracle import Oracle
from tests.train import network_programs

_DIGITS = Path(__file__).parents[1] / "data" / "digits.npz"


@pytest.mark.oracle
@pytest.mark.timeout(300)
def test_networks_train_to_the_same_loss_curve(oracle: Oracle) -> None:
    with np.load(_DIGITS) as digits:
        data = {"images": digits["images"], "labels": digits["labels"]}
    source = Path(network_programs.__file__).read_text()
    call = "\nresult = train_networks(tf, np, images, labels)"
    theirs = oracle.run(source + call, timeout_s=200, **data)
    ours = network_programs.train_networks(tf, np, **data)
    assert ours.keys() == theirs.keys()
    for name, losses in theirs.items():
        np.testing.assert_allclose(ours[name], losses, rtol=1e-4, err_msg=name)
        assert losses[-1] < 0.7 * losses[0], name
