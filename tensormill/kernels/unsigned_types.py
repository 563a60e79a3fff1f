"""Kernels for uint16, uint32 and uint64 by way of the signed dtypes of the same width.

Torch can hardly compute with the wide unsigned dtypes. What only moves values, or adds and
multiplies them, does the same to their bits in the signed dtype; and with the highest bit flipped
signed values have the order of the unsigned ones.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from tensormill.kernels.registry import Kernel, KernelContext, adapt_kernels

__all__ = ["SIGNED_OF"]

SIGNED_OF = {torch.uint16: torch.int16, torch.uint32: torch.int32, torch.uint64: torch.int64}
"""The signed dtype of the width of an unsigned one."""

_WIDE = {"uint16": torch.uint16, "uint32": torch.uint32, "uint64": torch.uint64}


def _adapted(
    kernel: Kernel, attrs: Mapping[str, Any], outputs: Sequence[int], keeps_order: bool
) -> Kernel:
    dtype = attrs.get("T")
    unsigned = None if dtype is None else _WIDE.get(dtype.name)
    if unsigned is None:
        return kernel
    wrap = functools.partial(
        _on_signed, unsigned=unsigned, outputs=outputs, keeps_order=keeps_order
    )
    function = kernel.function
    if not kernel.is_factory:
        return dataclasses.replace(kernel, function=wrap(function))

    @functools.wraps(function)
    def make(ctx: KernelContext) -> Any:
        return wrap(function(ctx))

    return dataclasses.replace(kernel, function=make)


def _on_signed(
    function: Callable[..., Any],
    unsigned: torch.dtype,
    outputs: Sequence[int],
    keeps_order: bool,
) -> Callable[..., Any]:
    signed = SIGNED_OF[unsigned]
    highest_bit = torch.iinfo(signed).min

    def as_signed(value: Any) -> Any:
        if isinstance(value, list):
            return [as_signed(item) for item in value]
        if not isinstance(value, torch.Tensor) or value.dtype is not unsigned:
            return value
        bits = value.view(signed)
        return bits ^ highest_bit if keeps_order else bits

    def as_unsigned(value: Any) -> Any:
        bits = value.to(signed)
        return (bits ^ highest_bit if keeps_order else bits).view(unsigned)

    @functools.wraps(function)
    def computed(*args: Any, **kwargs: Any) -> Any:
        made = function(*map(as_signed, args), **kwargs)
        if not outputs:
            return made
        if isinstance(made, torch.Tensor):
            return as_unsigned(made)
        return tuple(
            as_unsigned(value) if index in outputs else value for index, value in enumerate(made)
        )

    return computed


_EVERY = range(1 << 31)
"""Stands for all outputs."""
_BY_BITS: dict[str, Sequence[int]] = {
    "AddN": (0,),
    "BiasAdd": (0,),
    "BiasAddGrad": (0,),
    "BiasAddV1": (0,),
    "Cumprod": (0,),
    "Cumsum": (0,),
    "DynamicPartition": _EVERY,
    "DynamicStitch": (0,),
    "Einsum": (0,),
    "MirrorPadGrad": (0,),
    "ParallelDynamicStitch": (0,),
    "RandomShuffle": (0,),
    "ReverseV2": (0,),
    "SparseAdd": (1,),
    "SparseDenseCwiseAdd": (0,),
    "SparseFillEmptyRowsGrad": (0, 1),
    "SparseReduceSum": (0,),
    "SparseReduceSumSparse": (1,),
    "SparseTensorDenseAdd": (0,),
    "SparseTensorDenseMatMul": (0,),
    "SparseToDense": (0,),
    "StridedSlice": (0,),
    "Where": (),
}
"""Op type to the outputs of dtype `T`; alike for signed and unsigned numbers, bit by bit."""
_BY_ORDER: dict[str, Sequence[int]] = {
    "LowerBound": (),
    "NthElement": (0,),
    "SparseReduceMaxSparse": (1,),
    "SparseSparseMaximum": (1,),
    "SparseSparseMinimum": (1,),
    "TensorScatterMax": (0,),
    "TensorScatterMin": (0,),
    "TopKV2": (0,),
    "UpperBound": (),
}
"""The same for ops that compare."""
for _op_type, _outputs in _BY_BITS.items():
    adapt_kernels(_op_type, functools.partial(_adapted, outputs=_outputs, keeps_order=False))
for _op_type, _outputs in _BY_ORDER.items():
    adapt_kernels(_op_type, functools.partial(_adapted, outputs=_outputs, keeps_order=True))
