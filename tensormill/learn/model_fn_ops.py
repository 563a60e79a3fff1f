"""`tf.contrib.learn.ModelFnOps`: what the model functions of `tf.contrib.learn` give back.

Source: TensorFlow 1.15, contrib/learn/python/learn/estimators/model_fn.py.
"""

from __future__ import annotations

from collections import namedtuple
from typing import Any

from tensormill.estimator.estimator_spec import EstimatorSpec

__all__ = ["ModeKeys", "ModelFnOps"]


class ModeKeys:
    """Training, evaluation and inference."""

    TRAIN = "train"
    EVAL = "eval"
    INFER = "infer"

    @classmethod
    def validate(cls, key: str) -> None:
        """Refuse what is no mode.

        Raises:
          ValueError: it is none.
        """
        if key not in (cls.TRAIN, cls.EVAL, cls.INFER):
            raise ValueError(f"Invalid mode {key}.")


class ModelFnOps(
    namedtuple(
        "ModelFnOps",
        (
            "predictions",
            "loss",
            "train_op",
            "eval_metric_ops",
            "output_alternatives",
            "training_chief_hooks",
            "training_hooks",
            "scaffold",
            "mode",
        ),
    )
):
    """The parts of a model that one mode needs; see `tf.estimator.EstimatorSpec`.

    Raises:
      ValueError: there is no such mode, or what it needs is missing.
    """

    def __new__(  # noqa: D102 - described above
        cls,
        mode: str,
        predictions: Any = None,
        loss: Any = None,
        train_op: Any = None,
        eval_metric_ops: Any = None,
        output_alternatives: Any = None,
        training_chief_hooks: Any = None,
        training_hooks: Any = None,
        scaffold: Any = None,
    ) -> ModelFnOps:
        ModeKeys.validate(mode)
        if predictions is None and mode != ModeKeys.TRAIN:
            raise ValueError("Missing predictions.")
        spec = EstimatorSpec(
            mode,
            predictions=predictions,
            loss=loss,
            train_op=train_op,
            eval_metric_ops=eval_metric_ops,
            training_chief_hooks=training_chief_hooks,
            training_hooks=training_hooks,
            scaffold=scaffold,
        )
        return super().__new__(
            cls,
            spec.predictions,
            spec.loss,
            spec.train_op,
            spec.eval_metric_ops,
            output_alternatives,
            list(spec.training_chief_hooks),
            list(spec.training_hooks),
            spec.scaffold,
            mode,
        )

    def estimator_spec(self, default_serving_output_alternative_key: Any = None) -> EstimatorSpec:
        """Return the `EstimatorSpec` of the same parts."""
        return EstimatorSpec(
            self.mode,
            predictions=self.predictions,
            loss=self.loss,
            train_op=self.train_op,
            eval_metric_ops=self.eval_metric_ops,
            training_chief_hooks=self.training_chief_hooks,
            training_hooks=self.training_hooks,
            scaffold=self.scaffold,
        )
