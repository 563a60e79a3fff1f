"""Example inputs of every op, one module a family, from which the tests of the ops are derived.

A module exposes `CASES`: a list of `OpCase` and `OpProgram`. What real TensorFlow answers to them
stands in `tests/golden/ops/<module>.json`; `python -m tests.golden.record_ops <module>` asks it.
"""
