"""A session's complaints have the class and the text of TensorFlow's."""

import numpy as np
import pytest

import tensormill as tf
from tests.session.error_cases import CASES, SETUP, ErrorCase


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.source)
def test_a_complaint_is_that_of_tensorflow(case: ErrorCase):
    scope = {"tf": tf, "np": np}
    with tf.Graph().as_default():
        exec(SETUP, scope)
        with pytest.raises(Exception) as caught:
            exec(case.source, scope)
    assert type(caught.value).__name__ == case.error_class
    assert case.message in str(getattr(caught.value, "message", caught.value))


def test_a_session_works_after_every_complaint():
    scope = {"tf": tf, "np": np}
    exec(SETUP, scope)
    kinds = (ValueError, TypeError, RuntimeError, tf.errors.OpError)
    for case in CASES:
        if "close()" in case.source or "with session" in case.source:
            continue
        with pytest.raises(kinds):
            exec(case.source, scope)
    assert scope["session"].run(scope["y"], {scope["x"]: [1.0, 2.0]}).tolist() == [4.0, 5.0]
