"""Kernels that take elements by index, coordinates or condition."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.shapes import format_dims
from tensormill.kernels.registry import KernelContext, kernel, kernel_factory
from tensormill.kernels.value_types import HANDLE_TYPES, NUMBER_TYPES, STRING_TYPES, as_handles
from tensormill.kernels.word_choice import WORD_TYPES, chosen_words, is_irregular

_AXIS = ("axis",)
_OTHER_NUMBER_TYPES = tuple(d for d in NUMBER_TYPES if d.name not in WORD_TYPES)
_GPU_TYPES = tuple(d for d in NUMBER_TYPES if d.name not in ("uint16", "uint32", "uint64"))


def _bad_index(indices: Any, limit: int) -> errors.InvalidArgumentError:
    """Return the error that names the first index outside of [0, limit)."""
    array = np.asarray(indices.cpu() if isinstance(indices, torch.Tensor) else indices)
    place = np.argwhere((array < 0) | (array >= limit))[0].tolist()
    where_text = f"[{','.join(map(str, place))}]" if place else ""
    return errors.invalid_argument(
        f"indices{where_text} = {array[tuple(place)]} is not in [0, {limit})"
    )


def _take_rows(params: torch.Tensor, indices: torch.Tensor, axis: int) -> torch.Tensor:
    """Gather along one dimension, indices of any shape."""
    if indices.ndim == 1:
        return params.index_select(axis, indices)
    if indices.ndim == 0:
        return params.index_select(axis, indices).squeeze(axis)
    taken = params.index_select(axis, indices.reshape(-1))
    return taken.reshape(*params.shape[:axis], *indices.shape, *params.shape[axis + 1 :])


def _take_batched(
    params: torch.Tensor, indices: torch.Tensor, axis: int, batch_dims: int
) -> torch.Tensor:
    """Gather along `axis` within each of the leading `batch_dims` dimensions."""
    batch = params.shape[:batch_dims]
    if tuple(batch) != tuple(indices.shape[:batch_dims]):
        raise errors.invalid_argument(
            f"params.shape[0]: {params.shape[0]} should be equal to indices.shape[0]: "
            f"{indices.shape[0]}"
        )
    count = math.prod(batch)
    outer, inner = params.shape[batch_dims:axis], params.shape[axis + 1 :]
    rows = params.reshape(count, math.prod(outer), params.shape[axis], math.prod(inner))
    places = indices.reshape(count, -1).long()
    moved = rows.movedim(2, 1)
    taken = moved[torch.arange(count, device=params.device).unsqueeze(1), places]
    return taken.movedim(1, 2).reshape(*batch, *outer, *indices.shape[batch_dims:], *inner)


def _gather_axis(params: Any, axis: Any) -> int:
    at, rank = int(axis), params.ndim
    if not -rank <= at < rank:
        raise errors.invalid_argument(f"Expected axis in the range [{-rank}, {rank}), but got {at}")
    return at % rank


def _is_within(indices: torch.Tensor, limit: int) -> bool:
    return not bool(((indices < 0) | (indices >= limit)).any())


@kernel_factory("GatherV2", "cpu", types={"Tparams": NUMBER_TYPES}, host_inputs=_AXIS)
def make_gather_v2(ctx: KernelContext) -> Any:
    batch_dims = ctx.attrs["batch_dims"]

    def gather_v2(params: torch.Tensor, indices: torch.Tensor, axis: Any) -> torch.Tensor:
        at = _gather_axis(params, axis)
        limit = params.shape[at]
        batched = batch_dims + indices.ndim if batch_dims < 0 else batch_dims
        if batched:
            if not _is_within(indices, limit):
                raise _bad_index(indices, limit)
            return _take_batched(params, indices, at, batched)
        try:
            return _take_rows(params, indices, at)
        except (IndexError, RuntimeError):
            if _is_within(indices, limit):
                raise
            raise _bad_index(indices, limit) from None

    return gather_v2


@kernel_factory("GatherV2", "gpu", types={"Tparams": _GPU_TYPES}, host_inputs=_AXIS)
def make_gather_v2_on_gpu(ctx: KernelContext) -> Any:
    batch_dims = ctx.attrs["batch_dims"]

    def gather_v2(params: torch.Tensor, indices: torch.Tensor, axis: Any) -> torch.Tensor:
        at = _gather_axis(params, axis)
        batched = batch_dims + indices.ndim if batch_dims < 0 else batch_dims
        return _take_or_zeros(params, indices, at, batched)

    return gather_v2


def _take_or_zeros(
    params: torch.Tensor, indices: torch.Tensor, axis: int, batch_dims: int
) -> torch.Tensor:
    """Gather; zeros for indices that are out of range, as TensorFlow's GPU kernels do it."""
    limit = params.shape[axis]
    if limit == 0:
        sizes = (*params.shape[:axis], *indices.shape[batch_dims:], *params.shape[axis + 1 :])
        return params.new_zeros(sizes)
    safe = indices.clamp(0, limit - 1)
    taken = (
        _take_batched(params, safe, axis, batch_dims)
        if batch_dims
        else _take_rows(params, safe, axis)
    )
    outside = indices != safe
    form = (
        *outside.shape[:batch_dims],
        *([1] * (axis - batch_dims)),
        *outside.shape[batch_dims:],
        *([1] * (params.ndim - axis - 1)),
    )
    return taken.masked_fill_(outside.reshape(form), 0)


@kernel("GatherV2", "cpu", types={"Tparams": STRING_TYPES}, host_inputs=("indices", "axis"))
def gather_strings(params: Any, indices: Any, axis: Any, *, batch_dims: int) -> Any:
    at = _gather_axis(params, axis)
    indices = np.asarray(indices)
    limit = params.shape[at]
    if ((indices < 0) | (indices >= limit)).any():
        raise _bad_index(indices, limit)
    if not batch_dims:
        return np.asarray(np.take(params, indices, at), object)
    places = np.arange(params.size).reshape(params.shape)
    taken = _take_batched(
        torch.from_numpy(places), torch.from_numpy(indices), at, batch_dims % indices.ndim
    )
    return params.ravel()[taken.numpy()]


@kernel("GatherV2", "cpu", types={"Tparams": HANDLE_TYPES}, host_inputs=("indices", "axis"))
def gather_handles(params: Any, indices: Any, axis: Any, *, batch_dims: int) -> Any:
    """Return one handle of a vector, or a vector of some of them."""
    return as_handles(gather_strings(params, indices, axis, batch_dims=batch_dims))


@kernel("Gather", "cpu", types={"Tparams": NUMBER_TYPES})
def gather(params: torch.Tensor, indices: torch.Tensor, *, validate_indices: bool) -> torch.Tensor:
    try:
        return _take_rows(params, indices, 0)
    except (IndexError, RuntimeError):
        raise _bad_index(indices, params.shape[0]) from None


@kernel("Gather", "gpu", types={"Tparams": _GPU_TYPES})
def gather_on_gpu(
    params: torch.Tensor, indices: torch.Tensor, *, validate_indices: bool
) -> torch.Tensor:
    return _take_or_zeros(params, indices, 0, 0)


@kernel("Gather", "cpu", types={"Tparams": STRING_TYPES}, host_inputs=("indices",))
def gather_string_rows(params: Any, indices: Any, *, validate_indices: bool) -> Any:
    return gather_strings(params, indices, np.int32(0), batch_dims=0)


def flat_places(indices: torch.Tensor, sizes: tuple[int, ...], fails: Any) -> torch.Tensor:
    """Return coordinates [..., depth] into `sizes` as places in the flattened dimensions.

    Args:
      indices: the coordinates.
      sizes: the sizes of the dimensions that they index.
      fails: called with the position and the coordinates of the first that is out of range; returns
        the error.
    """
    wide = indices.long()
    depth = wide.shape[-1]
    if depth == 0:
        return wide.new_zeros(wide.shape[:-1])
    limits = torch.tensor(sizes[:depth], dtype=torch.int64, device=wide.device)
    outside = ((wide < 0) | (wide >= limits)).any(-1)
    if bool(outside.any()):
        rows = outside.reshape(-1).nonzero()
        place = np.unravel_index(int(rows[0]), tuple(outside.shape)) if outside.ndim else ()
        raise fails([int(p) for p in place], wide.reshape(-1, depth)[int(rows[0])].tolist())
    strides = [math.prod(sizes[axis + 1 : depth]) for axis in range(depth)]
    return (wide * torch.tensor(strides, device=wide.device)).sum(-1)


def check_depth(params: Any, indices: Any) -> int:
    """Return how many dimensions the coordinates of GatherNd index.

    Raises:
      InvalidArgumentError: they are no vectors, or of more dimensions than there are.
    """
    if params.ndim < 1:
        raise errors.invalid_argument("params must be at least a vector")
    if indices.ndim < 1:
        raise errors.invalid_argument("indices must be at least a vector")
    depth = indices.shape[-1]
    if depth > params.ndim:
        raise errors.invalid_argument(
            f"index innermost dimension length must be <= params rank; saw: {depth} vs. "
            f"{params.ndim}"
        )
    return int(depth)


@kernel_factory("GatherNd", "cpu", "gpu", types={"Tparams": NUMBER_TYPES})
def make_gather_nd(ctx: KernelContext) -> Any:
    node_name = ctx.node_name

    def gather_nd(params: torch.Tensor, indices: torch.Tensor) -> torch.Tensor:
        depth = check_depth(params, indices)
        sizes = tuple(params.shape)

        def fails(place: list[int], index: list[int]) -> Exception:
            return errors.invalid_argument(
                f"indices{_bracketed(place)} = {_listed(index)} does not index into param shape "
                f"{format_dims(sizes, 'kernel')}, node name: {node_name}"
            )

        if not params.numel() and indices.numel():
            raise errors.invalid_argument(
                "Requested more than 0 entries, but params is empty.  Params shape: "
                f"{format_dims(sizes, 'kernel')}"
            )
        places = flat_places(indices, sizes, fails)
        rows = params.reshape(-1, *sizes[depth:]) if depth else params.unsqueeze(0)
        return rows[places]

    return gather_nd


@kernel_factory("GatherNd", "cpu", types={"Tparams": STRING_TYPES})
def make_gather_nd_strings(ctx: KernelContext) -> Any:
    gather_places = make_gather_nd(ctx)

    def gather_nd(params: Any, indices: torch.Tensor) -> Any:
        places = torch.arange(params.size).reshape(params.shape)
        return np.asarray(params.ravel()[gather_places(places, indices).numpy()], object)

    return gather_nd


def _bracketed(place: list[int]) -> str:
    return f"[{','.join(map(str, place))}]" if place else ""


def _listed(index: list[int]) -> str:
    return f"[{', '.join(map(str, index))}]"


@kernel("Where", "cpu", "gpu")
def where(condition: torch.Tensor) -> torch.Tensor:
    return condition.nonzero()


@kernel("Select", "cpu", types={"T": _OTHER_NUMBER_TYPES})
@kernel("Select", "gpu", types={"T": NUMBER_TYPES})
def select(condition: torch.Tensor, then: torch.Tensor, otherwise: torch.Tensor) -> torch.Tensor:
    if then.shape != otherwise.shape:
        raise _select_error("'then' and 'else' must have the same size", then, otherwise)
    if condition.shape != then.shape:
        condition = _select_condition(condition, then)
    return torch.where(condition, then, otherwise)


@kernel("Select", "cpu", types={"T": WORD_TYPES})
def select_words(
    condition: torch.Tensor, then: torch.Tensor, otherwise: torch.Tensor
) -> torch.Tensor:
    if condition.shape == then.shape == otherwise.shape and is_irregular(condition):
        return chosen_words(condition, then, otherwise)
    return select(condition, then, otherwise)


@kernel("Select", "cpu", types={"T": STRING_TYPES}, host_inputs=("condition",))
def select_strings(condition: Any, then: Any, otherwise: Any) -> Any:
    if then.shape != otherwise.shape:
        raise _select_error("'then' and 'else' must have the same size", then, otherwise)
    if condition.shape != then.shape:
        condition = _select_condition(condition, then)
    return np.asarray(np.where(condition, then, otherwise), object)


def _select_condition(condition: Any, then: Any) -> Any:
    if condition.ndim == 0:
        return condition
    if condition.ndim == 1 and then.ndim and condition.shape[0] == then.shape[0]:
        return condition.reshape((-1,) + (1,) * (then.ndim - 1))
    if condition.ndim == 1:
        raise errors.invalid_argument(
            f"Number of batches of 'then' must match size of 'cond', but saw: "
            f"{then.shape[0] if then.ndim else 0} vs. {condition.shape[0]}"
        )
    raise _select_error(
        "'cond' must be a scalar, a vector or of the shape of 'then'", condition, then
    )


def _select_error(what: str, a: Any, b: Any) -> errors.InvalidArgumentError:
    shapes = [format_dims(tuple(value.shape), "kernel") for value in (a, b)]
    return errors.invalid_argument(f"{what}, but received: {shapes[0]} vs. {shapes[1]}")


@kernel("SelectV2", "cpu", types={"T": _OTHER_NUMBER_TYPES})
@kernel("SelectV2", "gpu", types={"T": NUMBER_TYPES})
def select_v2(condition: torch.Tensor, then: torch.Tensor, otherwise: torch.Tensor) -> torch.Tensor:
    try:
        return torch.where(condition, then, otherwise)
    except RuntimeError:
        raise _broadcast_error(condition, then, otherwise) from None


@kernel("SelectV2", "cpu", types={"T": WORD_TYPES})
def select_v2_words(
    condition: torch.Tensor, then: torch.Tensor, otherwise: torch.Tensor
) -> torch.Tensor:
    if condition.shape == then.shape == otherwise.shape and is_irregular(condition):
        return chosen_words(condition, then, otherwise)
    return select_v2(condition, then, otherwise)


@kernel("SelectV2", "cpu", types={"T": STRING_TYPES}, host_inputs=("condition",))
def select_v2_strings(condition: Any, then: Any, otherwise: Any) -> Any:
    try:
        return np.asarray(np.where(condition, then, otherwise), object)
    except ValueError:
        raise _broadcast_error(condition, then, otherwise) from None


def _broadcast_error(*values: Any) -> errors.InvalidArgumentError:
    shapes = [format_dims(tuple(value.shape), "kernel") for value in values]
    return errors.invalid_argument(
        f"condition {shapes[0]}, then {shapes[1]}, and else {shapes[2]} must be broadcastable"
    )
