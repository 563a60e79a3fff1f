"""`slim.model_analyzer`: the sizes of variables and of the results of operations, printed.

Source: TensorFlow 1.15, contrib/slim/python/slim/model_analyzer.py.
"""

from __future__ import annotations

import math
import sys
from typing import Any

__all__ = ["analyze_ops", "analyze_vars", "tensor_description"]


def tensor_description(tensor: Any) -> str:
    """Return the dtype, the sizes and the device of a tensor, as "(float32_ref 3x10)"."""
    sizes = "x".join(str(size) for size in tensor.get_shape())
    parts = [
        tensor.dtype.name,
        *([sizes] if sizes else []),
        *([tensor.device] if tensor.device else []),
    ]
    return f"({' '.join(parts)})"


def analyze_ops(graph: Any, print_info: bool = False) -> int:
    """Return how many elements the results of the operations of a graph have."""
    if print_info:
        _tell("---------", "Operations: name -> (type shapes) [size]", "---------")
    total = 0
    for op in graph.get_operations():
        op_size = 0
        shapes = []
        for output in op.outputs:
            size = output.get_shape().num_elements() or 0
            if output.get_shape():
                if size == 0:
                    shapes.append(tensor_description(output))
                else:
                    shapes.append(f"{tensor_description(output)} [{size}]")
                op_size += size
        if print_info:
            _tell(op.name, "\t->", ", ".join(shapes), f"[{op_size}]")
        total += op_size
    return total


def analyze_vars(variables: Any, print_info: bool = False) -> tuple[int, int]:
    """Return how many elements variables have, and how many bytes."""
    if print_info:
        _tell("---------", "Variables: name (type shape) [size]", "---------")
    total_size = total_bytes = 0
    for variable in variables:
        size = variable.get_shape().num_elements() or 0
        size_bytes = math.ceil(size * variable.dtype.size)
        total_size += size
        total_bytes += size_bytes
        if print_info:
            _tell(variable.name, tensor_description(variable), f"[{size}, bytes: {size_bytes}]")
    if print_info:
        _tell("Total size of variables:", total_size)
        _tell("Total bytes of variables:", total_bytes)
    return total_size, total_bytes


def _tell(*words: Any) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
