"""Printed lines are compared without their spaces, printed arrays by their numbers."""

import unittest

import numpy as np
import pytest

import tensormill as tf
from tensormill.unittesting.printed_lines import (
    assert_array_lines_close,
    assert_lines_equal_ignoring_whitespace,
)


def test_lines_may_differ_in_spaces_only() -> None:
    case = unittest.TestCase()
    assert_lines_equal_ignoring_whitespace(case, ["a b", " c"], ["ab", "c "])
    with pytest.raises(AssertionError):
        assert_lines_equal_ignoring_whitespace(case, ["a b"], ["a c"])
    with pytest.raises(AssertionError):
        assert_lines_equal_ignoring_whitespace(case, ["a", "b"], ["ab"])


def test_numbers_of_an_array_are_found_in_its_lines() -> None:
    case = tf.test.TestCase()
    array = np.arange(4.0).reshape(2, 2)
    assert_array_lines_close(case, array, repr(array).splitlines())
    with pytest.raises(AssertionError):
        assert_array_lines_close(case, array + 1, repr(array).splitlines())
