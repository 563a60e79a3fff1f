"""`tensormill devices`: list the devices of this machine."""

import argparse
import json
import sys

import tensormill
from tensormill.cli.command import Command
from tensormill.graph.errors import OpError


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `tensormill devices`."""
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


def run(options: argparse.Namespace) -> int:
    """Print one line a device: name, type, memory, and what it stands on."""
    try:
        listed = tensormill.list_devices()
    except OpError as error:
        print(error, file=sys.stderr)
        return 1
    devices = [
        {
            "name": device.name,
            "device_type": device.device_type,
            "memory_limit_bytes": device.memory_limit_bytes,
            "physical_device_desc": device.physical_device_desc,
        }
        for device in listed
    ]
    if options.json:
        for device in devices:
            print(json.dumps(device))
        return 0
    width = max((len(device["name"]) for device in devices), default=0)
    for device in devices:
        size = f"{device['memory_limit_bytes'] / 2**20:,.0f} MiB"
        line = f"{device['name']:{width}}  {device['device_type']:4} {size:>12}"
        print(f"{line}  {device['physical_device_desc']}".rstrip())
    return 0


COMMAND = Command("devices", "list the devices of this machine", configure, run)
