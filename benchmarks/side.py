"""One side of the comparison.

A process that holds tensormill, TensorFlow or PyTorch and takes samples on request.

Reads requests as JSON lines from standard input, {"module": …, "case": …}, and answers each with
one JSON line, {"value": …} or {"error": …}. A case is prepared when it is first asked for, and
dropped at {"drop": true}.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import sys
import traceback
from typing import Any

SIDES = {"tensormill": "tensormill", "tensorflow": "tensorflow.compat.v1", "pytorch": "torch"}
"""The name of each side and its module."""


def side_of(library: Any) -> str:
    """Return which side a module is."""
    found = (side for side, module in SIDES.items() if library.__name__.startswith(module))
    return next(found, "tensorflow")


def load(side: str) -> Any:
    """Return the module of a side."""
    if side != "tensorflow":
        return importlib.import_module(SIDES[side])
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    tf = importlib.import_module(SIDES[side])
    tf.disable_v2_behavior()
    tf.logging.set_verbosity(tf.logging.ERROR)
    return tf


def main() -> None:
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever a library prints is not an answer
    library = load(sys.argv[1])
    prepared: dict[str, Any] = {}
    print(json.dumps({"ready": getattr(library, "__version__", "")}), file=answers)
    for line in sys.stdin:
        request = json.loads(line)
        if request.get("drop"):
            prepared.clear()
            gc.collect()
            print(json.dumps({"dropped": True}), file=answers)
            continue
        try:
            name = request["case"]
            if name not in prepared:
                module = importlib.import_module(f"benchmarks.{request['module']}")
                case = next(c for c in module.CASES if c.name == name)
                if sys.argv[1] != "pytorch":
                    library.reset_default_graph()
                prepared[name] = case.prepare(library)
            answer = {"value": prepared[name]()}
        except Exception:  # noqa: BLE001  # the other side reports it, whatever it is
            answer = {"error": traceback.format_exc()}
        print(json.dumps(answer), file=answers)


if __name__ == "__main__":
    main()
