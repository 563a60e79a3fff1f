"""`strategy.extended`: what libraries ask of a strategy, for the one replica there is.

Source: TensorFlow 1.15, python/distribute: distribute_lib.py, one_device_strategy.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from tensormill.graph import default_scopes, nest
from tensormill.ops import grouping
from tensormill.ops.identities import identity

if TYPE_CHECKING:
    from tensormill.train.strategies import Strategy

__all__ = ["StrategyExtended"]


class StrategyExtended:
    """Changes variables and calls replicas, where each value has one replica.

    Args:
      strategy: whose this is.
      device: the device of the replica; None where the program says it.

    Attributes:
      experimental_require_static_shapes: whether replicas need shapes that are known.
    """

    experimental_require_static_shapes = False

    def __init__(self, strategy: Strategy, device: str | None = None) -> None:
        self._strategy = strategy
        self._device = device

    def _container_strategy(self) -> Strategy:
        return self._strategy

    @contextmanager
    def _on_device(self) -> Iterator[None]:
        if self._device is None:
            yield
        else:
            with default_scopes.device(self._device):
                yield

    def call_for_each_replica(
        self, fn: Callable[..., Any], args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        """Return what a function gives in the replica."""
        return self._strategy.experimental_run_v2(fn, args, kwargs)

    def reduce_to(self, reduce_op: Any, value: Any, destinations: Any) -> Any:
        """Return the sum or mean over the replicas, which is the value of the one there is."""
        return value

    def batch_reduce_to(
        self, reduce_op: Any, value_destination_pairs: Iterable[tuple[Any, Any]]
    ) -> list[Any]:
        """Return the sums or means of several values."""
        return [value for value, _ in value_destination_pairs]

    def broadcast_to(self, tensor: Any, destinations: Any) -> Any:
        """Return a value of one replica for all of them."""
        return tensor

    def update(
        self,
        var: Any,
        fn: Callable[..., Any],
        args: Sequence[Any] = (),
        kwargs: Any = None,
        group: bool = True,
    ) -> Any:
        """Run a function that changes a variable.

        Args:
          var: the variable, the function's first argument.
          fn: returns an operation, or a structure of tensors.
          args: its further arguments.
          kwargs: likewise, by name.
          group: False gives a tuple, by replica, for each of what the function returns.

        Returns:
          What the function returns.
        """
        return self.update_non_slot(var, fn, (var, *args), kwargs, group)

    def update_non_slot(
        self,
        colocate_with: Any,
        fn: Callable[..., Any],
        args: Sequence[Any] = (),
        kwargs: Any = None,
        group: bool = True,
    ) -> Any:
        """Run a function where a variable is, as `update` does, without naming it to the function.

        Args:
          colocate_with: the variable, or what `non_slot_devices` gave.
          fn: as for `update`.
          args: its arguments.
          kwargs: likewise, by name.
          group: as for `update`.
        """
        with self._on_device():
            result = fn(*args, **(kwargs or {}))
        return result if group else nest.map_structure(self._local_results, result)

    def colocate_vars_with(self, colocate_with_variable: Any) -> AbstractContextManager[Any]:
        """Return a block whose variables are made where another one is."""
        return default_scopes.colocate_with(colocate_with_variable)

    def variable_created_in_scope(self, v: Any) -> bool:
        """Return whether a variable is one of this strategy, as all are with one replica."""
        return True

    def read_var(self, v: Any) -> Any:
        """Return the value of a variable."""
        return identity(v)

    def value_container(self, value: Any) -> Any:
        """Return what holds the values of all replicas of which this is one."""
        return value

    def non_slot_devices(self, var_list: Sequence[Any]) -> Any:
        """Return where a state is to be kept that belongs to several variables."""
        if self._device is not None:
            return (self._device,)
        return min(var_list, key=lambda variable: str(variable.name))

    @property
    def worker_devices(self) -> tuple[str, ...]:
        """The devices that compute.

        Raises:
          RuntimeError: the program says them, not a strategy.
        """
        return self._own_devices("worker_devices")

    @property
    def parameter_devices(self) -> tuple[str, ...]:
        """The devices that have the variables.

        Raises:
          RuntimeError: the program says them, not a strategy.
        """
        return self._own_devices("parameter_devices")

    def _own_devices(self, name: str) -> tuple[str, ...]:
        if self._device is None:
            raise RuntimeError(f"{name}() method unsupported by default tf.distribute.Strategy.")
        return (self._device,)

    def _local_results(self, value: Any) -> tuple[Any, ...]:
        return self._strategy.experimental_local_results(value)

    def _group(self, value: Any, name: str | None = None) -> Any:
        return grouping.group(*nest.flatten(value), name=name)
