"""Fourier transforms of one, two and three dimensions."""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.constant_value import constant_value
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_builder import OpBuilder
from tensormill.graph.op_registry import define
from tensormill.graph.op_scope import OpScope
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, with_rank, with_rank_at_least
from tensormill.graph.tensor import Tensor
from tensormill.ops.arithmetic import maximum
from tensormill.ops.array_shapes import reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.casting import cast
from tensormill.ops.elementwise_unary import real
from tensormill.ops.filling import ones, zeros
from tensormill.ops.joining import concat, stack
from tensormill.ops.padding import pad
from tensormill.ops.reduction import reduce_prod
from tensormill.ops.transposition import roll

_COMPLEX = "Tcomplex: {complex64, complex128} = DT_COMPLEX64"


def _define_complex(op_type: str, rank: int) -> OpBuilder:
    """Define a transform of complex numbers over the last `rank` axes."""
    builder = define(
        op_type,
        inputs=("input: Tcomplex",),
        outputs=("output: Tcomplex",),
        attrs=(_COMPLEX,),
        module=__name__,
    )

    def complex_transform_shape(ctx: ShapeContext) -> list[Dims]:
        return [with_rank_at_least(ctx.shape(0), rank)]

    builder.shape(complex_transform_shape)
    return builder


def _define_real(op_type: str, rank: int, is_forward: bool) -> OpBuilder:
    """Define a transform of real numbers, or to them; those over three axes have no gradient."""
    given, made = ("Treal", "Tcomplex") if is_forward else ("Tcomplex", "Treal")
    builder = define(
        op_type,
        inputs=(f"input: {given}", "fft_length: int32"),
        outputs=(f"output: {made}",),
        attrs=("Treal: {float32, float64} = DT_FLOAT", _COMPLEX),
        differentiable=rank < 3,
        module=__name__,
    )

    def real_transform_shape(ctx: ShapeContext) -> list[Dims]:
        dims = with_rank_at_least(ctx.shape(0), rank)
        length = with_rank(ctx.shape(1), 1)
        if length[0] not in (None, rank):
            raise ValueError(f"Dimension must be {rank} but is {length[0]}")
        value = ctx.value(1)
        if dims is None:
            return [None]
        sizes: list[int | None] = [None] * rank if value is None else [int(n) for n in value]
        if is_forward and sizes[-1]:
            sizes[-1] = sizes[-1] // 2 + 1
        return [(*dims[:-rank], *sizes)]

    builder.shape(real_transform_shape)
    return builder


fft_op = _define_complex("FFT", 1)
fft2d_op = _define_complex("FFT2D", 2)
fft3d_op = _define_complex("FFT3D", 3)
ifft_op = _define_complex("IFFT", 1)
ifft2d_op = _define_complex("IFFT2D", 2)
ifft3d_op = _define_complex("IFFT3D", 3)
rfft_op = _define_real("RFFT", 1, True)
rfft2d_op = _define_real("RFFT2D", 2, True)
rfft3d_op = _define_real("RFFT3D", 3, True)
irfft_op = _define_real("IRFFT", 1, False)
irfft2d_op = _define_real("IRFFT2D", 2, False)
irfft3d_op = _define_real("IRFFT3D", 3, False)


def _size(tensor: Tensor, rank: int) -> Tensor:
    return reduce_prod(shape_of(tensor)[-rank:])


def _complex_gradient(rank: int, inverse: OpBuilder, is_forward: bool) -> Any:
    def gradient(op: Operation, grad: Tensor) -> Tensor:
        size = cast(_size(grad, rank), grad.dtype.real_dtype)
        factor = size if is_forward else 1.0 / size
        made: Tensor = inverse(grad) * cast(factor, grad.dtype)
        return made

    return gradient


for _rank, _forward, _backward in (
    (1, fft_op, ifft_op),
    (2, fft2d_op, ifft2d_op),
    (3, fft3d_op, ifft3d_op),
):
    _forward.gradient(_complex_gradient(_rank, _backward, True))
    _backward.gradient(_complex_gradient(_rank, _forward, False))


def _real_gradient(rank: int, inverse: OpBuilder) -> Any:
    """Return the gradient of a transform of real numbers: the half that is left out is zero."""

    def gradient(op: Operation, grad: Tensor) -> list[Tensor | None]:
        x, length = op.inputs
        missing = length[-1] - shape_of(grad)[-1]
        outer = zeros(stack([shape_of(shape_of(grad))[0] - 1, 2]), dtypes.int32)
        whole = pad(grad, concat([outer, [stack([0, missing])]], 0))
        size = cast(_size(whole, rank), grad.dtype.real_dtype)
        back = real(inverse(whole)) * size
        rest = concat([shape_of(x)[:-rank], length], 0)
        return [reshape(_fitted(back, shape_of(x) - rest), shape_of(x)), None]

    return gradient


def _fitted(tensor: Tensor, missing: Tensor) -> Tensor:
    """Return a tensor with as many zeros behind it along each axis as are missing."""
    return pad(tensor, stack([missing * 0, missing], axis=1))


def _to_real_gradient(rank: int, forward: OpBuilder) -> Any:
    def gradient(op: Operation, grad: Tensor) -> list[Tensor | None]:
        length = op.inputs[1]
        is_odd = length[-1] % 2
        last = shape_of(op.inputs[0])[-1]
        mask = concat([[1.0], 2.0 * ones(stack([last - 2 + is_odd])), ones(stack([1 - is_odd]))], 0)
        share = cast(mask, grad.dtype) / cast(_size(grad, rank), grad.dtype)
        dtype = op.inputs[0].dtype
        spectrum: Tensor = forward(grad, length, Tcomplex=dtype)
        return [spectrum * cast(share, dtype), None]

    return gradient


rfft_op.gradient(_real_gradient(1, ifft_op))
rfft2d_op.gradient(_real_gradient(2, ifft2d_op))
irfft_op.gradient(_to_real_gradient(1, rfft_op))
irfft2d_op.gradient(_to_real_gradient(2, rfft2d_op))


def fft(input: Any, name: str | None = None) -> Tensor:
    """Return the Fourier transform over the last axis.

    Args:
      input: complex numbers.
      name: the name of the node.
    """
    return fft_op(input, name=name)


def ifft(input: Any, name: str | None = None) -> Tensor:
    """Return the inverse Fourier transform over the last axis; see `fft`."""
    return ifft_op(input, name=name)


def fft2d(input: Any, name: str | None = None) -> Tensor:
    """Return the Fourier transform over the last two axes; see `fft`."""
    return fft2d_op(input, name=name)


def ifft2d(input: Any, name: str | None = None) -> Tensor:
    """Return the inverse Fourier transform over the last two axes; see `fft`."""
    return ifft2d_op(input, name=name)


def fft3d(input: Any, name: str | None = None) -> Tensor:
    """Return the Fourier transform over the last three axes; see `fft`."""
    return fft3d_op(input, name=name)


def ifft3d(input: Any, name: str | None = None) -> Tensor:
    """Return the inverse Fourier transform over the last three axes; see `fft`."""
    return ifft3d_op(input, name=name)


def _padded(tensor: Tensor, rank: int, length: Tensor, is_reverse: bool) -> Tensor:
    """Return a tensor with zeros behind it, as long as the transform needs."""
    dims, known = tensor.dims, constant_value(length)
    if dims is not None and 0 in dims:
        return tensor
    if dims is not None and known is not None and None not in dims[-rank:]:
        sizes = [int(n) for n in known]
        if is_reverse:
            sizes[-1] = sizes[-1] // 2 + 1
        behind = [max(n - (d or 0), 0) for n, d in zip(sizes, dims[-rank:], strict=True)]
        if not any(behind):
            return tensor
        return pad(tensor, [[0, 0]] * (len(dims) - rank) + [[0, n] for n in behind])
    wanted = length
    if is_reverse:
        wanted = concat([wanted[:-1], [wanted[-1] // 2 + 1]], 0)
    behind_each = maximum(0, wanted - shape_of(tensor)[-rank:])
    outer = zeros(stack([shape_of(shape_of(tensor))[0] - rank, 2]), dtypes.int32)
    inner = stack([zeros([rank], dtypes.int32), behind_each], axis=1)
    return pad(tensor, concat([outer, inner], 0))


def _real_transform(
    op: OpBuilder, rank: int, default_name: str, input: Any, fft_length: Any, name: str | None
) -> Tensor:
    is_reverse = default_name.startswith("i")
    with OpScope(name, default_name, [input, fft_length]) as scope:
        preferred = dtypes.complex64 if is_reverse else dtypes.float32
        tensor = convert_to_tensor(input, preferred_dtype=preferred)
        tensor.get_shape().with_rank_at_least(rank)
        if fft_length is None:
            length = _inferred_length(tensor, rank, is_reverse)
        else:
            length = convert_to_tensor(fft_length, dtypes.int32)
            (count,) = length.get_shape().with_rank(1).as_list()
            if count not in (None, rank):
                raise ValueError(f"Dimension must be {rank} but is {count}")
        tensor = _padded(tensor, rank, length, is_reverse)
        known = constant_value(length)
        if known is not None:
            length = known
        if is_reverse:
            return op(tensor, length, Treal=tensor.dtype.real_dtype, name=scope)
        wide = tensor.dtype == dtypes.float64
        return op(
            tensor, length, Tcomplex=dtypes.complex128 if wide else dtypes.complex64, name=scope
        )


def _inferred_length(tensor: Tensor, rank: int, is_reverse: bool) -> Tensor:
    dims = tensor.dims
    if dims is not None and None not in dims[-rank:]:
        sizes = [d or 0 for d in dims[-rank:]]
        if is_reverse:
            sizes[-1] = max(0, 2 * (sizes[-1] - 1))
        return constant(sizes, dtypes.int32)
    length = shape_of(tensor)[-rank:]
    if is_reverse:
        length = concat([length[:-1], [maximum(0, 2 * (length[-1] - 1))]], 0)
    return length


def rfft(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Tensor:
    """Return the Fourier transform of real numbers over the last axis, without its redundant half.

    Args:
      input_tensor: floats.
      fft_length: [1], how many entries are transformed; zeros are appended where there are fewer.
      name: the name of the nodes.
    """
    return _real_transform(rfft_op, 1, "rfft", input_tensor, fft_length, name)


def rfft2d(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Tensor:
    """Return the Fourier transform of real numbers over the last two axes; see `rfft`."""
    return _real_transform(rfft2d_op, 2, "rfft2d", input_tensor, fft_length, name)


def rfft3d(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Tensor:
    """Return the Fourier transform of real numbers over the last three axes; see `rfft`."""
    return _real_transform(rfft3d_op, 3, "rfft3d", input_tensor, fft_length, name)


def irfft(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Tensor:
    """Return the real numbers whose Fourier transform over the last axis is given.

    Args:
      input_tensor: complex numbers, without the redundant half.
      fft_length: [1], how many numbers there are; by default an even number.
      name: the name of the nodes.
    """
    return _real_transform(irfft_op, 1, "irfft", input_tensor, fft_length, name)


def irfft2d(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Tensor:
    """Return real numbers from their transform over the last two axes; see `irfft`."""
    return _real_transform(irfft2d_op, 2, "irfft2d", input_tensor, fft_length, name)


def irfft3d(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Tensor:
    """Return real numbers from their transform over the last three axes; see `irfft`."""
    return _real_transform(irfft3d_op, 3, "irfft3d", input_tensor, fft_length, name)


def _shifted(x: Any, axes: Any, is_inverse: bool, name: str | None) -> Tensor:
    with OpScope(name, "ifftshift" if is_inverse else "fftshift"):
        x = convert_to_tensor(x)
        sign = -1 if is_inverse else 1
        if axes is None:
            axes = tuple(range(x.get_shape().ndims))
        sizes = shape_of(x)
        if isinstance(axes, int):
            shift = sizes[axes] // 2
            return roll(x, sign * shift, axes)
        shift = stack([sizes[axis] // 2 for axis in axes])
        return roll(x, sign * shift, list(axes))


def fftshift(x: Any, axes: Any = None, name: str | None = None) -> Tensor:
    """Return a spectrum with the frequency zero in the middle.

    Args:
      x: a tensor.
      axes: the axes; by default all.
      name: the name of the nodes.
    """
    return _shifted(x, axes, False, name)


def ifftshift(x: Any, axes: Any = None, name: str | None = None) -> Tensor:
    """Return what `fftshift` was given; see there."""
    return _shifted(x, axes, True, name)
