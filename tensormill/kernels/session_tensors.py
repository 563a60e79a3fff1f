"""Kernels of tensors that stay in the session between steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tensormill.graph import errors
from tensormill.kernels.registry import KernelContext, kernel_factory
from tensormill.kernels.value_types import owned_copy


@dataclass(frozen=True)
class KeptTensor:
    """A resource: a tensor that the session keeps.

    Attributes:
      handle: its name in the session.
    """

    handle: str


@kernel_factory("GetSessionHandle", "cpu", "gpu", host_outputs=("handle",))
def make_get_session_handle(ctx: KernelContext) -> Callable[..., Any]:
    tensors = ctx.resources.session_tensors(ctx.session_handle)
    name, device = ctx.node_name, ctx.device_name

    def get_session_handle(value: Any) -> np.ndarray[Any, Any]:
        return np.array(tensors.add(name, device, owned_copy(value)).encode(), dtype=object)

    return get_session_handle


@kernel_factory("GetSessionHandleV2", "cpu", "gpu")
def make_get_session_handle_v2(ctx: KernelContext) -> Callable[..., Any]:
    get_session_handle = make_get_session_handle(ctx)

    def get_session_handle_v2(value: Any) -> KeptTensor:
        return KeptTensor(get_session_handle(value).item().decode())

    return get_session_handle_v2


@kernel_factory("GetSessionTensor", "cpu", "gpu", host_inputs=("handle",))
def make_get_session_tensor(ctx: KernelContext) -> Callable[..., Any]:
    tensors = ctx.resources.session_tensors(ctx.session_handle)

    def get_session_tensor(handle: Any) -> Any:
        return owned_copy(tensors.get(handle[()].decode()))

    return get_session_tensor


@kernel_factory("DeleteSessionTensor", "cpu", "gpu", host_inputs=("handle",))
def make_delete_session_tensor(ctx: KernelContext) -> Callable[..., Any]:
    tensors = ctx.resources.session_tensors(ctx.session_handle)

    def delete_session_tensor(handle: Any) -> None:
        name = handle[()].decode()
        if not tensors.discard(name):
            raise errors.invalid_argument(
                f"The tensor with handle '{name}' is not in the session store."
            )

    return delete_session_tensor
