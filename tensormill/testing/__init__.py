"""Helpers for tests, shipped: what a test of a program on tensormill needs, and the oracle."""
