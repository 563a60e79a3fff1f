"""Waiting in tests for what other threads bring about."""

from tests.gates import wait_until as wait_for

__all__ = ["wait_for"]
