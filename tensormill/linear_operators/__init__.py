"""Linear operators: matrices that are known by how they act, not by their elements.

Source of behaviour: TensorFlow 1.15, python/ops/linalg/linear_operator*.py.
"""

from __future__ import annotations

from tensormill.linear_operators import algebra
