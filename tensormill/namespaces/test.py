"""`tf.test`."""

from __future__ import annotations

from tensormill.session.device_attributes import (
    gpu_device_name,
    is_built_with_cuda,
    is_gpu_available,
)
