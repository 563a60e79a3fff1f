"""A head of several heads, each with its own labels.

Source: TensorFlow Estimator 1.15, contrib/estimator/python/estimator/multi_head.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tensormill.estimator.estimator_spec import EstimatorSpec
from tensormill.estimator.export_outputs import PredictOutput
from tensormill.estimator.heads.head import PREDICT_KEY, Head, LossSpec, train_op_of
from tensormill.estimator.heads.keys import MetricKeys
from tensormill.estimator.mode_keys import ModeKeys
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.tensor import Tensor
from tensormill.metrics.averages import mean
from tensormill.ops.arithmetic import multiply
from tensormill.ops.basics import no_op
from tensormill.ops.summaries import scalar
from tensormill.ops.summation import add_n
from tensormill.saved_model.signature_constants import DEFAULT_SERVING_SIGNATURE_DEF_KEY

__all__ = ["MultiHead"]


class MultiHead:
    """Several heads on one model; logits, labels and predictions go by the heads' names.

    Args:
      heads: heads with names of their own.
      head_weights: the weights of their losses.

    Raises:
      ValueError: there are none, one has no name, or two have one; the numbers differ.
    """

    def __init__(self, heads: Sequence[Head], head_weights: Sequence[float] | None = None) -> None:
        if not heads:
            raise ValueError(f"Must specify heads. Given: {heads}")
        if head_weights and len(head_weights) != len(heads):
            raise ValueError(
                "heads and head_weights must have the same size. Given len(heads): "
                f"{len(heads)}. Given len(head_weights): {len(head_weights)}."
            )
        for head in heads:
            if not head.name:
                raise ValueError(f"All given heads must have name specified. Given: {head}")
        self._heads = {str(head.name): head for head in heads}
        if len(self._heads) != len(heads):
            raise ValueError("All given heads must have different names.")
        self._head_weights = tuple(head_weights or ())

    @property
    def name(self) -> str:
        """The names of the heads."""
        return "_".join(self._heads)

    @property
    def logits_dimension(self) -> int:
        """The sum of the sizes of the heads' logits."""
        return sum(head.logits_dimension for head in self._heads.values())

    def _split(self, logits: Any) -> Mapping[str, Tensor]:
        """Return the logits of each head, by its name."""
        if isinstance(logits, Mapping):
            return logits
        with name_scope(None, "split_logits", [logits]):
            logits = convert_to_tensor(logits)
            last = None if logits.dims is None else logits.dims[-1]
            if last not in (None, self.logits_dimension):
                sizes = [head.logits_dimension for head in self._heads.values()]
                raise ValueError(
                    f"Could not split logits of shape {list(logits.dims)} among the heads with "
                    f"individual logits dimensions: {sizes}. The last dimension of the logits "
                    f"tensor should equal {self.logits_dimension} but is {last}."
                )
            made, start = {}, 0
            for name, head in self._heads.items():
                made[name] = logits[..., start : start + head.logits_dimension]
                start += head.logits_dimension
            return made

    def _merged(self, losses: Sequence[Tensor]) -> Tensor:
        with name_scope("merge_losses", values=list(losses)):
            if self._head_weights:
                pairs = zip(losses, self._head_weights, strict=True)
                losses = [multiply(loss, weight) for loss, weight in pairs]
            return add_n(losses)

    def create_loss(
        self, features: Mapping[Any, Any], mode: str, logits: Any, labels: Any
    ) -> LossSpec:
        """Return the loss of a batch; what it is made of goes by the heads' names."""
        parts = self._split(logits)
        specs = {
            name: head.create_loss(features, mode, parts[name], labels[name])
            for name, head in self._heads.items()
        }
        shares = self._head_weights or (1.0,) * len(specs)
        weighted = list(zip(specs.items(), shares, strict=True))
        return LossSpec(
            self._merged([spec.training_loss for spec in specs.values()]),
            {name: multiply(spec.unreduced_loss, share) for (name, spec), share in weighted},
            {name: multiply(spec.weights, share) for (name, spec), share in weighted},
            {name: spec.processed_labels for name, spec in specs.items()},
        )

    def create_estimator_spec(
        self,
        features: Mapping[Any, Any],
        mode: str,
        logits: Any,
        labels: Any = None,
        optimizer: Any = None,
        train_op_fn: Callable[[Tensor], Any] | None = None,
        regularization_losses: Any = None,
        **kwargs: Any,
    ) -> EstimatorSpec:
        """Return the parts of the model that a mode needs; see `Head.create_estimator_spec`.

        Raises:
          ValueError: the labels have no names, or nothing makes steps.
        """
        if labels is not None and not isinstance(labels, Mapping):
            raise ValueError(f"labels must be a dict. Given: {labels}")
        parts = self._split(logits)
        specs = {
            name: head.create_estimator_spec(
                features,
                mode,
                parts[name],
                labels[name] if labels else None,
                train_op_fn=lambda loss: no_op(),
            )
            for name, head in self._heads.items()
        }
        predictions = {
            (name, key): value
            for name, spec in specs.items()
            for key, value in spec.predictions.items()
        }
        if mode == ModeKeys.PREDICT:
            return EstimatorSpec(mode, predictions=predictions, export_outputs=self._outputs(specs))
        losses = [spec.loss for spec in specs.values()]
        penalty = add_n(regularization_losses) if regularization_losses else None
        if mode == ModeKeys.TRAIN:
            loss = _with_penalty(self._merged(losses), penalty)
            train_op = train_op_of(loss, optimizer, train_op_fn, kwargs)
            with name_scope(""):
                scalar(MetricKeys.LOSS, loss)
                if penalty is not None:
                    scalar(MetricKeys.LOSS_REGULARIZATION, penalty)
            return EstimatorSpec(mode, loss=loss, train_op=train_op, predictions=predictions)
        metrics: dict[str, Any] = {}
        if penalty is not None:
            name = MetricKeys.LOSS_REGULARIZATION
            metrics[f"{name}/{self.name}"] = mean(penalty, name=name)
        with name_scope("merge_eval"):
            for name, spec in specs.items():
                key = f"{MetricKeys.LOSS}/{name}"
                metrics[key] = mean(spec.loss, name=key)
                metrics.update(spec.eval_metric_ops)
            loss = _with_penalty(self._merged(losses), penalty)
        return EstimatorSpec(mode, predictions=predictions, loss=loss, eval_metric_ops=metrics)

    def _outputs(self, specs: Mapping[str, EstimatorSpec]) -> dict[str, Any]:
        default = DEFAULT_SERVING_SIGNATURE_DEF_KEY
        first = next(iter(specs.values()))
        made: dict[str, Any] = {default: first.export_outputs[default]}
        predicted: dict[str, Tensor] = {}
        for name, spec in specs.items():
            for key, output in spec.export_outputs.items():
                made[name if key == default else f"{name}/{key}"] = output
                if key == PREDICT_KEY and isinstance(output, PredictOutput):
                    predicted.update({f"{name}/{k}": v for k, v in output.outputs.items()})
        made[PREDICT_KEY] = PredictOutput(predicted)
        return made


def _with_penalty(loss: Tensor, penalty: Tensor | None) -> Tensor:
    return loss if penalty is None else loss + penalty
