"""`tensorflow.python.platform.googletest`."""

from __future__ import annotations

from unittest import SkipTest, TestLoader, mock

from tensormill.unittesting.test_case import TestCase

__all__ = ["SkipTest", "StatefulSessionAvailable", "TestCase", "TestLoader", "mock"]


def StatefulSessionAvailable() -> bool:
    """Return False, as TensorFlow does."""
    return False
