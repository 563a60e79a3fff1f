"""tensormill: distributed TensorFlow 1.x graph programs on today's Python, on PyTorch kernels.

The public API is TensorFlow 1.15's (`import tensormill as tf`). It stands in `tensormill.api` and
is loaded when the first of its names is used, so that the command line starts without torch.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

import tensormill.runtime.openmp  # before anybody loads torch
from tensormill.runtime.collector import paused as _paused
from tensormill.tensorflow_modules import finder as _finder

__version__ = "0.1.0"
__git_version__ = f"tensormill {__version__}"
__compiler_version__ = sys.version

_SERVER_NAMES = {
    "ClusterStatus": "tensormill.distributed.cluster_status",
    "cluster_status": "tensormill.distributed.cluster_status",
    "finish": "tensormill.distributed.job",
}
"""Names that are had without the rest: who only asks servers need not load torch."""

_finder.install()  # for `from tensormill.python.framework import ops` and the like


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    with _paused():  # nothing that is imported is garbage
        if name in _SERVER_NAMES:
            value = globals()[name] = getattr(importlib.import_module(_SERVER_NAMES[name]), name)
            return value
        api = importlib.import_module("tensormill.api")
        try:
            value = globals()[name] = getattr(api, name)  # found without this function from now on
            return value
        except AttributeError:
            if name in api.__all__:
                raise  # loading it failed
    names = importlib.import_module("tensormill.namespaces.tensorflow_names")
    raise AttributeError(names.missing_name_message(name))


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(importlib.import_module("tensormill.api").__all__))
