"""`tensorflow.python.eager.context`, where nothing is eager."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from tensormill.graph.default_scopes import device
from tensormill.ops.random_seeds import set_random_seed
from tensormill.platform.behavior import EagerExecutionError, executing_eagerly, refuse_eager
from tensormill.session.device_attributes import list_devices
from tensormill.summary.default_writer import defaults

__all__ = [
    "DEVICE_PLACEMENT_SILENT",
    "EAGER_MODE",
    "GRAPH_MODE",
    "EagerExecutionError",
    "context",
    "context_safe",
    "device",
    "eager_mode",
    "ensure_initialized",
    "executing_eagerly",
    "get_log_device_placement",
    "global_seed",
    "graph_mode",
    "in_eager_mode",
    "in_graph_mode",
    "internal_operation_seed",
    "num_gpus",
    "set_global_seed",
    "set_log_device_placement",
    "shared_name",
]

GRAPH_MODE = 0
EAGER_MODE = 1
DEVICE_PLACEMENT_SILENT = 2


def _default_of(name: str) -> tuple[Callable[[Any], Any], Callable[[Any, Any], None]]:
    """Return what reads and what sets something that holds for summaries of this thread."""

    def read(context: Any) -> Any:
        return getattr(defaults, name)

    def write(context: Any, value: Any) -> None:
        setattr(defaults, name, value)

    return read, write


class _Context:
    """The one context there is: graphs are built, and run by sessions."""

    executing_eagerly = staticmethod(executing_eagerly)
    config: Any = None
    scope_name = ""
    device_name = None
    summary_writer = property(*_default_of("writer"))
    summary_recording = property(*_default_of("recording"))
    summary_step = property(*_default_of("step"))
    summary_recording_distribution_strategy = True

    def num_gpus(self) -> int:
        """Return the number of GPU devices."""
        return num_gpus()

    def devices(self) -> list[str]:
        """Return the names of the devices."""
        return [each.name for each in list_devices()]

    def ensure_initialized(self) -> None:
        """Do nothing: there is nothing to prepare."""

    def device(self, name: Any) -> Any:
        """Ask for a device for the operations made in the block."""
        return device(name)


_context = _Context()


def context() -> _Context:
    """Return the context of the process."""
    return _context


context_safe = context


def ensure_initialized() -> None:
    """Do nothing: there is nothing to prepare."""


def in_eager_mode() -> bool:
    """Return False."""
    return False


def in_graph_mode() -> bool:
    """Return True."""
    return True


def graph_mode() -> AbstractContextManager[None]:
    """Return a block in which graphs are built, as everywhere."""
    return nullcontext()


@contextmanager
def eager_mode() -> Iterator[None]:
    """Refuse to execute eagerly.

    Raises:
      RuntimeError: always.
    """
    refuse_eager("eager_mode()")
    yield


def num_gpus() -> int:
    """Return the number of GPU devices."""
    return sum(each.device_type == "GPU" for each in list_devices())


def shared_name(name: str | None = None) -> str | None:
    """Return the name under which state is shared: the given one, in graphs."""
    return name


def global_seed() -> None:
    """Return no seed: graphs have their own."""
    return


def internal_operation_seed() -> None:
    """Return no seed: graphs have their own."""
    return


def set_global_seed(seed: int) -> None:
    """Set the seed of the default graph."""
    set_random_seed(seed)


def get_log_device_placement() -> bool:
    """Return False: `ConfigProto.log_device_placement` asks for the log of a session."""
    return False


def set_log_device_placement(enabled: bool) -> None:
    """Do nothing: `ConfigProto.log_device_placement` asks for the log of a session."""
