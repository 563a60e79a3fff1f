"""`MultiRNNCell`: cells on top of each other.

Source: TensorFlow 1.15, python/ops/rnn_cell_impl.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensormill.graph import nest, tf_logging
from tensormill.graph.default_scopes import name_scope
from tensormill.layers.base import Layer
from tensormill.ops.joining import concat
from tensormill.ops.slicing import slice as slice_of
from tensormill.rnn.cells import RNNCell
from tensormill.variables.scope import variable_scope

__all__ = ["MultiRNNCell"]


class MultiRNNCell(RNNCell):
    """Cells of which each takes the output of the one below.

    Args:
      cells: the lowest first.
      state_is_tuple: the state is a tuple of the cells' states, not all of them joined.

    Raises:
      ValueError: there are no cells, or states that are tuples are to be joined.
      TypeError: `cells` is not a list or tuple.
    """

    def __init__(self, cells: Sequence[Any], state_is_tuple: bool = True) -> None:
        super().__init__()
        if not cells:
            raise ValueError("Must specify at least one cell for MultiRNNCell.")
        if not nest.is_nested(cells):
            raise TypeError(f"cells must be a list or tuple, but saw: {cells}.")
        if len({id(cell) for cell in cells}) < len(cells):
            tf_logging.log_first_n(
                tf_logging.WARN,
                "At least two cells provided to MultiRNNCell are the same object and will share "
                "weights.",
                1,
            )
        self._cells = cells
        self._state_is_tuple = state_is_tuple
        sizes = [cell.state_size for cell in cells]
        if not state_is_tuple and any(nest.is_nested(size) for size in sizes):
            raise ValueError(
                "Some cells return tuples of states, but the flag state_is_tuple is not set.  "
                f"State sizes are: {sizes}"
            )

    @property
    def state_size(self) -> Any:
        """The sizes of the cells' states as a tuple, or their sum."""
        sizes = tuple(cell.state_size for cell in self._cells)
        return sizes if self._state_is_tuple else sum(sizes)

    @property
    def output_size(self) -> Any:
        """The size of the output of the topmost cell."""
        return self._cells[-1].output_size

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """Return states of zeros."""
        with name_scope(type(self).__name__ + "ZeroState", values=[batch_size]):
            if self._state_is_tuple:
                return tuple(cell.zero_state(batch_size, dtype) for cell in self._cells)
            return super().zero_state(batch_size, dtype)

    @property
    def trainable_weights(self) -> list[Any]:
        """The variables of all cells that optimizers change."""
        if not self.trainable:
            return []
        return [w for cell in self._layers() for w in cell.trainable_weights]

    @property
    def non_trainable_weights(self) -> list[Any]:
        """The other variables of all cells."""
        others = [w for cell in self._layers() for w in cell.non_trainable_weights]
        if self.trainable:
            return others
        return [w for cell in self._layers() for w in cell.trainable_weights] + others

    def _layers(self) -> list[Layer]:
        return [cell for cell in self._cells if isinstance(cell, Layer)]

    def call(self, inputs: Any, state: Any) -> tuple[Any, Any]:  # type: ignore[override]
        """Return the output of the topmost cell and the next states.

        Raises:
          ValueError: the state is not a tuple, but should be.
        """
        at = 0
        following = []
        for number, cell in enumerate(self._cells):
            with variable_scope(f"cell_{number}"):
                if not self._state_is_tuple:
                    own = slice_of(state, [0, at], [-1, cell.state_size])
                    at += cell.state_size
                elif nest.is_nested(state):
                    own = state[number]
                else:
                    raise ValueError(
                        f"Expected state to be a tuple of length {len(self.state_size)}, but "
                        f"received: {state}"
                    )
                inputs, after = cell(inputs, own)
                following.append(after)
        return inputs, tuple(following) if self._state_is_tuple else concat(following, 1)
