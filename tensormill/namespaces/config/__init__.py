"""`tf.config`: settings of the process."""

from tensormill.namespaces.config import experimental, optimizer, threading
from tensormill.session.process_config import (
    LogicalDevice,
    PhysicalDevice,
    get_soft_device_placement,
    get_visible_devices,
    list_logical_devices,
    list_physical_devices,
    set_soft_device_placement,
    set_visible_devices,
)
