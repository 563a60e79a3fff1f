"""The functions of `tensorflow.python.pywrap_tensorflow` that programs call."""

from __future__ import annotations

from tensormill.session.device_attributes import list_local_devices as list_devices
from tensormill.train.checkpoints.reader import CheckpointReader, NewCheckpointReader

__all__ = [
    "CheckpointReader",
    "IsGoogleCudaEnabled",
    "IsMklEnabled",
    "NewCheckpointReader",
    "list_devices",
]


def IsMklEnabled() -> bool:
    """Return False: the kernels are PyTorch's."""
    return False


def IsGoogleCudaEnabled() -> bool:
    """Return False: the kernels are PyTorch's."""
    return False
