"""Whether printed lines say what they should.

Source: TensorFlow 1.15, python/debug/cli/cli_test_utils.py.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from unittest import TestCase

import numpy as np

__all__ = ["assert_array_lines_close", "assert_lines_equal_ignoring_whitespace"]

_BETWEEN_NUMBERS = re.compile(r"array|[()\[\]|,]")


def assert_lines_equal_ignoring_whitespace(
    test: TestCase, expected_lines: Sequence[str], actual_lines: Sequence[str]
) -> None:
    """Fail unless lines are equal one by one, whatever space is between their words."""
    without = [
        ["".join(line.split()) for line in lines] for lines in (expected_lines, actual_lines)
    ]
    test.assertEqual(*without)


def assert_array_lines_close(test: Any, expected_array: Any, array_lines: Sequence[str]) -> None:
    """Fail unless printed lines hold the numbers of an array, whatever its shape.

    Args:
      test: a test case of TensorFlow's kind, with `assertAllClose`.
      expected_array: the numbers.
      array_lines: an array as it is printed.
    """
    words = [word for line in array_lines for word in _BETWEEN_NUMBERS.sub(" ", line).split()]
    test.assertAllClose(np.ravel(expected_array), np.array(words, float))
