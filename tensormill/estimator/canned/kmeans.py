"""`tf.contrib.factorization.KMeansClustering`: clusters of points as an estimator.

Source: TensorFlow Estimator 1.15, python/estimator/canned/kmeans.py.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tensormill.estimator.canned import clustering
from tensormill.estimator.estimator import Estimator
from tensormill.estimator.estimator_spec import EstimatorSpec
from tensormill.estimator.export_outputs import PredictOutput
from tensormill.feature_column.input_layer import input_layer
from tensormill.graph.default_scopes import control_dependencies
from tensormill.metrics.averages import mean
from tensormill.ops.identities import identity
from tensormill.ops.joining import concat
from tensormill.ops.reduction import reduce_sum
from tensormill.ops.summaries import scalar
from tensormill.saved_model.signature_constants import DEFAULT_SERVING_SIGNATURE_DEF_KEY
from tensormill.train.global_step import get_global_step
from tensormill.train.monitored.session_run_hook import (
    SessionRunArgs,
    SessionRunContext,
    SessionRunHook,
    SessionRunValues,
)
from tensormill.variables.assignments import assign_add

__all__ = ["KMeansClustering"]


class _LossRelativeChangeHook(SessionRunHook):
    """Stops where the loss hardly changes any more."""

    def __init__(self, loss: Any, tolerance: float) -> None:
        self._loss = loss
        self._tolerance = tolerance
        self._previous: float | None = None

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs | None:
        """Ask for the loss."""
        return SessionRunArgs(self._loss)

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """Compare it with the last."""
        loss, previous = run_values.results, self._previous
        if previous and abs(loss - previous) / (1 + abs(previous)) < self._tolerance:
            run_context.request_stop()
        self._previous = loss


class _BeginHook(SessionRunHook):
    """Chooses the centers to begin with; workers wait for the chief."""

    def __init__(self, init_op: Any, is_begun: Any, is_chief: bool) -> None:
        self._init_op = init_op
        self._is_begun = is_begun
        self._is_chief = is_chief

    def after_create_session(self, session: Any, coord: Any) -> None:
        """Run the operation until there are enough centers."""
        while not session.run(self._is_begun):
            if self._is_chief:
                session.run(self._init_op)
            else:
                threading.Event().wait(1)


def _points(features: Any, feature_columns: Any) -> Any:
    if not isinstance(features, dict):
        return features
    if feature_columns:
        return input_layer(features, feature_columns)
    return concat([features[key] for key in sorted(features)], axis=1)


class KMeansClustering(Estimator):
    """Finds clusters of points.

    Args:
      num_clusters: how many clusters.
      model_dir: the folder of checkpoints and events.
      initial_clusters: see `KMeans`, as all up to `relative_tolerance`.
      distance_metric: "squared_euclidean" or "cosine".
      seed: of what is drawn.
      use_mini_batch: move centers by the points of a step.
      mini_batch_steps_per_iteration: the centers in use change every so many steps.
      kmeans_plus_plus_num_retries: how many more points are looked at for each center.
      relative_tolerance: stop when the loss changes less.
      config: a `RunConfig`.
      feature_columns: dense columns, where features have names.
      random_seed: the name of `seed` in `tf.contrib.factorization`.

    Raises:
      ValueError: there is no such way to begin, or no such distance.
    """

    SQUARED_EUCLIDEAN_DISTANCE = clustering.SQUARED_EUCLIDEAN_DISTANCE
    COSINE_DISTANCE = clustering.COSINE_DISTANCE
    RANDOM_INIT = clustering.RANDOM_INIT
    KMEANS_PLUS_PLUS_INIT = clustering.KMEANS_PLUS_PLUS_INIT
    SCORE = "score"
    CLUSTER_INDEX = "cluster_index"
    ALL_DISTANCES = "all_distances"
    CLUSTER_CENTERS_VAR_NAME = clustering.CLUSTERS_VAR_NAME

    def __init__(
        self,
        num_clusters: int,
        model_dir: Any = None,
        initial_clusters: Any = clustering.RANDOM_INIT,
        distance_metric: str = clustering.SQUARED_EUCLIDEAN_DISTANCE,
        seed: int | None = None,
        use_mini_batch: bool = True,
        mini_batch_steps_per_iteration: int = 1,
        kmeans_plus_plus_num_retries: int = 2,
        relative_tolerance: float | None = None,
        config: Any = None,
        feature_columns: Any = None,
        random_seed: int | None = None,
    ) -> None:
        seed = random_seed if seed is None else seed
        starts = (clustering.RANDOM_INIT, clustering.KMEANS_PLUS_PLUS_INIT)
        if isinstance(initial_clusters, str) and initial_clusters not in starts:
            raise ValueError(f"Unsupported initialization algorithm '{initial_clusters}'")
        if distance_metric not in (
            clustering.SQUARED_EUCLIDEAN_DISTANCE,
            clustering.COSINE_DISTANCE,
        ):
            raise ValueError(f"Unsupported distance metric '{distance_metric}'")
        self._distance_metric = distance_metric

        def model_fn(features: Any, mode: str, config: Any) -> EstimatorSpec:
            model = clustering.KMeans(
                _points(features, feature_columns),
                num_clusters,
                initial_clusters,
                distance_metric,
                use_mini_batch,
                mini_batch_steps_per_iteration,
                seed,
                kmeans_plus_plus_num_retries,
            )
            return _spec(model, mode, config, relative_tolerance)

        super().__init__(model_fn, model_dir=model_dir, config=config)

    def _predict_one_key(self, input_fn: Callable[..., Any], key: str) -> Iterator[Any]:
        for result in self.predict(input_fn, predict_keys=[key]):
            yield result[key]

    def predict_cluster_index(self, input_fn: Callable[..., Any]) -> Iterator[Any]:
        """Yield the number of the nearest cluster of each point."""
        return self._predict_one_key(input_fn, self.CLUSTER_INDEX)

    def score(self, input_fn: Callable[..., Any]) -> Any:
        """Return the sum of the distances of points to their centers."""
        return self.evaluate(input_fn, steps=1)[self.SCORE]

    def transform(self, input_fn: Callable[..., Any]) -> Iterator[Any]:
        """Yield the distances of each point to all centers."""
        is_squared = self._distance_metric == clustering.SQUARED_EUCLIDEAN_DISTANCE
        for distances in self._predict_one_key(input_fn, self.ALL_DISTANCES):
            yield np.sqrt(distances) if is_squared else distances

    def cluster_centers(self) -> Any:
        """Return the centers [clusters, dimension]."""
        return self.get_variable_value(self.CLUSTER_CENTERS_VAR_NAME)


def _spec(
    model: clustering.KMeans, mode: str, config: Any, relative_tolerance: float | None
) -> EstimatorSpec:
    distances, indices, losses, is_begun, init_op, step = model.training_graph()
    loss = reduce_sum(losses)
    scalar("loss/raw", loss)
    with control_dependencies([step, assign_add(get_global_step(), 1)]):
        train_op = identity(loss)
    hooks: list[SessionRunHook] = [_BeginHook(init_op, is_begun, config.is_chief)]
    if relative_tolerance is not None:
        hooks.append(_LossRelativeChangeHook(loss, relative_tolerance))
    names = KMeansClustering
    return EstimatorSpec(
        mode,
        predictions={names.ALL_DISTANCES: distances[0], names.CLUSTER_INDEX: indices[0]},
        loss=loss,
        train_op=train_op,
        eval_metric_ops={names.SCORE: mean(loss)},
        training_hooks=hooks,
        export_outputs={
            names.ALL_DISTANCES: PredictOutput(distances[0]),
            names.CLUSTER_INDEX: PredictOutput(indices[0]),
            DEFAULT_SERVING_SIGNATURE_DEF_KEY: PredictOutput(indices[0]),
        },
    )
