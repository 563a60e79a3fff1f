"""What a process of a `LocalCluster` runs: the server of its task, until it is told to stop.

Its place in the cluster is in TF_CONFIG. It says on standard output when it can be reached.
"""

from __future__ import annotations

import json
import os
import sys

from tensorboard.compat.proto.config_pb2 import ConfigProto

from tensormill.distributed.server import Server

__all__ = ["CONFIG_VARIABLE", "READY", "main"]

READY = "serving "
# The ConfigProto of the servers, in hexadecimal digits.
CONFIG_VARIABLE = "TENSORMILL_SERVER_CONFIG"


def main() -> None:
    """Serve a task."""
    place = json.loads(os.environ["TF_CONFIG"])
    config = ConfigProto.FromString(bytes.fromhex(os.environ[CONFIG_VARIABLE]))
    task = place["task"]
    with Server(place["cluster"], task["type"], task["index"], config=config) as server:
        sys.stdout.write(f"{READY}{server.address}\n")
        sys.stdout.flush()
        server.join()


if __name__ == "__main__":
    main()
