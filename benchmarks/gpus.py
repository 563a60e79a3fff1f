"""`python -m benchmarks.gpus`: training steps a second on the first GPU, against eager PyTorch.

Both sides are fed from host memory and give the loss back each step, in turns, in one process.
Where the layers compute in bfloat16, the variables stay float32 on both sides.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch

import tensormill as tf
from benchmarks.__main__ import commit
from benchmarks.bench_training import eager_steps, session_steps
from benchmarks.eager_networks import EAGER, Place
from benchmarks.networks import NETWORKS

CALLS = 100
DTYPES = ("float32", "bfloat16")


def ours(name: str, dtype: str, device: str) -> Callable[[], float]:
    """Return what samples the steps a second of a network here."""
    build, optimize = NETWORKS[name]
    if dtype != "float32":
        build = partial(build, narrow=lambda tensor: tf.cast(tensor, dtype))
    with tf.Graph().as_default(), tf.device(device):
        return session_steps(build, optimize, CALLS)(tf)


def eager(name: str, dtype: str, device: str) -> Callable[[], float]:
    """Return what samples the steps a second of a step written by hand in PyTorch."""
    return eager_steps(EAGER[name](torch, Place(device, dtype)), CALLS)


def measure(name: str, dtype: str, rounds: int, devices: tuple[str, str]) -> dict[str, Any]:
    """Return the record of one network: medians over alternating rounds."""
    samplers = {
        "tensormill": ours(name, dtype, devices[0]),
        "eager PyTorch": eager(name, dtype, devices[1]),
    }
    samples: dict[str, list[float]] = {side: [] for side in samplers}
    for _ in range(rounds):
        for side, sample in samplers.items():
            samples[side].append(sample())
    return {
        "case": name, "dtype": dtype, "unit": "steps/s",
        **{side: statistics.median(taken) for side, taken in samples.items()},
    }  # fmt: skip


def main() -> int:
    """Print the table; the JSON lines go to the file of `--json`."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpus", description=__doc__)
    parser.add_argument("names", nargs="*", help="networks to run (all)")
    parser.add_argument("--rounds", type=int, default=7, help="samples a side")
    parser.add_argument("--json", type=Path, help="append the records to this file")
    options = parser.parse_args()
    if not torch.cuda.is_available():
        print("torch sees no CUDA GPU", file=sys.stderr)
        return 1
    machine = f"{torch.cuda.get_device_name()}; torch {torch.__version__}"
    print(f"{machine}; tensormill at {commit()}")
    print(f"{'':<44} {'tensormill':>12} {'PyTorch':>12}  steps/s")
    for name in options.names or NETWORKS:
        for dtype in DTYPES if not name.startswith("embedding") else DTYPES[:1]:
            record = measure(name, dtype, options.rounds, ("/gpu:0", "cuda"))
            sides = record["tensormill"], record["eager PyTorch"]
            label = f"{name}, {dtype}"
            print(
                f"{label:<44} {sides[0]:>12,.0f} {sides[1]:>12,.0f} {sides[0] / sides[1]:>6.2f} x"
            )
            if options.json:
                with options.json.open("a") as out:
                    print(json.dumps({**record, "machine": machine, "commit": commit()}), file=out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
