"""`tf.estimator.ModeKeys`: what a model is built for."""

from __future__ import annotations

__all__ = ["ModeKeys"]


class ModeKeys:
    """Training, evaluation and prediction."""

    TRAIN = "train"
    EVAL = "eval"
    PREDICT = "infer"
