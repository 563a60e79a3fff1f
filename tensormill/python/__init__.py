"""Modules that programs import from below `tensorflow.python`."""
