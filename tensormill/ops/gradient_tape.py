"""`tf.GradientTape` in a graph: the gradients of the operations that are made inside a block.

Source: TensorFlow 1.15, python/eager/backprop.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tensormill.graph import nest
from tensormill.graph.graph import get_default_graph
from tensormill.graph.operation import Operation
from tensormill.graph.operators import OPERATORS
from tensormill.graph.tensor import Tensor
from tensormill.ops.gradients import UnconnectedGradients, gradients

__all__ = ["GradientTape"]


class GradientTape:
    """A with-statement that notes which operations are made, to differentiate through them.

    Trainable variables are watched by themselves, tensors where `watch` is told of them.
    """

    def __init__(self, persistent: bool = False, watch_accessed_variables: bool = True) -> None:
        """Make a tape.

        Args:
          persistent: gradients can be asked for more than once.
          watch_accessed_variables: watch trainable variables without being told.
        """
        self._persistent = persistent
        self._watches_variables = watch_accessed_variables
        self._watched: dict[int, Any] = {}
        self._graph: Any = None
        # Numbers of operations: those after the first and up to the second were recorded.
        self._recorded: list[tuple[int, int]] = []
        self._start: int | None = None
        self._is_used = False

    def __enter__(self) -> GradientTape:
        self._start_recording()
        return self

    def __exit__(self, *error: object) -> None:
        if self._start is not None:
            self._stop_recording()

    def _start_recording(self) -> None:
        if self._start is not None:
            raise ValueError("Tape is already recording.")
        self._graph = get_default_graph()
        self._start = self._graph._last_id

    def _stop_recording(self) -> None:
        if self._start is None:
            raise ValueError("Tape is not recording.")
        self._recorded.append((self._start, self._graph._last_id))
        self._start = None

    def watch(self, tensor: Any) -> None:
        """Let gradients with respect to a tensor, or a structure of them, be asked for."""
        for each in nest.flatten(tensor):
            self._watched[id(each)] = each

    def watched_variables(self) -> tuple[Any, ...]:
        """Return the variables that recorded operations use, in the order of their creation."""
        inputs = {id(t) for op in self._operations() for t in op.input_tensors}
        return tuple(
            variable
            for variable in self._graph.get_collection("trainable_variables")
            if self._is_watched(variable) and not inputs.isdisjoint(_ends_of(variable))
        )

    @contextmanager
    def stop_recording(self) -> Iterator[None]:
        """Leave out the operations that are made in a block."""
        self._stop_recording()
        try:
            yield
        finally:
            self._start_recording()

    def reset(self) -> None:
        """Forget what was recorded and watched."""
        was_recording = self._start is not None
        self.__init__(self._persistent, self._watches_variables)  # type: ignore[misc]
        if was_recording:
            self._start_recording()

    def gradient(
        self,
        target: Any,
        sources: Any,
        output_gradients: Any = None,
        unconnected_gradients: UnconnectedGradients | str = UnconnectedGradients.NONE,
    ) -> Any:
        """Return the gradients of targets with respect to sources, in the structure of these.

        Raises:
          RuntimeError: the tape was used before, and is not persistent.
        """
        self._require_unused()
        flat = nest.flatten(sources)
        watched = [source for source in flat if self._is_watched(source)]
        targets = nest.flatten(target)
        stops = self._borders(watched)
        found = iter(
            gradients(
                targets,
                watched,
                grad_ys=None if output_gradients is None else nest.flatten(output_gradients),
                stop_gradients=stops,
                unconnected_gradients=unconnected_gradients,
            )
            if watched
            else ()
        )
        return nest.pack_sequence_as(
            sources, [next(found) if self._is_watched(source) else None for source in flat]
        )

    def jacobian(
        self,
        target: Tensor,
        sources: Any,
        unconnected_gradients: Any = UnconnectedGradients.NONE,
        parallel_iterations: int | None = None,
        experimental_use_pfor: bool = True,
    ) -> Any:
        """Return the derivatives of each element of a tensor for each element of others.

        Args:
          target: [y_1, ..., y_n], made inside the block.
          sources: a structure of tensors; one of [x_1, ..., x_m] gives
            [y_1, ..., y_n, x_1, ..., x_m].
          unconnected_gradients: what stands for those that the target does not depend on.
          parallel_iterations: how many elements may be computed at once.
          experimental_use_pfor: which of two loops computes them.
        """
        differentiate = self._differentiate(unconnected_gradients)
        return OPERATORS["jacobian"](
            target, sources, differentiate, experimental_use_pfor, parallel_iterations
        )

    def batch_jacobian(
        self,
        target: Tensor,
        source: Any,
        unconnected_gradients: Any = UnconnectedGradients.NONE,
        parallel_iterations: int | None = None,
        experimental_use_pfor: bool = True,
    ) -> Any:
        """Return the derivatives of each row of a tensor for the same row of another.

        Args:
          target: [batch, y_1, ..., y_n], made inside the block.
          source: [batch, x_1, ..., x_m].
          unconnected_gradients: what stands for a source that the target does not depend on.
          parallel_iterations: how many elements may be computed at once.
          experimental_use_pfor: which of two loops computes them.

        Raises:
          ValueError: the numbers of rows differ.
        """
        shapes = target.shape, source.shape
        if not all(shape.ndims is None or shape.ndims >= 1 for shape in shapes) or not (
            target.shape[:1].is_compatible_with(source.shape[:1])
        ):
            raise ValueError(
                f"Need first dimension of target shape ({target.shape}) and source shape "
                f"({source.shape}) to match."
            )
        differentiate = self._differentiate(unconnected_gradients)
        return OPERATORS["batch_jacobian"](
            target, source, differentiate, experimental_use_pfor, parallel_iterations, True
        )

    def _differentiate(self, unconnected_gradients: Any) -> Any:
        """Return what differentiates for the tape, and through what is made from now on."""
        self._require_unused()
        begin = self._graph._last_id
        recorded = list(self._recorded)
        if self._start is not None:
            recorded.append((self._start, begin))

        def differentiate(y: Any, sources: Any) -> Any:
            tape = GradientTape(True, self._watches_variables)
            tape._graph, tape._watched = self._graph, self._watched
            tape._recorded = [*recorded, (begin, self._graph._last_id)]
            return tape.gradient(y, sources, unconnected_gradients=unconnected_gradients)

        return differentiate

    def _require_unused(self) -> None:
        if self._is_used and not self._persistent:
            raise RuntimeError(
                "GradientTape.gradient can only be called once on non-persistent tapes."
            )
        self._is_used = True

    def _is_watched(self, source: Any) -> bool:
        if id(source) in self._watched:
            return True
        if isinstance(source, Tensor):
            return self._is_recorded(source.op)
        return self._watches_variables and bool(getattr(source, "trainable", False))

    def _is_recorded(self, op: Operation) -> bool:
        if op.graph is not self._graph:
            return False
        now = [] if self._start is None else [(self._start, self._graph._last_id)]
        return any(first < op._id <= last for first, last in [*self._recorded, *now])

    def _operations(self) -> list[Operation]:
        operations = () if self._graph is None else self._graph.get_operations()
        return [op for op in operations if self._is_recorded(op)]

    def _borders(self, sources: list[Any]) -> list[Tensor]:
        """Return the tensors that recorded operations take from those that were not recorded."""
        recorded = self._operations()
        inside = {id(op) for op in recorded}
        ends = {end for source in sources for end in _ends_of(source)}
        borders = {
            id(tensor): tensor
            for op in recorded
            for tensor in op.input_tensors
            if id(tensor.op) not in inside and id(tensor) not in ends
        }
        return list(borders.values())


def _ends_of(source: Any) -> set[int]:
    """Return the ids of the tensors by which operations take a source."""
    if isinstance(source, Tensor):
        return {id(source)}
    tensors = (getattr(source, name, None) for name in ("handle", "_ref", "_snapshot"))
    return {id(t() if callable(t) else t) for t in tensors if t is not None}
