"""Ragged tensors: rows of different lengths, as one tensor of values and the places to cut it.

Source of behaviour: TensorFlow 1.15, python/ops/ragged.
"""

from __future__ import annotations

from tensormill.ragged_tensors import conversions, dispatch, indexing, specs
