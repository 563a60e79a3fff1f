"""The buffers behind variables: tensors that live on a task and are updated in place.

A ref variable hands out its buffer, and whoever reads it without a copy may see later writes.
A resource variable hands out snapshots: an update leaves alone what was read before, by copying
where a reader is left.
"""

from __future__ import annotations

import sys
import threading
from typing import Any, Protocol

import numpy as np
import torch

from tensormill.graph import dtypes, errors
from tensormill.graph.dtypes import DType
from tensormill.graph.shapes import Dims

__all__ = ["ResourceVariableBuffer", "VariableBuffer", "VariableHandle", "VariableStore"]

_INITIALIZE = (
    "run its initializer first, as session.run(tf.global_variables_initializer()) does, or restore "
    "a checkpoint."
)
# What counts as unshared: the tensor and the call hold its storage.
_OWN_STORAGE_REFERENCES = 2


class VariableBuffer:
    """A mutable tensor, shared by everything that holds a reference to it.

    Attributes:
      name: the resource name, for messages.
      container: the resource container.
      dtype: the dtype of the value.
      dims: the static shape asked for; None where any is allowed.
      value: the torch tensor, contiguous (an object array for strings); None if uninitialized.
      lock: guards updates that ask for locking.
    """

    __slots__ = ("container", "dims", "dtype", "lock", "name", "value")

    def __init__(self, name: str, container: str, dtype: DType, dims: Dims) -> None:
        self.name = name
        self.container = container
        self.dtype = dtype
        self.dims = dims
        self.value: Any = None
        self.lock = threading.RLock()

    @property
    def is_initialized(self) -> bool:
        """Whether a value was assigned."""
        return self.value is not None

    def initialized(self) -> VariableBuffer:
        """Return the buffer itself, which holds a value.

        Raises:
          FailedPreconditionError: no value was assigned yet.
        """
        if self.value is None:
            raise errors.failed_precondition(
                f"Attempting to use uninitialized value {self.name}", hint=_INITIALIZE
            )
        return self

    def read(self) -> Any:
        """Return the value, sharing memory with the buffer.

        Raises:
          FailedPreconditionError: no value was assigned yet.
        """
        value = self.value
        return self.initialized().value if value is None else value

    def writable(self) -> Any:
        """Return the value to be updated in place; the caller holds `lock` if anybody does."""
        return self.value

    def assign(self, value: Any) -> None:
        """Make a copy of `value` the value, in the memory of the old one where it fits."""
        if type(value) is np.ndarray:
            self.value = value.copy()
        elif not self._has_room_for(value):
            self.value = value.clone(memory_format=torch.contiguous_format)
        elif self.value is not value:
            self._overwrite(value)

    def _has_room_for(self, value: torch.Tensor) -> bool:
        own = self.value
        return own is not None and own.shape == value.shape and own.dtype == value.dtype

    def _overwrite(self, value: torch.Tensor) -> None:
        target = self.writable()
        if _share_memory(value, target):
            value = value.clone()
        target.copy_(value)


class ResourceVariableBuffer(VariableBuffer):
    """The tensor of a resource variable: what was read of it never changes.

    Reads and updates hold the lock.
    """

    __slots__ = ()

    def read(self) -> Any:
        """Return the value, which later updates leave as it is."""
        with self.lock:
            return self.value

    def writable(self) -> Any:
        """Return the value to be updated in place: a copy if a reader still holds the old one."""
        value = self.value
        if type(value) is np.ndarray:
            self.value = value.copy()
        elif (
            sys.getrefcount(value) > _OWN_TENSOR_REFERENCES
            or torch._C._storage_Use_Count(value.untyped_storage()._cdata) > _OWN_STORAGE_REFERENCES
        ):
            self.value = value.clone(memory_format=torch.contiguous_format)
        return self.value

    def _overwrite(self, value: torch.Tensor) -> None:
        if _share_memory(value, self.value):
            self.value = value.clone(memory_format=torch.contiguous_format)
        else:
            self.writable().copy_(value)


def _references_without_reader() -> int:
    """Count references as `ResourceVariableBuffer.writable` does, where nobody else holds any.

    Those of the buffer, the local name and, in some versions of Python, the call.
    """
    buffer = ResourceVariableBuffer("", "", dtypes.float32, ())
    buffer.value = torch.zeros(())
    value = buffer.value
    return sys.getrefcount(value)


_OWN_TENSOR_REFERENCES = _references_without_reader()


def _share_memory(a: torch.Tensor, b: torch.Tensor) -> bool:
    return a.untyped_storage().data_ptr() == b.untyped_storage().data_ptr()


class VariableStore(Protocol):
    """Where resource variables are kept (see `containers.ResourceContainers`)."""

    def lookup(self, kind: str, container: str, name: str) -> Any:
        """Return a resource, or None."""

    def delete(self, kind: str, container: str, name: str) -> bool:
        """Forget a resource; return whether it was there."""

    def lookup_or_create(self, kind: str, container: str, name: str, make: Any) -> Any:
        """Return a resource, made by `make` where there is none yet."""


class VariableHandle:
    """Names a resource variable; the variable itself comes and goes in its container.

    Attributes:
      name: the resource name.
      container: the resource container.
      dtype: the dtype of the value.
      dims: the static shape; None where any is allowed.
    """

    __slots__ = ("_store", "container", "dims", "dtype", "name")

    KIND = "resource variable"

    def __init__(
        self, store: VariableStore, container: str, name: str, dtype: DType, dims: Dims
    ) -> None:
        self._store = store
        self.container = container
        self.name = name
        self.dtype = dtype
        self.dims = dims

    def find(self) -> ResourceVariableBuffer | None:
        """Return the variable's buffer, or None where there is none."""
        found: ResourceVariableBuffer | None = self._store.lookup(
            self.KIND, self.container, self.name
        )
        return found

    def find_or_create(self) -> ResourceVariableBuffer:
        """Return the variable's buffer, making an uninitialized one where there is none."""
        made: ResourceVariableBuffer = self._store.lookup_or_create(
            self.KIND,
            self.container,
            self.name,
            lambda: ResourceVariableBuffer(self.name, self.container, self.dtype, self.dims),
        )
        return made

    def initialized(self) -> ResourceVariableBuffer:
        """Return the variable's buffer, to update it.

        Raises:
          NotFoundError: the variable does not exist.
        """
        buffer = self.find()
        if buffer is None or buffer.value is None:
            raise errors.not_found(
                f"{self._missing()} (Could not find resource: {self.container}/{self.name})"
            )
        return buffer

    def read(self) -> Any:
        """Return the value, which later updates leave as it is.

        Raises:
          FailedPreconditionError: the variable does not exist.
        """
        buffer = self.find()
        if buffer is None or buffer.value is None:
            raise errors.failed_precondition(
                f"Could not find variable {self.name}. This could mean that the variable has been "
                "deleted. In TF1, it can also mean the variable is uninitialized. Debug info: "
                f"container={self.container}, status error message={self._missing()}",
                hint=_INITIALIZE,
            )
        return buffer.read()

    def _missing(self) -> str:
        return f"Resource {self.container}/{self.name}/N10tensorflow3VarE does not exist."

    def destroy(self) -> None:
        """Forget the variable.

        Raises:
          NotFoundError: it does not exist.
        """
        if not self._store.delete(self.KIND, self.container, self.name):
            raise errors.not_found(self._missing())
