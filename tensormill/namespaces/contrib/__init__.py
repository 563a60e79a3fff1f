"""`tf.contrib`: what programs of TensorFlow 1 use of it most."""

from __future__ import annotations

import importlib
from types import ModuleType

from tensormill.namespaces.contrib import (
    crf,
    data,
    distributions,
    framework,
    layers,
    legacy_seq2seq,
    lookup,
    losses,
    metrics,
    opt,
    rnn,
    seq2seq,
    slim,
    staging,
    tensorboard,
    training,
    util,
)

_LATE = (
    "batching",
    "cluster_resolver",
    "compiler",
    "cudnn_rnn",
    "deprecated",
    "distribute",
    "eager",
    "estimator",
    "factorization",
    "feature_column",
    "graph_editor",
    "image",
    "integrate",
    "keras",
    "learn",
    "memory_stats",
    "mixed_precision",
    "nn",
    "predictor",
    "reduce_slice_ops",
    "resampler",
    "saved_model",
    "signal",
    "sparsemax",
    "stateless",
    "summary",
    "testing",
    "text",
    "tfprof",
    "tpu",
)
"""What few programs of `tf.contrib` use, and that is loaded when one does."""


def __getattr__(name: str) -> ModuleType:
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module(f"{__name__}.{name}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATE})
