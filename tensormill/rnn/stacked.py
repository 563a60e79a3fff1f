"""Bidirectional networks on top of each other, and fused cells made of plain ones.

Source: TensorFlow 1.15, contrib/rnn/python/ops/rnn.py and fused_rnn_cell.py.
"""

from __future__ import annotations

import abc
from typing import Any

from tensormill.ops.joining import concat, stack, unstack
from tensormill.ops.transposition import reverse, reverse_sequence
from tensormill.rnn.dynamic import bidirectional_dynamic_rnn, dynamic_rnn
from tensormill.rnn.static import static_bidirectional_rnn, static_rnn
from tensormill.variables.scope import variable_scope

__all__ = [
    "FusedRNNCell",
    "FusedRNNCellAdaptor",
    "TimeReversedFusedRNN",
    "stack_bidirectional_dynamic_rnn",
    "stack_bidirectional_rnn",
]


def _check_layers(
    cells_fw: Any, cells_bw: Any, initial_states_fw: Any, initial_states_bw: Any
) -> None:
    """Refuse cells and states that are not lists of the same length.

    Raises:
      ValueError: they are not.
    """
    if cells_fw is None:
        raise ValueError("Must specify at least one fw cell for BidirectionalRNN.")
    if cells_bw is None:
        raise ValueError("Must specify at least one bw cell for BidirectionalRNN.")
    if not isinstance(cells_fw, list):
        raise ValueError("cells_fw must be a list of RNNCells (one per layer).")
    if not isinstance(cells_bw, list):
        raise ValueError("cells_bw must be a list of RNNCells (one per layer).")
    if len(cells_fw) != len(cells_bw):
        raise ValueError("Forward and Backward cells must have the same depth.")
    for states, cells, role in (
        (initial_states_fw, cells_fw, "fw"),
        (initial_states_bw, cells_bw, "bw"),
    ):
        if states is not None and (not isinstance(states, list) or len(states) != len(cells)):
            raise ValueError(
                f"initial_states_{role} must be a list of state tensors (one per layer)."
            )


def _of_layer(states: Any, number: int) -> Any:
    return states[number] if states else None


def stack_bidirectional_rnn(
    cells_fw: Any,
    cells_bw: Any,
    inputs: Any,
    initial_states_fw: Any = None,
    initial_states_bw: Any = None,
    dtype: Any = None,
    sequence_length: Any = None,
    scope: Any = None,
) -> tuple[Any, tuple[Any, ...], tuple[Any, ...]]:
    """Put static bidirectional networks on top of each other.

    Args:
      cells_fw: the cells that go forwards, the lowest first.
      cells_bw: those that go backwards.
      inputs: a list of [batch, depth].
      initial_states_fw: a list of states, one a layer; zeros by default.
      initial_states_bw: likewise.
      dtype: of initial states; needed without them.
      sequence_length: integers [batch].
      scope: the variable scope; "stack_bidirectional_rnn" by default.

    Returns:
      the outputs of the topmost layer, and the last states of all layers in each direction.

    Raises:
      ValueError: the numbers of cells and states do not agree.
    """
    _check_layers(cells_fw, cells_bw, initial_states_fw, initial_states_bw)
    states_fw, states_bw = [], []
    outputs = inputs
    with variable_scope(scope or "stack_bidirectional_rnn"):
        for number, (cell_fw, cell_bw) in enumerate(zip(cells_fw, cells_bw, strict=True)):
            with variable_scope(f"cell_{number}") as cell_scope:
                outputs, state_fw, state_bw = static_bidirectional_rnn(
                    cell_fw,
                    cell_bw,
                    outputs,
                    initial_state_fw=_of_layer(initial_states_fw, number),
                    initial_state_bw=_of_layer(initial_states_bw, number),
                    sequence_length=sequence_length,
                    dtype=dtype,
                    scope=cell_scope,
                )
            states_fw.append(state_fw)
            states_bw.append(state_bw)
    return outputs, tuple(states_fw), tuple(states_bw)


def stack_bidirectional_dynamic_rnn(
    cells_fw: Any,
    cells_bw: Any,
    inputs: Any,
    initial_states_fw: Any = None,
    initial_states_bw: Any = None,
    dtype: Any = None,
    sequence_length: Any = None,
    parallel_iterations: int | None = None,
    time_major: bool = False,
    scope: Any = None,
    swap_memory: bool = False,
) -> tuple[Any, tuple[Any, ...], tuple[Any, ...]]:
    """Put dynamic bidirectional networks on top of each other.

    Args:
      cells_fw: the cells that go forwards, the lowest first.
      cells_bw: those that go backwards.
      inputs: [batch, time, depth].
      initial_states_fw: a list of states, one a layer; zeros by default.
      initial_states_bw: likewise.
      dtype: of initial states; needed without them.
      sequence_length: integers [batch].
      parallel_iterations: how many steps may be computed at once.
      time_major: inputs and outputs are [time, batch, depth].
      scope: the variable scope; "stack_bidirectional_rnn" by default.
      swap_memory: whether values kept for gradients may leave a GPU.

    Returns:
      the outputs of the topmost layer, [batch, time, both depths], and the last states of all
      layers in each direction.

    Raises:
      ValueError: the numbers of cells and states do not agree.
    """
    _check_layers(cells_fw, cells_bw, initial_states_fw, initial_states_bw)
    states_fw, states_bw = [], []
    outputs = inputs
    with variable_scope(scope or "stack_bidirectional_rnn"):
        for number, (cell_fw, cell_bw) in enumerate(zip(cells_fw, cells_bw, strict=True)):
            with variable_scope(f"cell_{number}"):
                both, (state_fw, state_bw) = bidirectional_dynamic_rnn(
                    cell_fw,
                    cell_bw,
                    outputs,
                    initial_state_fw=_of_layer(initial_states_fw, number),
                    initial_state_bw=_of_layer(initial_states_bw, number),
                    sequence_length=sequence_length,
                    parallel_iterations=parallel_iterations,
                    dtype=dtype,
                    swap_memory=swap_memory,
                    time_major=time_major,
                )
                outputs = concat(list(both), 2)
            states_fw.append(state_fw)
            states_bw.append(state_bw)
    return outputs, tuple(states_fw), tuple(states_bw)


class FusedRNNCell(abc.ABC):
    """The base of cells that compute all steps in one call."""

    @abc.abstractmethod
    def __call__(
        self,
        inputs: Any,
        initial_state: Any = None,
        dtype: Any = None,
        sequence_length: Any = None,
        scope: Any = None,
    ) -> tuple[Any, Any]:
        """Return the outputs [time, batch, depth], or a list for a list, and the last state.

        Args:
          inputs: [time, batch, depth], or a list of [batch, depth].
          initial_state: the first state; zeros by default.
          dtype: of the initial state; needed without one.
          sequence_length: integers [batch].
          scope: the variable scope.
        """


class FusedRNNCellAdaptor(FusedRNNCell):
    """Makes a fused cell, over all steps at once, of a plain one.

    Args:
      cell: an `RNNCell`.
      use_dynamic_rnn: whether to use `dynamic_rnn`, else `static_rnn`.
    """

    def __init__(self, cell: Any, use_dynamic_rnn: bool = False) -> None:
        self._cell = cell
        self._use_dynamic_rnn = use_dynamic_rnn

    def __call__(
        self,
        inputs: Any,
        initial_state: Any = None,
        dtype: Any = None,
        sequence_length: Any = None,
        scope: Any = None,
    ) -> tuple[Any, Any]:
        """Return the outputs [time, batch, depth], or a list for a list, and the last state."""
        is_list = isinstance(inputs, list)
        if self._use_dynamic_rnn:
            outputs, state = dynamic_rnn(
                self._cell,
                stack(inputs) if is_list else inputs,
                sequence_length=sequence_length,
                initial_state=initial_state,
                dtype=dtype,
                time_major=True,
                scope=scope,
            )
            return (unstack(outputs) if is_list else outputs), state
        outputs, state = static_rnn(
            self._cell,
            inputs if is_list else unstack(inputs),
            initial_state=initial_state,
            dtype=dtype,
            sequence_length=sequence_length,
            scope=scope,
        )
        return (outputs if is_list else stack(outputs)), state


class TimeReversedFusedRNN(FusedRNNCell):
    """Lets a fused cell go backwards.

    Args:
      cell: a fused cell.
    """

    def __init__(self, cell: Any) -> None:
        self._cell = cell

    def _reverse(self, tensor: Any, lengths: Any) -> Any:
        if isinstance(tensor, list):
            return list(reversed(tensor))
        if lengths is None:
            return reverse(tensor, [0])
        return reverse_sequence(tensor, lengths, 0, 1)

    def __call__(
        self,
        inputs: Any,
        initial_state: Any = None,
        dtype: Any = None,
        sequence_length: Any = None,
        scope: Any = None,
    ) -> tuple[Any, Any]:
        """Return the outputs in the order of the inputs, and the last state."""
        outputs, state = self._cell(
            self._reverse(inputs, sequence_length),
            initial_state=initial_state,
            dtype=dtype,
            sequence_length=sequence_length,
            **({} if scope is None else {"scope": scope}),
        )
        return self._reverse(outputs, sequence_length), state
