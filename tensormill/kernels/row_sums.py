"""Sums over the rows of many pairs of matrices, as gradients of loops add them up.

The pairs gather until there are many rows, and one large product then does what a small one would
do for each of them.
"""

from __future__ import annotations

import torch

from tensormill.kernels.matrix_multiplication import check_matrices

__all__ = ["RowSums", "gather_rows", "sum_rows", "sum_rows_and_columns"]

Tensor = torch.Tensor

_MOST_BYTES = 4 << 20
"""So much is kept waiting at most."""


class RowSums:
    """`product += left.T @ right` and `columns += right.sum(0)` for all pairs, done late.

    It owns the two totals, and relies on the matrices that it was given staying as they are.
    """

    __slots__ = ("_bytes", "_columns", "_left", "_product", "_right")

    def __init__(self, product: Tensor, columns: Tensor | None = None) -> None:
        self._product = product
        self._columns = columns
        self._left: list[Tensor] = []
        self._right: list[Tensor] = []
        self._bytes = 0

    def gather(self, left: Tensor, right: Tensor) -> None:
        """Take note of a pair of matrices.

        Raises:
          InvalidArgumentError: they do not have the same number of rows.
        """
        if left.dim() != 2 or right.dim() != 2 or left.shape[0] != right.shape[0]:
            check_matrices(left, right, True, False)
        self._left.append(left)
        self._right.append(right)
        self._bytes += left.nbytes + right.nbytes
        if self._bytes >= _MOST_BYTES:
            self.add_up()

    def add_up(self) -> tuple[Tensor, Tensor | None]:
        """Add what was gathered, and return the totals."""
        if self._left:
            left, right = torch.cat(self._left), torch.cat(self._right)
            self._left.clear()
            self._right.clear()
            self._bytes = 0
            self._product.addmm_(left.t(), right)
            if self._columns is not None:
                self._columns.add_(right.sum(0))
        return self._product, self._columns


def gather_rows(sums: RowSums, left: Tensor, right: Tensor) -> RowSums:
    """Let `sums` take note of a pair of matrices."""
    sums.gather(left, right)
    return sums


def sum_rows(sums: RowSums) -> Tensor:
    """Return the sum of the products."""
    return sums.add_up()[0]


def sum_rows_and_columns(sums: RowSums) -> tuple[Tensor, Tensor | None]:
    """Return the sum of the products, and that of the right matrices over their rows."""
    return sums.add_up()
