"""The gradient of the second version of an LSTM over all steps, against central differences."""

from __future__ import annotations

import numpy as np
import pytest

import tensormill as tf

_STEP = 1e-3


@pytest.mark.parametrize("use_peephole", [True, False])
def test_gradient_is_that_of_central_differences(use_peephole: bool) -> None:
    rng = np.random.RandomState(5)
    shapes = [(3, 2, 3), (2, 2), (2, 2), (5, 8), (2,), (2,), (2,), (8,)]
    values = [(rng.rand(*shape) - 0.5).astype(np.float32) for shape in shapes]
    inputs = [tf.placeholder(tf.float32, shape) for shape in shapes]
    names = ("x", "cs_prev", "h_prev", "w", "wci", "wcf", "wco", "b")
    made = tf.raw_ops.BlockLSTMV2(
        seq_len_max=np.int64(3),
        use_peephole=use_peephole,
        **dict(zip(names, inputs, strict=True)),
    )
    weights = rng.rand(3, 2, 2).astype(np.float32)
    loss = tf.reduce_sum(made.h * weights) + tf.reduce_sum(made.cs * weights)
    gradients = tf.gradients(loss, inputs)
    with tf.Session() as session:
        found = session.run(gradients, dict(zip(inputs, values, strict=True)))
        for place, value in enumerate(values):
            if not use_peephole and names[place].startswith("wc"):
                assert not found[place].any()
                continue
            for entry in np.unique(np.linspace(0, value.size - 1, 4).astype(int)):
                ends = []
                for step in (_STEP, -_STEP):
                    moved = value.copy()
                    moved.ravel()[entry] += step
                    feeds = dict(zip(inputs, values, strict=True))
                    ends.append(float(session.run(loss, {**feeds, inputs[place]: moved})))
                slope = (ends[0] - ends[1]) / (2 * _STEP)
                np.testing.assert_allclose(
                    found[place].ravel()[entry], slope, rtol=2e-2, atol=3e-3, err_msg=names[place]
                )
