"""One task of a cluster, with one of the two libraries; ends when its standard input does."""

from __future__ import annotations

import importlib
import json
import os
import sys


def main() -> None:
    library, cluster, job, index = sys.argv[1:]
    tf = importlib.import_module("benchmarks.side").load(library)
    server = tf.train.Server(json.loads(cluster), job_name=job, task_index=int(index))
    print("ready", flush=True)
    sys.stdin.read()
    del server
    os._exit(0)  # TensorFlow's servers cannot be stopped


if __name__ == "__main__":
    main()
