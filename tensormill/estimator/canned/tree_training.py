"""The graph that trains boosted trees: a layer of a tree after every so many batches.

Source: TensorFlow Estimator 1.15, python/estimator/canned/boosted_trees.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tensormill.estimator.canned.tree_resources import (
    PruningMode,
    QuantileAccumulator,
    TreeEnsemble,
)
from tensormill.graph import dtypes
from tensormill.graph.constants import constant
from tensormill.graph.default_scopes import control_dependencies
from tensormill.graph.tensor import Tensor
from tensormill.ops.accumulator_classes import ConditionalAccumulator
from tensormill.ops.array_shapes import expand_dims, squeeze
from tensormill.ops.basics import no_op
from tensormill.ops.boosted_trees import make_stats_summary_op
from tensormill.ops.boosted_trees_training import (
    calculate_best_gains_op,
    center_bias_op,
    update_ensemble_op,
)
from tensormill.ops.comparison import greater_equal
from tensormill.ops.conditional import cond
from tensormill.ops.grouping import group
from tensormill.ops.joining import stack, unstack
from tensormill.ops.reduction import reduce_mean, reduce_min
from tensormill.train.monitored.session_run_hook import (
    SessionRunArgs,
    SessionRunContext,
    SessionRunHook,
    SessionRunValues,
)

__all__ = ["Grower", "GrowerInitializationHook", "StopAtAttemptsHook", "TreeSettings"]


@dataclass(frozen=True)
class TreeSettings:
    """How trees grow; see `BoostedTreesClassifier`."""

    n_trees: int
    max_depth: int
    learning_rate: float
    l1: float
    l2: float
    tree_complexity: float
    min_node_weight: float
    center_bias: bool
    pruning_mode: str
    quantile_sketch_epsilon: float

    @property
    def max_splits(self) -> int:
        """How many nodes of a tree may be split."""
        return (1 << self.max_depth) - 1

    @property
    def num_quantiles(self) -> int:
        """How many buckets a feature of numbers has."""
        return int(1.0 / self.quantile_sketch_epsilon)

    def checked_pruning_mode(self) -> int:
        """Return the number of the pruning mode.

        Raises:
          ValueError: there is no such mode, or it does not go with the complexity.
        """
        mode = PruningMode.from_str(self.pruning_mode)
        if self.tree_complexity > 0 and mode == PruningMode.NO_PRUNING:
            raise ValueError("Tree complexity have no effect unless pruning mode is chosen.")
        if self.tree_complexity <= 0 and mode != PruningMode.NO_PRUNING:
            raise ValueError("For pruning, tree_complexity must be positive.")
        return mode


class Grower:
    """Adds up what batches say, and changes the trees when there are enough of them.

    Args:
      ensemble: the trees.
      quantiles: of the features of numbers, or None.
      settings: how trees grow.
      groups: the numbers of features by how many buckets they have.
      stamp: the version of the trees that a step reads.
      n_batches: how many batches a layer takes; None for all examples in one.
      is_chief: whether this task changes the trees.
    """

    def __init__(
        self,
        ensemble: TreeEnsemble,
        quantiles: QuantileAccumulator | None,
        settings: TreeSettings,
        groups: dict[int, list[int]],
        stamp: Tensor,
        n_batches: int | None,
        is_chief: bool,
    ) -> None:
        self._ensemble = ensemble
        self._quantiles = quantiles
        self._settings = settings
        self._pruning_mode = settings.checked_pruning_mode()
        self._groups = groups
        self._stamp = stamp
        self._n_batches = n_batches
        self._is_chief = is_chief
        self._sums: list[ConditionalAccumulator] = []
        self._bias: ConditionalAccumulator | None = None
        init_ops = []
        if n_batches is not None:
            for number, (buckets, features) in enumerate(groups.items()):
                shape = [len(features), settings.max_splits, buckets, 2]
                name = f"numeric_stats_summary_accumulator_{number}"
                self._sums.append(ConditionalAccumulator(dtypes.float32, shape, name))
            init_ops = [each.set_global_step(stamp) for each in self._sums]
            if settings.center_bias:
                self._bias = ConditionalAccumulator(dtypes.float32, [2, 1], "bias_accumulator")
                init_ops.append(self._bias.set_global_step(stamp))
        self.chief_init_op = group(*init_ops)

    def accumulate_quantiles(self, values: Sequence[Tensor], weights: Any, are_ready: Any) -> Any:
        """Return the operation that adds the values of a batch to the quantiles.

        Args:
          values: the features of numbers.
          weights: of the examples.
          are_ready: a variable that says whether there are quantiles.
        """
        assert self._quantiles is not None
        quantiles = self._quantiles
        added = quantiles.add_summaries(values, weights)

        def flushed(*before: Any) -> Any:
            with control_dependencies(list(before)):
                flush = quantiles.flush()
            with control_dependencies([flush]):
                return group(are_ready.assign(True))

        if self._n_batches is None:
            return flushed(added)
        counter = ConditionalAccumulator(dtypes.float32, [], "quantile_summary_accum")
        counted = [
            added,
            counter.set_global_step(self._stamp),
            counter.apply_grad(constant(0.0), self._stamp),
        ]
        if not self._is_chief:
            return group(*counted)
        with control_dependencies(counted):
            return cond(
                greater_equal(counter.num_accumulated(), self._n_batches),
                lambda: flushed(counter.take_grad(1)),
                no_op,
                name="wait_until_quaniles_accumulated",
            )

    def center_bias(self, is_needed: Any, gradients: Tensor, hessians: Tensor) -> Any:
        """Return the operation that moves the root of the first tree.

        Args:
          is_needed: a variable that says whether it is to move further.
          gradients: of the examples [batch, 1].
          hessians: likewise.
        """
        means = [reduce_mean(gradients, 0), reduce_mean(hessians, 0)]
        if self._bias is None:
            return self._centered(is_needed, *means)
        bias = self._bias
        with control_dependencies([bias.apply_grad(stack(means, axis=0), self._stamp)]):
            if not self._is_chief:
                return no_op()

            def center() -> Any:
                done = self._centered(is_needed, *unstack(bias.take_grad(1), axis=0))
                with control_dependencies([done]):
                    return cond(
                        is_needed,
                        no_op,
                        lambda: group(
                            *(each.set_global_step(self._stamp + 1) for each in self._sums)
                        ),
                    )

            return cond(
                greater_equal(bias.num_accumulated(), self._n_batches),
                center,
                no_op,
                name="wait_until_n_batches_for_bias_accumulated",
            )

    def _centered(self, is_needed: Any, gradient: Tensor, hessian: Tensor) -> Any:
        goes_on = center_bias_op(
            self._ensemble.resource_handle,
            expand_dims(gradient, 0),
            expand_dims(hessian, 0),
            self._settings.l1,
            self._settings.l2,
        )
        return group(is_needed.assign(goes_on))

    def summaries(
        self, node_ids: Tensor, gradients: Tensor, hessians: Tensor, buckets: Sequence[Tensor]
    ) -> list[list[Tensor]]:
        """Return the sums of gradients by node and bucket, for each feature of each group."""
        return [
            [
                squeeze(
                    make_stats_summary_op(
                        node_ids,
                        gradients,
                        hessians,
                        [buckets[feature]],
                        max_splits=self._settings.max_splits,
                        num_buckets=count,
                    ),
                    axis=[0],
                )
                for feature in features
            ]
            for count, features in self._groups.items()
        ]

    def grow(self, summaries: list[list[Tensor]], last_nodes: Tensor) -> Any:
        """Return the operation that grows a layer.

        Args:
          summaries: the sums of a batch; see `summaries`.
          last_nodes: the range of the nodes that may be split.
        """
        if self._n_batches is None:
            return self._grown(summaries, last_nodes)
        applied = [
            accumulator.apply_grad(stack(sums, axis=0), self._stamp)
            for accumulator, sums in zip(self._sums, summaries, strict=True)
        ]
        with control_dependencies(applied):
            if not self._is_chief:
                return no_op()
            counts = [each.num_accumulated() for each in self._sums]
            return cond(
                greater_equal(reduce_min(stack(counts)), self._n_batches),
                lambda: self._grown(
                    [unstack(each.take_grad(1), axis=0) for each in self._sums], last_nodes
                ),
                no_op,
                name="wait_until_n_batches_accumulated",
            )

    def _grown(self, summaries: list[list[Tensor]], last_nodes: Tensor) -> Any:
        settings = self._settings
        columns: list[list[Tensor]] = [[] for _ in range(5)]
        for sums in summaries:
            found = calculate_best_gains_op(
                last_nodes,
                sums,
                settings.l1,
                settings.l2,
                settings.tree_complexity,
                settings.min_node_weight,
                max_splits=settings.max_splits,
            )
            for column, part in zip(columns, found, strict=True):
                column.extend(part)
        features = [feature for group_ in self._groups.values() for feature in group_]
        return update_ensemble_op.make(
            self._ensemble.resource_handle,
            features,
            *columns,
            settings.max_depth,
            settings.learning_rate,
            pruning_mode=self._pruning_mode,
        )


class StopAtAttemptsHook(SessionRunHook):
    """Stops when there are enough trees, or when too many layers were tried."""

    def __init__(self, finalized: Tensor, attempted: Tensor, settings: TreeSettings) -> None:
        self._fetches = [finalized, attempted]
        self._trees = settings.n_trees
        self._layers = 2 * settings.n_trees * settings.max_depth

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs:
        """Ask for the numbers of trees and layers."""
        return SessionRunArgs(self._fetches)

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """Look again where it may have been the last step, as numbers were read before it."""
        trees, layers = run_values.results
        if trees >= self._trees - 1 or layers > self._layers - 1:
            trees, layers = run_context.session.run(self._fetches)
        if trees >= self._trees or layers > self._layers:
            run_context.request_stop()


class GrowerInitializationHook(SessionRunHook):
    """Prepares the accumulators of a new session."""

    def __init__(self, init_op: Any) -> None:
        self._init_op = init_op

    def after_create_session(self, session: Any, coord: Any) -> None:
        """Run the operation."""
        session.run(self._init_op)
