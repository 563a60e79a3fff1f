"""`TensorHandle`: what a session returns for a tensor that it keeps."""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np

from tensormill.graph import errors
from tensormill.graph.dtypes import DType
from tensormill.graph.op_def_text import dtype_text
from tensormill.kernels.torch_dtypes import to_host
from tensormill.runtime.resources.session_tensors import SessionTensors

__all__ = ["TensorHandle"]


class TensorHandle:
    """A tensor that stays in a session; it goes when the handle does.

    Feed the handle for a placeholder to use the tensor without taking it out of the session.

    Attributes:
      handle: the text of the handle.
      dtype: the dtype of the tensor.
    """

    def __init__(self, handle: str, dtype: DType, tensors: SessionTensors) -> None:
        self.handle = handle
        self.dtype = dtype
        self._tensors = tensors
        self._release = weakref.finalize(self, tensors.discard, handle)
        self._release.atexit = False

    def __str__(self) -> str:
        return self.handle

    def get_raw_handle(self) -> str:
        """Return the text of the handle; the tensor then stays until it is deleted by an op."""
        self._release.detach()
        return self.handle

    def eval(self) -> Any:
        """Return the value of the tensor.

        Raises:
          TypeError: the tensor may be gone, since the handle was handed out or deleted.
        """
        self._check_alive()
        array = self.to_array()
        return array.copy() if array.ndim else array[()]

    def delete(self) -> None:
        """Delete the tensor.

        Raises:
          TypeError: the tensor may be gone already.
        """
        self._check_alive()
        self._release()

    def to_array(self) -> np.ndarray[Any, Any]:
        """Return the tensor as an array that shares its memory.

        Raises:
          InvalidArgumentError: the session does not keep it any more.
        """
        value = self._tensors.get(self.handle)
        return value if isinstance(value, np.ndarray) else to_host(value)

    def as_fed_for(self, dtype: DType) -> np.ndarray[Any, Any]:
        """Return the tensor as the value of a feed.

        Raises:
          InvalidArgumentError: it has another dtype, or is gone.
        """
        if self.dtype != dtype:
            wanted, given = (dtype_text(d) for d in (dtype, self.dtype))
            raise errors.invalid_argument(f"Expects arg[0] to be {wanted} but {given} is provided")
        return self.to_array()

    def _check_alive(self) -> None:
        if not self._release.alive:
            raise TypeError(f"Persistent tensor {self.handle} may have already been deleted.")
