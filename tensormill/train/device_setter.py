"""Variables on parameter servers, all else on workers: `replica_device_setter` and its strategies.

Source: TensorFlow 1.15, python/training/device_setter.py and
contrib/training/python/training/device_setter.py.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from tensormill.distributed.cluster_spec import ClusterSpec
from tensormill.graph.device_names import DeviceSpec
from tensormill.graph.operation import Operation
from tensormill.graph.shapes import format_dims, is_fully_defined, num_elements

__all__ = [
    "GreedyLoadBalancingStrategy",
    "RandomStrategy",
    "VariableDeviceChooser",
    "byte_size_load_fn",
    "replica_device_setter",
]

STANDARD_PS_OPS = (
    "Variable",
    "VariableV2",
    "AutoReloadVariable",
    "MutableHashTable",
    "MutableHashTableV2",
    "MutableHashTableOfTensors",
    "MutableHashTableOfTensorsV2",
    "MutableDenseHashTable",
    "MutableDenseHashTableV2",
    "VarHandleOp",
    "BoostedTreesEnsembleResourceHandleOp",
    "BoostedTreesQuantileStreamResourceHandleOp",
    "ResourceConditionalAccumulator",
)
"""The op types that hold parameters."""

Strategy = Callable[[Operation], int]
"""Chooses the task of an operation that holds parameters."""


def replica_device_setter(
    ps_tasks: int = 0,
    ps_device: str = "/job:ps",
    worker_device: str = "/job:worker",
    merge_devices: bool = True,
    cluster: Any = None,
    ps_ops: Sequence[str] | None = None,
    ps_strategy: Strategy | None = None,
) -> Callable[[Operation], str] | None:
    """Return a device function that puts variables on parameter servers and all else on a worker.

    What inner device blocks ask for wins over both.

    Args:
      ps_tasks: the number of parameter servers; not used where `cluster` is given.
      ps_device: their job; "" for none.
      worker_device: where all other operations go; "" for anywhere.
      merge_devices: merge with what inner blocks ask for; False leaves alone what has a device.
      cluster: a ClusterSpec, ClusterDef or dict, whose job of `ps_device` gives `ps_tasks`.
      ps_ops: the op types that hold parameters.
      ps_strategy: chooses the task of each of them; one after the other by default.

    Returns:
      A function for `tf.device`; None, which is no constraint, without parameter servers.

    Raises:
      TypeError: `cluster` is no cluster, or `ps_strategy` is not callable.
    """
    if cluster is not None:
        jobs = ClusterSpec(cluster).as_dict()
        ps_job = DeviceSpec.from_string(ps_device).job
        if ps_job not in jobs:
            return None
        ps_tasks = len(jobs[ps_job])
    if ps_tasks == 0:
        return None
    if not merge_devices:
        warnings.warn(
            "DEPRECATION: It is recommended to set merge_devices=true in replica_device_setter",
            DeprecationWarning,
            stacklevel=2,
        )
    if ps_strategy is None:
        ps_strategy = _RoundRobinStrategy(ps_tasks)
    if not callable(ps_strategy):
        raise TypeError("ps_strategy must be callable")
    chooser = _ReplicaDeviceChooser(
        ps_device,
        worker_device,
        merge_devices,
        STANDARD_PS_OPS if ps_ops is None else ps_ops,
        ps_strategy,
    )
    return chooser.device_function


class _ReplicaDeviceChooser:
    """The device function that `replica_device_setter` returns."""

    def __init__(
        self,
        ps_device: str,
        worker_device: str,
        merge_devices: bool,
        ps_ops: Sequence[str],
        ps_strategy: Strategy,
    ) -> None:
        self._ps_device = ps_device
        self._worker_device = worker_device
        self._merge_devices = merge_devices
        self._ps_ops = frozenset(ps_ops)
        self._ps_strategy = ps_strategy

    def device_function(self, op: Operation) -> str:
        """Return the device for an operation, given what inner blocks ask for."""
        if op.device and not self._merge_devices:
            return op.device
        inner = DeviceSpec.from_string(op.device)
        if not self._ps_device or op.type not in self._ps_ops:
            return DeviceSpec.from_string(self._worker_device).make_merged_spec(inner).to_string()
        spec = DeviceSpec.from_string(self._ps_device)
        if spec.job and (not inner.job or inner.job == spec.job):
            spec.task = self._ps_strategy(op)
        return spec.make_merged_spec(inner).to_string()


class VariableDeviceChooser:
    """A device function for variables: parameter servers in turn, or a device of the own task.

    Args:
      num_tasks: how many parameter servers there are.
      job_name: their job.
      device_type: of the device.
      device_index: of the device.
      replica: of the device.
    """

    def __init__(
        self,
        num_tasks: int = 0,
        job_name: str = "ps",
        device_type: str = "CPU",
        device_index: int | None = 0,
        replica: int | None = None,
    ) -> None:
        self._job_name = job_name
        self._parts = {
            "replica": replica,
            "device_type": device_type,
            "device_index": device_index,
        }
        self._next_task = _RoundRobinStrategy(num_tasks) if num_tasks > 0 else None

    def __call__(self, op: Operation) -> str:
        """Return the device for an operation."""
        spec = DeviceSpec(**self._parts)
        if self._next_task is not None:
            spec.job, spec.task = self._job_name, self._next_task(op)
        return spec.to_string()


class _RoundRobinStrategy:
    """One task after the other."""

    def __init__(self, num_tasks: int) -> None:
        self._num_tasks = num_tasks
        self._next_task = 0

    def __call__(self, op: Operation) -> int:
        task = self._next_task
        self._next_task = (task + 1) % self._num_tasks
        return task


class GreedyLoadBalancingStrategy:
    """Puts each operation on the task with the least load so far, the first of them."""

    def __init__(self, num_tasks: int, load_fn: Callable[[Operation], float]) -> None:
        """Start with no load anywhere.

        Args:
          num_tasks: the number of parameter servers.
          load_fn: the load that an operation brings, such as `byte_size_load_fn`.
        """
        self._loads = [0.0] * num_tasks
        self._load_fn = load_fn

    def __call__(self, op: Operation) -> int:
        """Return the task for `op`, and count its load there."""
        task = self._loads.index(min(self._loads))
        self._loads[task] += self._load_fn(op)
        return task


class RandomStrategy:
    """Puts each operation on a task that follows from its name."""

    def __init__(self, num_ps_tasks: int, seed: int = 0) -> None:
        """Take the number of parameter servers; another seed gives another distribution."""
        self._num_tasks = num_ps_tasks
        self._seed = seed

    def __call__(self, op: Operation) -> int:
        """Return the task for `op`."""
        key = f"{op.name}_{self._seed}".encode()
        return int(hashlib.md5(key, usedforsecurity=False).hexdigest(), 16) % self._num_tasks


def byte_size_load_fn(op: Operation) -> int:
    """Return the bytes of the single output of an operation; for a resource variable, of its value.

    Raises:
      ValueError: there is not exactly one output, or its shape is not fully defined.
    """
    if len(op.outputs) != 1:
        raise ValueError(f"Op {op} must have a single output")
    output = op.outputs[0]
    dtype, dims = output.dtype, output.dims
    if op.type == "VarHandleOp":
        dtype, dims = op.attrs["dtype"], op.attrs["shape"]
    elif not is_fully_defined(dims):
        dims = op.attrs.get("shape")
    count = num_elements(dims)
    if count is None:
        raise ValueError(f"Shape {format_dims(dims)} of op {op.name!r} is not fully defined")
    return count * dtype.size
