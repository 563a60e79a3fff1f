"""Benchmarks.

The same programs on tensormill and on real TensorFlow, in one run, round by round.
"""
