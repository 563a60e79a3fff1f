"""`tf.keras.backend`: the arguments of its functions."""

from __future__ import annotations

import numpy as np
import pytest

import tensormill as tf


def test_the_backend_names_its_arguments_as_keras_does() -> None:
    backend = tf.keras.backend
    x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    made = {
        "shape": backend.shape(x=x),
        "transpose": backend.transpose(x=x),
        "gather": backend.gather(reference=x, indices=[1]),
        "pow": backend.pow(x=x, a=2.0),
        "zeros_like": backend.zeros_like(x=x),
        "ones_like": backend.ones_like(x=x, dtype="int32"),
        "identity": backend.identity(x=x),
        "softsign": backend.softsign(x=x),
    }
    with tf.Session() as session:
        got = session.run(made)
    assert got["shape"].tolist() == [2, 2]
    assert got["transpose"].tolist() == [[1, 3], [2, 4]]
    assert got["gather"].tolist() == [[3, 4]]
    assert got["pow"].tolist() == [[1, 4], [9, 16]]
    assert got["zeros_like"].sum() == 0
    assert got["ones_like"].dtype == np.int32
    np.testing.assert_allclose(got["softsign"][0], [1 / 2, 2 / 3])
    ragged = backend.placeholder((None, None, 3), ragged=True)
    assert ragged.ragged_rank == 1
    assert ragged.shape.as_list() == [None, None, 3]
    with pytest.raises(ValueError, match="both sparse and ragged"):
        backend.placeholder((None, 2), sparse=True, ragged=True)
