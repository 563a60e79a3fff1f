"""`tf.saved_model.tag_constants`: the usual tags of graphs in exported models."""

from __future__ import annotations

from typing import Final

__all__ = ["GPU", "SERVING", "TPU", "TRAINING"]

GPU: Final = "gpu"
SERVING: Final = "serve"
TPU: Final = "tpu"
TRAINING: Final = "train"
EVAL: Final = "eval"
