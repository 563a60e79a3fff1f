"""What `tf.config` keeps for the process: devices, threads and options of the optimizer.

In TensorFlow 1 these are the settings of eager execution; sessions take theirs from a ConfigProto.
So they are checked and remembered here. Memory of a GPU is taken as it is used in any case.

Source: TensorFlow 1.15, python/framework/config.py and python/eager/context.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from tensormill.runtime.devices import local_devices

__all__ = [
    "LogicalDevice",
    "PhysicalDevice",
    "VirtualDeviceConfiguration",
    "get_device_policy",
    "get_inter_op_parallelism_threads",
    "get_intra_op_parallelism_threads",
    "get_memory_growth",
    "get_optimizer_experimental_options",
    "get_optimizer_jit",
    "get_soft_device_placement",
    "get_synchronous_execution",
    "get_virtual_device_configuration",
    "get_visible_devices",
    "list_logical_devices",
    "list_physical_devices",
    "set_device_policy",
    "set_inter_op_parallelism_threads",
    "set_intra_op_parallelism_threads",
    "set_memory_growth",
    "set_optimizer_experimental_options",
    "set_optimizer_jit",
    "set_soft_device_placement",
    "set_synchronous_execution",
    "set_virtual_device_configuration",
    "set_visible_devices",
]

_POLICIES = ("explicit", "warn", "silent", "silent_for_int32", None)
_OPTIMIZER_OPTIONS = frozenset(
    """
    layout_optimizer constant_folding shape_optimization remapping arithmetic_optimization
    dependency_optimization loop_optimization function_optimization debug_stripper
    disable_model_pruning scoped_allocator_optimization pin_to_host_optimization
    implementation_selector auto_mixed_precision disable_meta_optimizer min_graph_nodes
    """.split()
)


class PhysicalDevice(NamedTuple):
    """A device of this machine.

    Attributes:
      name: such as "/physical_device:GPU:0".
      device_type: "CPU" or "GPU".
    """

    name: str
    device_type: str


class LogicalDevice(NamedTuple):
    """A device as operations name it.

    Attributes:
      name: such as "/device:GPU:0".
      device_type: "CPU" or "GPU".
    """

    name: str
    device_type: str


class VirtualDeviceConfiguration(NamedTuple):
    """A part of a physical device.

    Attributes:
      memory_limit: its memory, in megabytes.
      experimental_priority: the priority of its streams.
    """

    memory_limit: int | None = None
    experimental_priority: int | None = None


class _Settings:
    """The settings that programs made, None where there are none."""

    def __init__(self) -> None:
        self.visible: list[PhysicalDevice] | None = None
        self.growth: dict[PhysicalDevice, bool] = {}
        self.parts: dict[PhysicalDevice, list[VirtualDeviceConfiguration]] = {}
        self.policy: str | None = "silent"
        self.is_synchronous = True
        self.is_soft = False
        self.jit = False
        self.optimizer: dict[str, Any] = {}
        self.inter_op_threads = 0
        self.intra_op_threads = 0


_settings = _Settings()


def list_physical_devices(device_type: str | None = None) -> list[PhysicalDevice]:
    """Return the devices of this machine, of one type where it is given."""
    counts: dict[str, int] = {}
    found = []
    for device in local_devices():
        number = counts.get(device.type, 0)
        counts[device.type] = number + 1
        if device_type in (None, device.type):
            found.append(PhysicalDevice(f"/physical_device:{device.type}:{number}", device.type))
    return found


def list_logical_devices(device_type: str | None = None) -> list[LogicalDevice]:
    """Return the devices that operations can name, of one type where it is given."""
    counts: dict[str, int] = {}
    found = []
    for physical in get_visible_devices():
        for _ in range(len(_settings.parts.get(physical, ())) or 1):
            number = counts.get(physical.device_type, 0)
            counts[physical.device_type] = number + 1
            if device_type in (None, physical.device_type):
                name = f"/device:{physical.device_type}:{number}"
                found.append(LogicalDevice(name, physical.device_type))
    return found


def get_visible_devices(device_type: str | None = None) -> list[PhysicalDevice]:
    """Return the devices that are not hidden."""
    visible = list_physical_devices() if _settings.visible is None else _settings.visible
    return [device for device in visible if device_type in (None, device.device_type)]


def set_visible_devices(devices: Any, device_type: str | None = None) -> None:
    """Hide all other devices, or all others of one type.

    Raises:
      ValueError: there is no such device, or it is not of the type.
    """
    wanted = [devices] if isinstance(devices, PhysicalDevice) else list(devices or ())
    for device in wanted:
        _check_present(device)
        if device_type not in (None, device.device_type):
            raise ValueError(f"Unrecognized device: {device!r}")
    kept = [] if device_type is None else get_visible_devices()
    _settings.visible = [each for each in kept if each.device_type != device_type] + wanted


def get_memory_growth(device: PhysicalDevice) -> bool | None:
    """Return what was set for a device, None if nothing was.

    Raises:
      ValueError: there is no such device.
    """
    _check_present(device)
    return _settings.growth.get(device)


def set_memory_growth(device: PhysicalDevice, enable: bool) -> None:
    """Say whether memory of a GPU is taken as it is used, which is always so here.

    Raises:
      ValueError: it is no GPU of this machine, or has been split.
    """
    _check_present(device)
    if device.device_type != "GPU":
        raise ValueError("Cannot set memory growth on non-GPU devices")
    if device in _settings.parts:
        raise ValueError("Cannot set memory growth on device when virtual devices configured")
    _settings.growth[device] = enable


def get_virtual_device_configuration(
    device: PhysicalDevice,
) -> list[VirtualDeviceConfiguration] | None:
    """Return the parts of a device, None where it is whole.

    Raises:
      ValueError: there is no such device.
    """
    _check_present(device)
    return _settings.parts.get(device)


def set_virtual_device_configuration(
    device: PhysicalDevice, virtual_devices: Sequence[VirtualDeviceConfiguration]
) -> None:
    """Split a device; sessions split the CPU by `ConfigProto(device_count={"CPU": n})`.

    Raises:
      ValueError: there is no such device, or a limit cannot be set on it.
    """
    _check_present(device)
    if device.device_type == "CPU":
        for part in virtual_devices:
            if part.memory_limit is not None:
                raise ValueError(
                    "Setting memory limit on CPU virtual devices is currently not supported"
                )
            if part.experimental_priority is not None:
                raise ValueError(
                    "Setting experimental_priority on CPU virtual devices is currently not "
                    "supported"
                )
    elif device in _settings.growth:
        raise ValueError("Cannot set virtual devices when memory growth is set")
    _settings.parts[device] = list(virtual_devices)


def _check_present(device: Any) -> None:
    if device not in list_physical_devices():
        raise ValueError(f"Unrecognized device: {device!r}")


def get_device_policy() -> str:
    """Return how operations get inputs from other devices."""
    return _settings.policy or "silent"


def set_device_policy(device_policy: str | None) -> None:
    """Say how operations get inputs from other devices: graphs copy them, whatever is said.

    Raises:
      ValueError: the policy is not known.
    """
    if device_policy not in _POLICIES:
        raise ValueError(f"Not a valid device policy: {device_policy!r}")
    _settings.policy = device_policy


def get_synchronous_execution() -> bool:
    """Return whether operations are waited for."""
    return _settings.is_synchronous


def set_synchronous_execution(enable: bool | None) -> None:
    """Say whether operations are waited for."""
    _settings.is_synchronous = True if enable is None else enable


def get_soft_device_placement() -> bool:
    """Return what was set; a session is told by `ConfigProto(allow_soft_placement=True)`."""
    return _settings.is_soft


def set_soft_device_placement(enabled: bool) -> None:
    """Remember it; a session is told by `ConfigProto(allow_soft_placement=True)`."""
    _settings.is_soft = bool(enabled)


def get_inter_op_parallelism_threads() -> int:
    """Return the number of threads for independent operations that was set, 0 for the default."""
    return _settings.inter_op_threads


def set_inter_op_parallelism_threads(num_threads: int) -> None:
    """Remember it; a session is told by `ConfigProto(inter_op_parallelism_threads=n)`."""
    _settings.inter_op_threads = num_threads


def get_intra_op_parallelism_threads() -> int:
    """Return the number of threads within an operation that was set, 0 for the default."""
    return _settings.intra_op_threads


def set_intra_op_parallelism_threads(num_threads: int) -> None:
    """Remember it; a session is told by `ConfigProto(intra_op_parallelism_threads=n)`."""
    _settings.intra_op_threads = num_threads


def get_optimizer_jit() -> bool:
    """Return whether compiling was asked for."""
    return _settings.jit


def set_optimizer_jit(enabled: bool) -> None:
    """Remember it; a session is told by `optimizer_options.global_jit_level`."""
    _settings.jit = bool(enabled)


def get_optimizer_experimental_options() -> dict[str, Any]:
    """Return the options that were set, and two that always are."""
    always = {"disable_model_pruning": False, "disable_meta_optimizer": False}
    return {**always, **_settings.optimizer}


def set_optimizer_experimental_options(options: dict[str, Any]) -> None:
    """Remember options of the rewriter of graphs; a session takes `graph_options`."""
    _settings.optimizer.update(
        {name: value for name, value in options.items() if name in _OPTIMIZER_OPTIONS}
    )
