"""The profiler under its older names."""

from __future__ import annotations

import pytest

import tensormill as tf
from tensormill.contrib.tfprof import model_analyzer


def test_parameters_are_counted(capfd: pytest.CaptureFixture[str]) -> None:
    tf.Variable(tf.zeros([3, 4]), name="weights")
    tf.Variable(0, trainable=False, name="step")
    found = model_analyzer.print_model_analysis(
        tf.get_default_graph(),
        tfprof_options=model_analyzer.TRAINABLE_VARS_PARAMS_STAT_OPTIONS,
    )
    assert found.total_parameters == 12
    assert "weights (3x4, 12/12 params)" in capfd.readouterr().out


def test_float_operations_are_counted(capfd: pytest.CaptureFixture[str]) -> None:
    tf.matmul(tf.ones([2, 3]), tf.ones([3, 4]), name="product")
    found = tf.contrib.tfprof.model_analyzer.print_model_analysis(
        tf.get_default_graph(), tfprof_options=model_analyzer.FLOAT_OPS_OPTIONS
    )
    assert found.total_float_ops == 48
    assert "product (48/48 flops)" in capfd.readouterr().out
