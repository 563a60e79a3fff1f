"""One process that trains a network for some steps and says by how much its peak memory grew.

`python -m benchmarks.memory_process LIBRARY NETWORK`, with "tensormill", "tensorflow" or "pytorch"
as the library, prints MiB: the highest resident size of the process, without what it had when the
library had run one small step.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

STEPS = 30


def peak_mib() -> float:
    """Return the highest resident size so far.

    What `getrusage` says begins with that of the process that started this one.
    """
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def session_step(library: str, network: str) -> Callable[[], Any]:
    """Return a training step in a session, from what `networks` builds."""
    tf = importlib.import_module("benchmarks.side").load(library)
    networks = importlib.import_module("benchmarks.networks")
    with tf.Session() as session:
        session.run(tf.constant(1.0) + 1.0)
    build, optimize = networks.NETWORKS[network]
    begin = peak_mib()
    loss, fed = build(tf)
    update = optimize(tf.train).minimize(loss)
    session = tf.Session()
    session.run(tf.global_variables_initializer())
    step = session.make_callable([loss, update], list(fed))
    values = list(fed.values())
    return lambda: (float(step(*values)[0]), begin)


def torch_step(network: str) -> Callable[[], Any]:
    """Return an eager training step in PyTorch."""
    torch = importlib.import_module("torch")
    networks = importlib.import_module("benchmarks.eager_networks")
    float(torch.ones(1) + 1.0)
    begin = peak_mib()
    step = networks.EAGER[network](torch)
    return lambda: (float(step()), begin)


def main() -> None:
    library, network = sys.argv[1:3]
    step = torch_step(network) if library == "pytorch" else session_step(library, network)
    first, begin = step()
    last = first
    for _ in range(STEPS):
        last, begin = step()
    if not np.isfinite(last) or last >= first:
        raise AssertionError("wrong result: the loss does not fall")
    print(round(peak_mib() - begin, 1))


if __name__ == "__main__":
    main()
