"""Eager execution is refused, and tests that need it are skipped."""

import unittest

import pytest

from tensormill.tensorflow_modules import eager_context


def test_a_program_is_told_that_nothing_is_eager() -> None:
    with pytest.raises(RuntimeError, match="needs eager execution"), eager_context.eager_mode():
        pass


@pytest.mark.parametrize("what", [eager_context.eager_mode, eager_context.GradientTape])
def test_a_unit_test_that_needs_it_is_skipped(what: type) -> None:
    class Eager(unittest.TestCase):
        def test_it(self) -> None:
            with what():
                self.fail("it is not there")

    result = unittest.TestResult()
    Eager("test_it").run(result)
    assert [reason for _, reason in result.skipped] != []
    assert not result.errors
    assert not result.failures
