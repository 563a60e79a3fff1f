"""One process that trains a network and tells its peak of memory.

Prints the MiB that building and training the network added to what the process held before.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

STEPS = 30


def status_mib(field: str) -> float:
    """Return a field of the process's status that is given in kB: VmRSS, VmHWM."""
    for line in Path("/proc/self/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == field:
            return int(value.split()[0]) / 1024
    raise LookupError(field)


def main() -> None:
    library, network = sys.argv[1:]
    tf = importlib.import_module("benchmarks.side").load(library)
    training = importlib.import_module("benchmarks.bench_training")
    with tf.Session() as session:  # what a first step loads belongs to the library
        session.run(tf.matmul(tf.ones([64, 64]), tf.ones([64, 64])))
    tf.reset_default_graph()
    before_mib = status_mib("VmRSS")
    build, optimize = training.NETWORKS[network]
    loss, fed = build(tf)
    update = optimize(tf.train).minimize(loss)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for _ in range(STEPS):
            session.run([loss, update], fed)
    print(status_mib("VmHWM") - before_mib)


if __name__ == "__main__":
    main()
