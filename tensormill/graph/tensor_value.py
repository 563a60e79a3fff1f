"""`TensorValue`: a constant tensor as an attribute of a node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tensormill.graph.dtypes import DType, as_dtype

__all__ = ["TensorValue", "parse_tensor"]


@dataclass(slots=True, eq=False)
class TensorValue:
    """A constant tensor as an attribute: a NumPy array with TensorFlow's dtype beside it."""

    array: np.ndarray[Any, Any]
    dtype: DType


def parse_tensor(text: str) -> TensorValue:
    """Read the literal of a vector or scalar in a signature: `"uint8 [255, 0]"`, `"int32 1"`."""
    name, _, items = text.partition(" ")
    dtype = as_dtype(name)
    values = [float(item) for item in items.strip("[]").split(",")]
    array = np.array(values if items.startswith("[") else values[0])
    return TensorValue(array.astype(dtype.as_numpy_dtype), dtype)
