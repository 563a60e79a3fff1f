"""Host scalars overflow without a warning, and NumPy's settings are afterwards what they were."""

import warnings

import numpy as np
import pytest

import tensormill as tf
from tensormill.runtime.plan.numpy_errors import quiet_numpy, restore_numpy, silence_numpy


def test_overflow_of_host_scalars_is_silent_and_the_settings_come_back():
    x = tf.placeholder(tf.float32, [])
    y = x * x
    before = np.geterr()
    with tf.Session() as session:
        for _ in range(4):
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                assert session.run(y, {x: 1e30}) == np.inf
            assert np.geterr() == before
    with pytest.warns(RuntimeWarning, match="overflow"):
        np.float32(1e30) * np.float32(1e30)


def test_the_settings_nest():
    with np.errstate(all="raise"):
        outer = silence_numpy()
        with quiet_numpy():
            assert set(np.geterr().values()) == {"ignore"}
        assert set(np.geterr().values()) == {"ignore"}
        restore_numpy(outer)
        assert set(np.geterr().values()) == {"raise"}


def test_the_settings_come_back_after_an_error():
    with pytest.raises(KeyError), quiet_numpy():
        raise KeyError
    assert np.geterr()["over"] == "warn"
