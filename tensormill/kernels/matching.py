"""The kernel of greedy matching.

Source: TensorFlow 1.15, contrib/image/kernels/bipartite_match_op.cc.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensormill.graph import errors
from tensormill.graph.shapes import format_dims
from tensormill.kernels.registry import kernel


@kernel(
    "BipartiteMatch",
    "cpu",
    host_inputs=("distance_mat", "num_valid_rows"),
    host_outputs=("row_to_col_match_indices", "col_to_row_match_indices"),
)
def bipartite_match(distance_mat: Any, num_valid_rows: Any, *, top_k: int) -> tuple[Any, Any]:
    if distance_mat.ndim != 2:
        raise errors.invalid_argument(
            "distance_mat should be 2-dimensional, but got "
            f"{format_dims(distance_mat.shape, 'kernel')}"
        )
    if np.size(num_valid_rows) != 1:
        raise errors.invalid_argument(
            "num_valid_rows argument should be a tensor with 1 element, but got "
            f"{np.size(num_valid_rows)}"
        )
    rows, columns = distance_mat.shape
    given = float(np.ravel(num_valid_rows)[0])
    valid = int(given + 0.1) if given >= 0 else rows
    if rows < valid:
        raise errors.invalid_argument(
            f"There should be at least {valid} rows in distance_mat, but only got {rows} rows."
        )
    by_row, by_column = np.full(rows, -1, np.int32), np.full(columns, -1, np.int32)
    left = top_k if top_k > 0 else valid * columns
    for place in np.argsort(distance_mat[:valid], axis=None, kind="stable").tolist():
        row, column = divmod(place, columns)
        if by_row[row] == -1 and by_column[column] == -1:
            by_row[row], by_column[column] = column, row
            left -= 1
            if not left:
                break
    return by_row, by_column
