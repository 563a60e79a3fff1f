"""`tf.distribute` with one replica: the default strategy, and those of a single device.

Several replicas are trained by towers or by several tasks (`tf.train.replica_device_setter`); the
strategies that would make them are refused.

Source: TensorFlow 1.15, python/distribute: distribute_lib.py, one_device_strategy.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import Any, NoReturn

from tensormill.graph.default_scopes import device as device_scope
from tensormill.graph.graph import get_default_graph
from tensormill.ops.reduction import reduce_mean, reduce_sum
from tensormill.session.device_attributes import list_devices
from tensormill.train.strategy_extended import StrategyExtended
from tensormill.variables.creation import variable_creator_scope

__all__ = [
    "ContribMirroredStrategy",
    "InputContext",
    "InputReplicationMode",
    "MirroredStrategy",
    "OneDeviceStrategy",
    "ReduceOp",
    "ReplicaContext",
    "Strategy",
    "get_replica_context",
    "get_strategy",
    "has_strategy",
    "in_cross_replica_context",
]

_STATE = "distribution_strategies"


class ReduceOp(Enum):
    """How the values of replicas become one."""

    SUM = "SUM"
    MEAN = "MEAN"


class InputReplicationMode(Enum):
    """How many times the function of an input is called."""

    PER_WORKER = "PER_WORKER"


@dataclass(frozen=True)
class InputContext:
    """Which part of the input a pipeline is to read: with one replica all of it.

    Attributes:
      num_input_pipelines: how many pipelines there are.
      input_pipeline_id: the number of this one.
      num_replicas_in_sync: how many replicas share a batch.
    """

    num_input_pipelines: int = 1
    input_pipeline_id: int = 0
    num_replicas_in_sync: int = 1

    def get_per_replica_batch_size(self, global_batch_size: int) -> int:
        """Return the part of a batch that a replica gets.

        Raises:
          ValueError: the batch has no equal parts.
        """
        if global_batch_size % self.num_replicas_in_sync:
            raise ValueError(
                f"The `global_batch_size` {global_batch_size!r} is not divisible by "
                f"`num_replicas_in_sync` {self.num_replicas_in_sync!r} "
            )
        return global_batch_size // self.num_replicas_in_sync


class Strategy:
    """One replica, on the devices that the program asks for: what there is without a strategy."""

    num_replicas_in_sync = 1
    _device: str | None = None

    @property
    def extended(self) -> StrategyExtended:
        """What libraries ask of the strategy."""
        return StrategyExtended(self, self._device)

    @contextmanager
    def scope(self) -> Iterator[Strategy]:
        """Make this the strategy of the block."""
        with self._entered(is_cross_replica=True):
            yield self

    @contextmanager
    def _entered(self, *, is_cross_replica: bool) -> Iterator[None]:
        stack = _stack()
        stack.append((self, is_cross_replica))
        try:
            yield
        finally:
            stack.pop()

    @contextmanager
    def _in_replica(self) -> Iterator[None]:
        with self._entered(is_cross_replica=False):
            yield

    def experimental_run_v2(
        self, fn: Callable[..., Any], args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        """Return what a function gives in the replica."""
        with self._in_replica():
            return fn(*args, **(kwargs or {}))

    def experimental_run(self, fn: Callable[..., Any], input_iterator: Any = None) -> Any:
        """Return what a function gives in the replica for the next element of an iterator."""
        arguments = () if input_iterator is None else (input_iterator.get_next(),)
        return self.experimental_run_v2(fn, arguments)

    def reduce(self, reduce_op: ReduceOp | str, value: Any, axis: int | None = None) -> Any:
        """Return the value of the replica, summed or averaged over an axis where one is given."""
        if axis is None:
            return value
        over = reduce_sum if ReduceOp(reduce_op) is ReduceOp.SUM else reduce_mean
        return over(value, axis=axis)

    def experimental_distribute_dataset(self, dataset: Any) -> Any:
        """Return the data set: the one replica gets all of it."""
        return dataset

    def experimental_distribute_datasets_from_function(
        self, dataset_fn: Callable[[InputContext], Any]
    ) -> Any:
        """Return the data set that a function makes for the one pipeline there is."""
        return dataset_fn(InputContext())

    def make_dataset_iterator(self, dataset: Any) -> Any:
        """Return an iterator over a data set, to be initialized by its `initializer`."""
        return dataset.make_initializable_iterator()

    def make_input_fn_iterator(
        self,
        input_fn: Callable[[InputContext], Any],
        replication_mode: InputReplicationMode = InputReplicationMode.PER_WORKER,
    ) -> Any:
        """Return an iterator over the data set that a function makes."""
        return self.make_dataset_iterator(input_fn(InputContext()))

    def experimental_local_results(self, value: Any) -> tuple[Any, ...]:
        """Return the values of the replicas, of which there is one."""
        return (value,)

    unwrap = experimental_local_results

    def update_config_proto(self, config_proto: Any) -> Any:
        """Return the settings as they are."""
        return config_proto


class OneDeviceStrategy(Strategy):
    """One replica on one device, which has its variables, too."""

    _device: str

    def __init__(self, device: str) -> None:
        self._device = device

    @contextmanager
    def scope(self) -> Iterator[Strategy]:
        """Make this the strategy of the block, whose variables are put on the device."""

        def create(next_creator: Callable[..., Any], **arguments: Any) -> Any:
            with device_scope(self._device):
                return next_creator(**arguments)

        with super().scope(), variable_creator_scope(create):
            yield self

    @contextmanager
    def _in_replica(self) -> Iterator[None]:
        with ExitStack() as blocks:
            if not isinstance(get_strategy(), OneDeviceStrategy):
                blocks.enter_context(self.scope())
            blocks.enter_context(super()._in_replica())
            blocks.enter_context(device_scope(self._device))
            yield


class MirroredStrategy(OneDeviceStrategy):
    """The replicas of one machine, where that is one device."""

    def __init__(self, devices: Sequence[str] | None = None, cross_device_ops: Any = None) -> None:
        """Take a device, by default the GPU, or the CPU where there is none.

        Raises:
          NotImplementedError: there are several.
        """
        if devices is None:
            gpus = [each.name for each in list_devices() if each.device_type == "GPU"]
            devices = gpus or ["/device:CPU:0"]
        if len(devices) != 1:
            _refuse_several(len(devices))
        super().__init__(devices[0])


class ContribMirroredStrategy(MirroredStrategy):
    """`MirroredStrategy` as `tf.contrib.distribute` has it, with a number of GPUs."""

    def __init__(
        self,
        devices: Sequence[str] | None = None,
        num_gpus: int | None = None,
        num_gpus_per_worker: int | None = None,
        cross_device_ops: Any = None,
        auto_shard_dataset: bool = False,
    ) -> None:
        """Take a device, or one by the number of GPUs; with no GPU it is the CPU.

        Raises:
          NotImplementedError: there are several.
          ValueError: devices and numbers are given.
        """
        count = num_gpus if num_gpus is not None else num_gpus_per_worker
        if devices is not None and count is not None:
            raise ValueError("Must only specify one of `devices` and `num_gpus`.")
        if count is not None:
            devices = [f"/device:GPU:{number}" for number in range(count)] or ["/device:CPU:0"]
        super().__init__(devices, cross_device_ops)


def _refuse_several(count: int) -> NoReturn:
    raise NotImplementedError(
        f"MirroredStrategy with {count} devices: there are strategies for one device only. Make a "
        "tower for each device with `with tf.device(...)` and average their gradients, name one "
        "device, or train on several tasks with tf.train.replica_device_setter."
    )


class ReplicaContext:
    """Where a function of a replica runs.

    Attributes:
      strategy: the strategy.
      replica_id_in_sync_group: the number of the replica.
    """

    num_replicas_in_sync = 1
    replica_id_in_sync_group = 0

    def __init__(self, strategy: Strategy) -> None:
        self.strategy = strategy

    def merge_call(
        self, merge_fn: Callable[..., Any], args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        """Return what a function of the strategy and the values of all replicas gives."""
        with self.strategy._entered(is_cross_replica=True):
            return merge_fn(self.strategy, *args, **(kwargs or {}))

    def all_reduce(self, reduce_op: ReduceOp | str, value: Any) -> Any:
        """Return the sum or mean over the replicas, which is the value of the one there is."""
        ReduceOp(reduce_op)
        return value


_default_strategy = Strategy()


def _stack() -> list[tuple[Strategy, bool]]:
    extra: Mapping[str, Any] = get_default_graph()._extra
    stack: list[tuple[Strategy, bool]] = extra.setdefault(_STATE, [])  # type: ignore[attr-defined]
    return stack


def get_strategy() -> Strategy:
    """Return the strategy of the block, or the default one."""
    stack = _stack()
    return stack[-1][0] if stack else _default_strategy


def has_strategy() -> bool:
    """Return whether a block has a strategy."""
    return get_strategy() is not _default_strategy


def in_cross_replica_context() -> bool:
    """Return whether a block has a strategy, and is not in a replica."""
    stack = _stack()
    return bool(stack) and stack[-1][1]


def get_replica_context() -> ReplicaContext | None:
    """Return the context of the replica, None in the block of a strategy outside of it."""
    return None if in_cross_replica_context() else ReplicaContext(get_strategy())
