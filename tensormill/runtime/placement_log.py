"""What `log_device_placement` writes to standard output: devices, and where operations are."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress

from tensormill.graph.operation import Operation
from tensormill.runtime.any_master import AnyDevice

__all__ = ["log_devices", "log_placement"]

_STANDARD_OUTPUT = 1


def _identity(descriptor: int) -> tuple[int, int] | None:
    """Return what a file descriptor leads to, or None where it is closed."""
    try:
        status = os.fstat(descriptor)
    except OSError:
        return None
    return status.st_dev, status.st_ino


_at_start = _identity(_STANDARD_OUTPUT)


def log_devices(devices: Sequence[AnyDevice]) -> None:
    """Write what stands behind the devices of a new session."""
    lines = [f"{d.name} -> {d.physical_desc}\n" for d in devices if d.physical_desc]
    _write("Device mapping:\n" + "".join(lines) if lines else "Device mapping: no known devices.\n")


def log_placement(placed: Iterable[tuple[Operation, str]]) -> None:
    """Write one line for every operation: name, type and the full name of its device."""
    text = "".join([f"{op.name}: ({op.type}): {device}\n" for op, device in placed])
    if text:
        _write(text)


def _write(text: str) -> None:
    """Write where the standard output of a C program would go, so that what captures that sees it.

    In some notebooks `sys.stdout` has no file descriptor behind it, and what goes to the descriptor
    is lost. There the text goes to `sys.stdout`, unless the descriptor has been led elsewhere since
    then, which is how wurlitzer captures it.
    """
    stream = sys.stdout
    if stream is not None:
        with suppress(OSError, ValueError):
            stream.flush()
        if not _has_descriptor(stream) and _identity(_STANDARD_OUTPUT) == _at_start:
            stream.write(text)
            stream.flush()
            return
    remaining = text.encode(errors="backslashreplace")
    with suppress(OSError):
        while remaining:
            remaining = remaining[os.write(_STANDARD_OUTPUT, remaining) :]


def _has_descriptor(stream: object) -> bool:
    try:
        stream.fileno()  # type: ignore[attr-defined]
    except (AttributeError, OSError, ValueError):
        return False
    return True
