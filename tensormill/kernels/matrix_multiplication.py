"""Kernels of products of matrices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from tensormill.graph import errors
from tensormill.graph.shapes import format_dims
from tensormill.kernels.elementwise_unary import COMPLEX, FLOATS
from tensormill.kernels.matrix_products import Product, is_large, large_product
from tensormill.kernels.registry import KernelContext, kernel_factory

Tensor = torch.Tensor

_TORCH_TYPES = (*FLOATS, *COMPLEX, "int32", "int64", "int16", "uint8")


@kernel_factory("MatMul", "cpu", types={"T": _TORCH_TYPES})
@kernel_factory("MatMul", "gpu", types={"T": (*FLOATS, *COMPLEX)})
def make_mat_mul(ctx: KernelContext) -> Any:
    flip_a, flip_b = ctx.attrs["transpose_a"], ctx.attrs["transpose_b"]
    product = _product(ctx, flip_a, flip_b)

    return multiply(flip_a, flip_b, product)


def multiply(flip_a: bool, flip_b: bool, product: Product = torch.mm) -> Product:
    """Return the kernel that multiplies two matrices by `product`, transposed or not.

    Its attribute `with_row`, where it has one, adds a row, its first argument, to each row.
    """

    def mat_mul(a: Tensor, b: Tensor) -> Tensor:
        try:
            return product(a, b)
        except RuntimeError:
            check_matrices(a, b, False, False)
            raise

    def mat_mul_transposed(a: Tensor, b: Tensor) -> Tensor:
        try:
            return product(a.t() if flip_a else a, b.t() if flip_b else b)
        except RuntimeError:
            check_matrices(a, b, flip_a, flip_b)
            raise

    chosen = mat_mul_transposed if flip_a or flip_b else mat_mul
    if product is torch.mm:
        chosen.with_row = multiply_and_add_row(flip_a, flip_b)  # type: ignore[attr-defined]
    return chosen


def multiplies_plainly(kernel: Callable[..., Any]) -> bool:
    """Return whether a kernel is one of `multiply` that uses torch's product."""
    return hasattr(kernel, "with_row")


def multiply_into(flip_a: bool, flip_b: bool) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """Return a kernel that writes the product of two matrices into memory of its shape."""

    def mat_mul_into(memory: Tensor, a: Tensor, b: Tensor) -> Tensor:
        return torch.mm(a.t() if flip_a else a, b.t() if flip_b else b, out=memory)

    return mat_mul_into


def multiply_and_add_row(flip_a: bool, flip_b: bool) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """Return a kernel that multiplies two matrices and adds a row to each row of the product."""

    def mat_mul_with_row(row: Tensor, a: Tensor, b: Tensor) -> Tensor:
        try:
            return torch.addmm(row, a.t() if flip_a else a, b.t() if flip_b else b)
        except RuntimeError:
            check_matrices(a, b, flip_a, flip_b)
            raise

    return mat_mul_with_row


def add_product(flip_a: bool, flip_b: bool) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """Return a kernel that adds a product of matrices to `total`, in place."""

    def mat_mul_added(total: Tensor, a: Tensor, b: Tensor) -> Tensor:
        try:
            return total.addmm_(a.t() if flip_a else a, b.t() if flip_b else b)
        except RuntimeError:
            check_matrices(a, b, flip_a, flip_b)
            raise

    mat_mul_added.is_over_rows = flip_a and not flip_b  # type: ignore[attr-defined]
    return mat_mul_added


def adds_product_over_rows(kernel: Callable[..., Any]) -> bool:
    """Return whether a kernel adds `a.T @ b` to a total: a sum over the rows of both."""
    return getattr(kernel, "is_over_rows", False)


def add_column_sums(rows: int, like: torch.dtype) -> Callable[[Tensor, Tensor], Tensor]:
    """Return a kernel that adds the sums of the columns of a matrix to `total`, in place."""
    ones = torch.ones(rows, dtype=like)

    def column_sums_added(total: Tensor, matrix: Tensor) -> Tensor:
        return total.addmv_(matrix.t(), ones)

    column_sums_added.is_over_columns = True  # type: ignore[attr-defined]
    return column_sums_added


def adds_column_sums(kernel: Callable[..., Any]) -> bool:
    """Return whether a kernel is one of `add_column_sums`."""
    return getattr(kernel, "is_over_columns", False)


def _product(ctx: KernelContext, flip_a: bool, flip_b: bool) -> Product:
    dtype = ctx.input_dtypes[0].base_dtype.name
    if dtype != "float32" or ctx.torch_device.type != "cpu":
        return torch.mm
    a, b = (
        dims[::-1] if flip and dims is not None else dims
        for dims, flip in zip(ctx.input_dims, (flip_a, flip_b), strict=True)
    )
    return large_product() if is_large(a, b) else torch.mm


def check_matrices(a: Tensor, b: Tensor, flip_a: bool, flip_b: bool) -> None:
    """Complain where two tensors are not matrices that can be multiplied."""
    for index, matrix in enumerate((a, b)):
        if matrix.dim() != 2:
            raise errors.invalid_argument(
                f"In[{index}] and In[{1 - index}] has different ndims: {_shape(a)} vs. {_shape(b)}"
                if a.dim() != b.dim()
                else f"In[{index}] is not a matrix. Instead it has shape {_shape(matrix)}"
            )
    if a.shape[0 if flip_a else 1] != b.shape[1 if flip_b else 0]:
        raise errors.invalid_argument(
            f"Matrix size-incompatible: In[0]: {_shape(a)}, In[1]: {_shape(b)}"
        )


def _shape(x: Tensor) -> str:
    return format_dims(tuple(x.shape), "kernel")


@kernel_factory("BatchMatMul", "cpu", types={"T": _TORCH_TYPES})
@kernel_factory("BatchMatMulV2", "cpu", types={"T": _TORCH_TYPES})
@kernel_factory("BatchMatMul", "gpu", types={"T": (*FLOATS, *COMPLEX)})
@kernel_factory("BatchMatMulV2", "gpu", types={"T": (*FLOATS, *COMPLEX)})
def make_batch_mat_mul(ctx: KernelContext) -> Any:
    adjoin_x, adjoin_y = ctx.attrs["adj_x"], ctx.attrs["adj_y"]
    broadcasts = ctx.op_type == "BatchMatMulV2"

    def batch_mat_mul(x: Tensor, y: Tensor) -> Tensor:
        if x.dim() < 2 or y.dim() < 2 or not (broadcasts or x.shape[:-2] == y.shape[:-2]):
            check_batches(x, y, adjoin_x, adjoin_y, broadcasts)
        try:
            return torch.matmul(x.mH if adjoin_x else x, y.mH if adjoin_y else y)
        except RuntimeError:
            check_batches(x, y, adjoin_x, adjoin_y, broadcasts)
            raise

    return batch_mat_mul


def check_batches(x: Tensor, y: Tensor, adjoin_x: bool, adjoin_y: bool, broadcasts: bool) -> None:
    """Complain where two tensors are not batches of matrices that can be multiplied."""
    if not broadcasts and x.dim() != y.dim():
        raise errors.invalid_argument(
            f"In[0] and In[1] has different ndims: {_shape(x)} vs. {_shape(y)}"
        )
    for index, batch in enumerate((x, y)):
        if batch.dim() < 2:
            raise errors.invalid_argument(
                f"In[{index}] ndims must be >= 2: {batch.dim()}, shape {_shape(batch)}"
            )
    if not broadcasts:
        for axis, (a, b) in enumerate(zip(x.shape[:-2], y.shape[:-2], strict=True)):
            if a != b:
                raise errors.invalid_argument(
                    f"In[0].dim({axis}) and In[1].dim({axis}) must be the same: {_shape(x)} vs "
                    f"{_shape(y)}"
                )
    if x.shape[-2 if adjoin_x else -1] != y.shape[-1 if adjoin_y else -2]:
        raise errors.invalid_argument(
            f"Matrix size-incompatible: In[0]: {_shape(x)}, In[1]: {_shape(y)}"
        )
    raise errors.invalid_argument(
        f"In[0] and In[1] must have compatible batch dimensions: {_shape(x)} vs. {_shape(y)}"
    )


@kernel_factory("SparseMatMul", "cpu")
def make_sparse_mat_mul(ctx: KernelContext) -> Any:
    flip_a, flip_b = ctx.attrs["transpose_a"], ctx.attrs["transpose_b"]

    def sparse_mat_mul(a: Tensor, b: Tensor) -> Tensor:
        a, b = a.float(), b.float()
        try:
            return torch.mm(a.t() if flip_a else a, b.t() if flip_b else b)
        except RuntimeError:
            check_matrices(a, b, flip_a, flip_b)
            raise

    return sparse_mat_mul
