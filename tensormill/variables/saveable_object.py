"""Something that a saver can save: the base class of what has state, and of what programs make.

Source: TensorFlow 1.15, python/training/saving/saveable_object.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensormill.graph.tensor import Tensor

__all__ = ["SaveSpec", "SaveableObject"]


class SaveSpec:
    """One tensor to save.

    Attributes:
      slice_spec: the slice that it is, as an op names it; "" for a whole.
      name: the name in the checkpoint.
      dtype: its dtype.
      device: where it is.
    """

    def __init__(
        self, tensor: Any, slice_spec: str, name: str, dtype: Any = None, device: Any = None
    ) -> None:
        """Describe a tensor, given as such or as a function that makes it.

        Raises:
          AssertionError: a function is given, and dtype or device are not.
        """
        if callable(tensor) and (dtype is None or device is None):
            raise AssertionError(
                "When passing a callable `tensor` to a SaveSpec, an explicit dtype and device "
                "must be provided."
            )
        self._tensor = tensor
        self.slice_spec = slice_spec
        self.name = name
        self.dtype = tensor.dtype if dtype is None else dtype
        self.device = tensor.device if device is None else device

    @property
    def tensor(self) -> Any:
        """The tensor."""
        return self._tensor() if callable(self._tensor) else self._tensor


class SaveableObject:
    """Something that a saver can save: the base class of what programs make themselves.

    Attributes:
      op: what has the state.
      specs: the tensors to save, all on one device.
      name: the name to save it under.
    """

    def __init__(self, op: Any, specs: Sequence[SaveSpec], name: str) -> None:
        self.op = op
        self.specs = specs
        self.name = name

    @property
    def device(self) -> str:
        """Where the tensors are."""
        return str(self.specs[0].device)

    def restore(self, restored_tensors: list[Tensor], restored_shapes: Any) -> Any:
        """Return the operation that takes over restored values.

        Args:
          restored_tensors: one for each of `specs`.
          restored_shapes: the shapes to give them, or None.
        """
        raise ValueError("Calling an abstract method.")
