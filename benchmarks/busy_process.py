"""One busy process: runs steps of a small network with one library for as long as it is told to.

Reads seconds as lines from standard input, and answers each with the number of steps that it ran in
that time.
"""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

BATCH, INPUTS, HIDDEN, OUTPUTS = 50, 784, 300, 10


def torch_step() -> Callable[[], Any]:
    """Return a step of the network in plain torch, with torch's own settings for threads."""
    torch = importlib.import_module("torch")
    x = torch.ones(BATCH, INPUTS)
    hidden, output = torch.ones(INPUTS, HIDDEN), torch.ones(HIDDEN, OUTPUTS)
    return lambda: torch.mm(torch.relu(torch.mm(x, hidden)), output)


def session_step(library: str) -> Callable[[], Any]:
    """Return a step of the network in a session."""
    tf = importlib.import_module("benchmarks.side").load(library)
    x = tf.placeholder(tf.float32, [BATCH, INPUTS])
    hidden = tf.matmul(x, tf.constant(np.ones((INPUTS, HIDDEN), np.float32)))
    output = tf.matmul(tf.maximum(hidden, 0.0), tf.constant(np.ones((HIDDEN, OUTPUTS), np.float32)))
    call = tf.Session().make_callable(output, [x])
    value = np.ones((BATCH, INPUTS), np.float32)
    return lambda: call(value)


def main() -> None:
    library = sys.argv[1]
    step = torch_step() if library == "torch" else session_step(library)
    if float(np.asarray(step())[0, 0]) != INPUTS * HIDDEN:
        raise AssertionError("wrong result")
    for _ in range(20):
        step()
    print("ready", flush=True)
    for line in sys.stdin:
        end = time.perf_counter() + float(line)
        steps = 0
        while time.perf_counter() < end:
            step()
            steps += 1
        print(steps, flush=True)


if __name__ == "__main__":
    main()
