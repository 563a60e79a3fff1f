"""The kernel of contractions."""

from __future__ import annotations

from typing import Any

import torch

from tensormill.graph import errors
from tensormill.kernels.elementwise_unary import COMPLEX, FLOATS
from tensormill.kernels.registry import KernelContext, kernel_factory


@kernel_factory("Einsum", "cpu")
@kernel_factory("Einsum", "gpu", types={"T": (*FLOATS, *COMPLEX)})
def make_einsum(ctx: KernelContext) -> Any:
    equation = ctx.attrs["equation"].decode()

    def einsum(inputs: list[torch.Tensor]) -> torch.Tensor:
        try:
            return torch.einsum(equation, inputs).contiguous()
        except RuntimeError as error:
            raise errors.invalid_argument(
                f"Einsum: the inputs do not fit the equation {equation!r}: {error}"
            ) from error

    return einsum
