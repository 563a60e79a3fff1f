"""`from tensormill.python.client import device_lib`: the devices of this machine."""

from tensormill.session.device_attributes import list_local_devices

__all__ = ["list_local_devices"]
