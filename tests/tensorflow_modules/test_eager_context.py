"""Eager execution is refused, and tests that need it are skipped."""

import unittest
from collections.abc import Callable

import pytest

import tensormill as tf
from tensormill.tensorflow_modules import eager_context


def test_a_program_is_told_that_nothing_is_eager() -> None:
    with pytest.raises(RuntimeError, match="needs eager execution"), eager_context.eager_mode():
        pass


@pytest.mark.parametrize("what", [eager_context.eager_mode, tf.enable_eager_execution])
def test_a_unit_test_that_needs_it_is_skipped(what: type) -> None:
    class Eager(unittest.TestCase):
        def test_it(self) -> None:
            with what():
                self.fail("it is not there")

    result = unittest.TestResult()
    Eager("test_it").run(result)
    assert len(result.skipped) == 1
    assert not result.errors
    assert not result.failures


@pytest.mark.parametrize("switch", [tf.enable_eager_execution, tf.enable_v2_behavior])
def test_switching_it_on_says_what_to_do(switch: Callable[[], None]) -> None:
    with pytest.raises(RuntimeError, match=r"run it with a session.*tensormill check script\.py"):
        switch()


def test_other_switches_of_tensorflow_2_are_refused_too() -> None:
    tf.enable_control_flow_v2()
    assert not tf.control_flow_v2_enabled()
    with pytest.raises(NotImplementedError, match=r"tf\.equal compares"):
        tf.enable_tensor_equality()
    with pytest.raises(NotImplementedError, match=r"`\.value` gives"):
        tf.enable_v2_tensorshape()
