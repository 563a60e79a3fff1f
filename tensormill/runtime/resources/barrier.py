"""`Barrier`: elements whose components come one by one, and that leave when all are there.

Source: TensorFlow 1.15, core/kernels/barrier_ops.cc.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.dtypes import DType
from tensormill.graph.op_def_text import dtype_text
from tensormill.graph.shapes import Dims, format_dims
from tensormill.runtime.resources.attempts import NOT_YET, Attempts, Begin
from tensormill.runtime.resources.queue_values import empty_batch
from tensormill.runtime.resources.waiting import Done, Waiting

__all__ = ["Barrier"]


@dataclass(slots=True)
class _Element:
    """One key: when it was first seen, and what came for it so far."""

    index: int
    components: list[Any]


class Barrier:
    """A barrier. Any thread.

    Attributes:
      container: its resource container.
      name: its resource name.
      dtypes: of the components.
    """

    def __init__(
        self, container: str, name: str, dtypes: Sequence[DType], dims: Sequence[Dims]
    ) -> None:
        self.container = container
        self.name = name
        self.dtypes = tuple(dtypes)
        self._dims = list(dims)
        self._waiting = Waiting(Attempts().handle)  # its lock guards the rest
        self._next_index = -(2**63)
        self._incomplete: dict[bytes, _Element] = {}
        self._ready: list[tuple[int, bytes, list[Any]]] = []
        self._is_closed = False
        self._cancels = False

    def check_matches(self, dtypes: Sequence[DType], dims: Sequence[Dims]) -> None:
        """Refuse other components for this barrier.

        Raises:
          InvalidArgumentError: they are others.
        """
        barrier = f"Shared barrier '{self.name}' has component"
        if tuple(dtypes) != self.dtypes:
            raise errors.invalid_argument(
                f"{barrier} types {_types_text(self.dtypes)} but requested component types were "
                f"{_types_text(dtypes)}"
            )
        own, asked = _shapes_text(self._dims), _shapes_text(dims)
        if own != asked:
            raise errors.invalid_argument(
                f"{barrier} shapes {own} but requested component shapes were {asked}"
            )

    def read(self) -> np.ndarray[Any, Any]:
        """Return what a reference to the barrier holds: container and name."""
        return np.array([self.container.encode(), self.name.encode()], object)

    def insert(self, keys: Any, values: Any, component: int, done: Done) -> None:
        """Add one component for some keys."""
        self._check(keys, values, component)
        rows = [
            np.array(row) if isinstance(row, np.ndarray) else row.clone()
            for row in (values[i, ...] for i in range(len(keys)))
        ]

        def attempt() -> Any:
            self._check_open(keys)
            has_new = any(key not in self._incomplete for key in keys)
            for key, row in zip(keys, rows, strict=True):
                self._add(key, row, component)
            if has_new:
                self._next_index += 1  # the keys of one insertion are of the same age
            return None

        self._attempt(done, "InsertMany", attempt)

    def _check_open(self, keys: Any) -> None:
        if not self._is_closed:
            return
        rest = f"Number of incomplete keys: {len(self._incomplete)}."
        new = [at for at, key in enumerate(keys) if key not in self._incomplete]
        if self._cancels:
            raise errors.cancelled(
                f"Barrier {self.name} is closed.  Pending enqueues cancelled: 1.  Number of new "
                f"insertions: {len(new)}.  {rest}"
            )
        if new:
            raise errors.cancelled(
                f"Barrier {self.name} is closed, but attempted to insert a brand new key: "
                f"{keys[new[0]].decode(errors='replace')}.  Pending enqueues cancelled: 0.  "
                f"Insertion index: {new[0]}.  {rest}"
            )

    def _add(self, key: bytes, row: Any, component: int) -> None:
        element = self._incomplete.get(key)
        if element is None:
            element = _Element(self._next_index, [None] * len(self.dtypes))
            self._incomplete[key] = element
        if element.components[component] is not None:
            raise errors.invalid_argument(
                f"Key {key.decode(errors='replace')} already has a value for component "
                f"{component} in barrier {self.name}"
            )
        element.components[component] = row
        if all(part is not None for part in element.components):
            del self._incomplete[key]
            self._ready.append((element.index, key, element.components))
            self._ready.sort(key=lambda item: item[0])

    def _check(self, keys: Any, values: Any, component: int) -> None:
        if not 0 <= component < len(self.dtypes):
            raise errors.invalid_argument(
                f"The component ID is out of range {component} > num_components (= "
                f"{len(self.dtypes)})"
            )
        if np.ndim(keys) != 1:
            raise errors.invalid_argument(
                f"Keys must be a vector, but have shape {format_dims(np.shape(keys), 'kernel')}"
            )
        shape = tuple(values.shape)
        if len(keys) and 0 in shape[1:]:
            raise errors.invalid_argument(
                f"Tensors with no elements are not supported {self.name}: received shape "
                f"{format_dims(shape, 'kernel')}"
            )
        dims = self._dims[component] if self._dims else None
        expected = None if dims is None else (len(keys), *dims)
        if shape[:1] != (len(keys),) or (expected is not None and shape != expected):
            wanted = (len(keys),) if expected is None else expected
            raise errors.invalid_argument(
                f"Shape mismatch in tuple component {component}. Expected "
                f"{format_dims(wanted, 'kernel')}, got {format_dims(shape, 'kernel')}"
            )

    def take(self, count: int, allows_fewer: bool, done: Done) -> None:
        """Call `done` with indices, keys and components of the next complete elements."""

        def attempt() -> Any:
            wanted = count
            if self._is_closed:
                available = len(self._ready)
                if allows_fewer:
                    wanted = min(count, available)
                else:
                    available += len(self._incomplete)
                if available < max(wanted, 1):
                    raise errors.out_of_range(
                        f"Barrier '{self.name}' is closed and has insufficient elements "
                        f"(requested {wanted}, total size {available})"
                    )
            if len(self._ready) < wanted:
                return NOT_YET
            taken, self._ready = self._ready[:wanted], self._ready[wanted:]
            return taken

        self._attempt(done, "TakeMany", attempt, self._batch)

    def _batch(self, taken: list[tuple[int, bytes, list[Any]]]) -> list[Any]:
        indices = torch.tensor([index for index, _, _ in taken], dtype=torch.int64)
        keys = np.empty(len(taken), object)
        keys[:] = [key for _, key, _ in taken]
        if not taken:
            return [indices, keys, *(empty_batch(d, []) for d in self.dtypes)]
        columns = zip(*(parts for _, _, parts in taken), strict=True)
        return [
            indices,
            keys,
            *(
                torch.stack(column) if isinstance(column[0], torch.Tensor) else np.stack(column)
                for column in columns
            ),
        ]

    def close(self, cancels_pending: bool, done: Done) -> None:
        """Let no new keys in; with `cancels_pending` no components for known keys either."""

        def attempt() -> Any:
            if self._is_closed and not (cancels_pending and not self._cancels):
                raise errors.cancelled(f"Barrier '{self.name}' is already closed.")
            self._is_closed = True
            if cancels_pending:
                self._cancels = True
                self._incomplete.clear()
            return None

        self._attempt(done, "Close", attempt)

    def ready_size(self) -> int:
        """Return how many elements are complete."""
        return len(self._ready)

    def incomplete_size(self) -> int:
        """Return how many elements wait for components."""
        return len(self._incomplete)

    def _attempt(self, done: Done, name: str, attempt: Any, convert: Any = None) -> None:
        self._waiting.submit(
            done, lambda key: Begin(key, attempt, name), convert or (lambda made: made)
        )


def _types_text(dtypes: Sequence[DType]) -> str:
    return ", ".join(map(dtype_text, dtypes))


def _shapes_text(dims: Sequence[Dims]) -> str:
    """Return shapes as text; one that is not known stands there as that of a scalar."""
    return "[" + ", ".join(format_dims(item or (), "kernel") for item in dims) + "]"
