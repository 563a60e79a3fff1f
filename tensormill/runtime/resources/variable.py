"""The buffer behind a variable: a tensor that lives on a task and is updated in place."""

from __future__ import annotations

import threading
from typing import Any

from tensormill.graph.dtypes import DType
from tensormill.graph.errors import FailedPreconditionError
from tensormill.graph.shapes import Dims

__all__ = ["VariableBuffer"]


class VariableBuffer:
    """A mutable tensor, shared by everything that holds a reference to it.

    Attributes:
      name: the resource name, for messages.
      container: the resource container.
      dtype: the dtype of the value.
      dims: the static shape asked for; None where any is allowed.
      value: the torch tensor (an object array for strings), or None while uninitialized.
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

    def read(self) -> Any:
        """Return the value, sharing memory with the buffer.

        Raises:
          FailedPreconditionError: no value was assigned yet.
        """
        if self.value is None:
            raise FailedPreconditionError(
                None, None, f"Attempting to use uninitialized value {self.name}"
            )
        return self.value
