"""`tf.contrib.factorization.KMeans`: the graph that finds clusters of points.

Source: TensorFlow 1.15, python/ops/clustering_ops.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import control_dependencies
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import reshape, squeeze
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.array_shapes import size as size_of
from tensormill.ops.assertions import assert_equal, assert_greater_equal, assert_positive
from tensormill.ops.basics import no_op
from tensormill.ops.casting import cast
from tensormill.ops.clustering import kmeans_plus_plus_initialization_op, nearest_neighbors_op
from tensormill.ops.comparison import equal, less_equal
from tensormill.ops.conditional import cond
from tensormill.ops.elementwise_unary import reciprocal, square
from tensormill.ops.embedding import embedding_lookup
from tensormill.ops.filling import ones, ones_like, zeros, zeros_like
from tensormill.ops.gathering import gather
from tensormill.ops.grouping import group
from tensormill.ops.identities import identity, placeholder_with_default
from tensormill.ops.joining import concat
from tensormill.ops.matrix_multiplication import matmul
from tensormill.ops.random import random_uniform
from tensormill.ops.random_seeds import get_seed
from tensormill.ops.reduction import reduce_sum
from tensormill.ops.segments import unsorted_segment_sum
from tensormill.ops.statistics import l2_normalize
from tensormill.ops.summation import add_n
from tensormill.ops.transposition import transpose
from tensormill.ops.uniqueness import unique
from tensormill.variables.assignments import assign, assign_sub, scatter_add
from tensormill.variables.creation import Variable

__all__ = [
    "CLUSTERS_VAR_NAME",
    "COSINE_DISTANCE",
    "KMEANS_PLUS_PLUS_INIT",
    "RANDOM_INIT",
    "SQUARED_EUCLIDEAN_DISTANCE",
    "KMeans",
]

SQUARED_EUCLIDEAN_DISTANCE = "squared_euclidean"
COSINE_DISTANCE = "cosine"
RANDOM_INIT = "random"
KMEANS_PLUS_PLUS_INIT = "kmeans_plus_plus"
CLUSTERS_VAR_NAME = "clusters"
_EPSILON = 1e-6


class KMeans:
    """The graph that finds clusters of points.

    Args:
      inputs: points [points, dimension], or a list of such tensors.
      num_clusters: how many clusters.
      initial_clusters: where they begin: "random", "kmeans_plus_plus", an array of centers, or a
        function of the inputs and the number of centers.
      distance_metric: "squared_euclidean" or "cosine".
      use_mini_batch: move centers by the points of a step, instead of to their mean.
      mini_batch_steps_per_iteration: the centers in use change every so many steps.
      random_seed: of what is drawn.
      kmeans_plus_plus_num_retries: how many more points are looked at for each center.
      kmc2_chain_length: not used.

    Raises:
      ValueError: there is no such way to begin, or no such distance.
    """

    def __init__(
        self,
        inputs: Any,
        num_clusters: int,
        initial_clusters: Any = RANDOM_INIT,
        distance_metric: str = SQUARED_EUCLIDEAN_DISTANCE,
        use_mini_batch: bool = False,
        mini_batch_steps_per_iteration: int = 1,
        random_seed: int | None = 0,
        kmeans_plus_plus_num_retries: int = 2,
        kmc2_chain_length: int = 200,
    ) -> None:
        if isinstance(initial_clusters, str) and initial_clusters not in (
            RANDOM_INIT,
            KMEANS_PLUS_PLUS_INIT,
        ):
            raise ValueError(f"Unsupported initialization algorithm '{initial_clusters}'")
        if distance_metric not in (SQUARED_EUCLIDEAN_DISTANCE, COSINE_DISTANCE):
            raise ValueError(f"Unsupported distance metric '{distance_metric}'")
        given = inputs if isinstance(inputs, list) else [inputs]
        self._inputs: list[Tensor] = [convert_to_tensor(each) for each in given]
        self._num_clusters = num_clusters
        self._initial_clusters = initial_clusters
        self._is_cosine = distance_metric == COSINE_DISTANCE
        self._use_mini_batch = use_mini_batch
        self._steps = int(mini_batch_steps_per_iteration)
        self._seed = get_seed(random_seed)[0]
        self._retries = kmeans_plus_plus_num_retries

    @property
    def _has_delayed_updates(self) -> bool:
        return self._use_mini_batch and self._steps > 1

    @property
    def _has_unit_centers(self) -> bool:
        return self._is_cosine and (not self._use_mini_batch or self._steps > 1)

    def training_graph(self) -> tuple[Any, Any, Any, Any, Any, Any]:
        """Make the graph.

        Returns:
          Six things: the distances of the points to all centers, the nearest centers and the
          distances to them (three tuples with an entry for each input), whether the centers have
          begun, the operation that begins, and the operation that makes a step.
        """
        if isinstance(self._initial_clusters, str) or callable(self._initial_clusters):
            count = convert_to_tensor(self._num_clusters)
            initial = self._initial_clusters
        else:
            initial = convert_to_tensor(self._initial_clusters)
            count = shape_of(initial)[0]
        state = _State(count, self._use_mini_batch, self._steps)
        init_op = _Beginning(self, state, count, initial).operation()
        inputs, centers = self._inputs, state.centers
        if self._is_cosine:
            inputs = [l2_normalize(each, dim=1) for each in inputs]
            if not self._has_unit_centers:
                centers = l2_normalize(centers, dim=1)
        all_scores, scores, indices = self._inferred(inputs, centers)
        if self._use_mini_batch:
            with control_dependencies([self._synchronized(state)]):
                step = self._mini_batch_step(inputs, indices, state)
        else:
            step = self._full_batch_step(inputs, count, indices, state)
        return all_scores, indices, scores, state.is_begun, init_op, step

    def _inferred(self, inputs: list[Tensor], centers: Any) -> Any:
        found = []
        for points in inputs:
            if self._is_cosine:
                score = 1 - matmul(points, centers, transpose_b=True)
            else:
                score = (
                    reduce_sum(square(points), 1, keepdims=True)
                    - 2 * matmul(points, centers, transpose_b=True)
                    + transpose(reduce_sum(square(centers), 1, keepdims=True))
                )
            reference = centers
            if self._is_cosine and not self._has_unit_centers:
                reference = l2_normalize(centers, dim=1)
            indices, distances = nearest_neighbors_op(points, reference, 1)
            if self._is_cosine:
                distances *= 0.5
            found.append((score, squeeze(distances, [-1]), squeeze(indices, [-1])))
        return zip(*found, strict=True)

    def _synchronized(self, state: _State) -> Any:
        """Return what lets the moved centers be in use, every so many steps."""
        if not self._has_delayed_updates:
            return no_op()

        def synchronize() -> Tensor:
            with control_dependencies([assign(state.steps_left, self._steps - 1)]):
                moved = state.moved_centers
                value = l2_normalize(moved, dim=1) if self._is_cosine else moved
                with (
                    control_dependencies([assign(state.centers, value)]),
                    control_dependencies([assign(state.counts, zeros_like(state.counts))]),
                ):
                    return identity(state.steps_left)

        return cond(
            less_equal(state.steps_left, 0), synchronize, lambda: assign_sub(state.steps_left, 1)
        )

    def _mini_batch_step(self, inputs: list[Tensor], indices: Any, state: _State) -> Any:
        updates: list[Any] = []
        for points, index in zip(inputs, indices, strict=True):
            ids, places = unique(reshape(index, [-1]))
            id_count = size_of(ids)
            old_counts = gather(state.counts, ids)
            old_centers = gather(state.moved_centers, ids)
            new_counts = unsorted_segment_sum(
                ones_like(places, dtype=state.counts.dtype), places, id_count
            )
            moves = unsorted_segment_sum(points, places, id_count)
            column = concat([reshape(id_count, [1]), [1]], 0)
            moves -= cast(reshape(new_counts, column), points.dtype) * old_centers
            moves *= reshape(reciprocal(cast(old_counts + new_counts, points.dtype)), column)
            # TensorFlow leaves open whether the old counts are read before they change
            with control_dependencies([moves]):
                updates.append(scatter_add(state.counts, ids, new_counts))
            updates.append(scatter_add(state.moved_centers, ids, moves))
        return group(*updates)

    def _full_batch_step(
        self, inputs: list[Tensor], count: Tensor, indices: Any, state: _State
    ) -> Any:
        sums, counts = [], []
        for points, index in zip(inputs, indices, strict=True):
            sums.append(unsorted_segment_sum(points, index, count))
            single = reshape(ones(reshape(shape_of(points)[0], [-1])), [-1, 1])
            counts.append(unsorted_segment_sum(single, index, count))
        epsilon = constant(_EPSILON, dtype=inputs[0].dtype)
        centers = add_n(sums) / (cast(add_n(counts), sums[0].dtype) + epsilon)
        if self._has_unit_centers:
            centers = l2_normalize(centers, dim=1)
        return assign(state.centers, centers)


class _State:
    """The variables of the clusters."""

    def __init__(self, count: Tensor, use_mini_batch: bool, steps: int) -> None:
        nothing = placeholder_with_default(convert_to_tensor([], dtype=dtypes.float32), shape=None)
        self.centers: Any = Variable(nothing, name=CLUSTERS_VAR_NAME, validate_shape=False)
        self.is_begun: Any = Variable(False, dtype=dtypes.bool, name="initialized")
        self.moved_centers: Any = self.centers
        self.steps_left: Any = None
        self.counts: Any = None
        if use_mini_batch and steps > 1:
            self.moved_centers = Variable(nothing, name="clusters_updated", validate_shape=False)
            self.steps_left = Variable(steps, dtype=dtypes.int64, name="update_in_steps")
            self.counts = Variable(zeros(reshape(count, [1]), dtype=dtypes.int64))
        elif use_mini_batch:
            self.counts = Variable(ones(reshape(count, [1]), dtype=dtypes.int64))


class _Beginning:
    """Chooses the centers to begin with, from one batch of points or from several."""

    def __init__(self, model: KMeans, state: _State, count: Tensor, initial: Any) -> None:
        self._model = model
        self._inputs = model._inputs
        self._state = state
        self._count = count
        self._initial = initial
        self._selected = shape_of(state.centers)[0]
        self._remaining = count - self._selected
        self._available = add_n([shape_of(each)[0] for each in self._inputs])

    def operation(self) -> Any:
        """Return the operation that chooses, until there are enough."""
        is_done = equal(self._remaining, 0)
        return cond(
            is_done, lambda: _asserted(assert_equal(self._state.is_begun, True)), self._begun
        )

    def _begun(self) -> Tensor:
        with control_dependencies([assert_positive(self._remaining)]):
            left = self._with_new_centers()
            return cond(
                equal(left, 0),
                lambda: _asserted(assign(self._state.is_begun, True)),
                lambda: _asserted(no_op()),
            )

    def _with_new_centers(self) -> Tensor:
        new = self._chosen()
        if self._model._is_cosine:
            new = l2_normalize(new, dim=1)
        centers = cond(
            equal(self._selected, 0),
            lambda: new,
            lambda: concat([self._state.centers, new], 0),
        )
        assigned = assign(self._state.centers, centers, validate_shape=False)
        if self._state.moved_centers is not self._state.centers:
            assigned = assign(self._state.moved_centers, assigned, validate_shape=False)
        return self._count - shape_of(assigned)[0]

    def _chosen(self) -> Tensor:
        if callable(self._initial):
            made: Tensor = self._initial(self._inputs, self._remaining)
            return made
        if not isinstance(self._initial, str):
            check = assert_equal(self._remaining, shape_of(self._initial)[0])
            with control_dependencies([check]):
                return identity(self._initial)
        if self._initial == RANDOM_INIT:
            return cond(
                less_equal(self._available, self._remaining),
                lambda: concat(self._inputs, 0),
                self._drawn,
            )
        check = assert_greater_equal(self._available, self._remaining)
        with control_dependencies([check]):
            return self._spread()

    def _drawn(self) -> Tensor:
        indices = random_uniform(
            reshape(self._remaining, [-1]),
            minval=0,
            maxval=cast(self._available, dtypes.int64),
            seed=self._model._seed,
            dtype=dtypes.int64,
        )
        return embedding_lookup(self._inputs, indices, partition_strategy="div")

    def _spread(self) -> Tensor:
        points = self._inputs[0]
        if self._model._is_cosine:
            points = l2_normalize(points, dim=1)
        wanted = cast(self._remaining, dtypes.int64)
        samples: Tensor = kmeans_plus_plus_initialization_op(
            points, wanted, self._model._seed or 0, self._model._retries
        )
        return samples


def _asserted(operation: Any) -> Tensor:
    """Return a value that is there when an operation has run."""
    with control_dependencies([operation]):
        return constant(True)
