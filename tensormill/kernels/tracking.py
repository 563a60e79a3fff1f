"""Whether torch keeps the books of its autograd while kernels run.

Gradients of a graph are operations of the graph, so nobody asks torch for any. Without its books,
which views of tensors fill most of all, each call of a kernel costs less. Tensors made meanwhile
are as all others; only `_base` of a view does not say of what it is one.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch

__all__ = ["tracked", "untracked"]

_C = torch._C
_BOOKS = (
    _C.DispatchKeySet(_C.DispatchKey.AutogradCPU)
    | _C.DispatchKeySet(_C.DispatchKey.AutogradCUDA)
    | _C.DispatchKeySet(_C.DispatchKey.ADInplaceOrView)
)


def untracked() -> AbstractContextManager[None]:
    """Return what lets kernels called on this thread leave autograd out until it is left."""
    made: AbstractContextManager[None] = _C._ExcludeDispatchKeyGuard(_BOOKS)
    return made


def tracked() -> AbstractContextManager[None]:
    """Return what lets functions of the user, called by a kernel, use autograd as outside."""
    excluded = _C._dispatch_tls_local_exclude_set()
    if torch.is_inference_mode_enabled() or not excluded.has(_C.DispatchKey.ADInplaceOrView):
        return nullcontext()
    made: AbstractContextManager[None] = _C._ForceDispatchKeyGuard(
        _C._dispatch_tls_local_include_set(), excluded - _BOOKS
    )
    return made
