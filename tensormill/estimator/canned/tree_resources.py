"""Ensembles of boosted trees and quantiles of features as objects of a graph, saved with it.

Source: TensorFlow 1.15, python/ops/boosted_trees_ops.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from tensormill.graph.collections import GraphKeys
from tensormill.graph.default_scopes import add_to_collection, control_dependencies, name_scope
from tensormill.graph.tensor import Tensor
from tensormill.ops import boosted_trees, boosted_trees_training
from tensormill.ops.identities import identity
from tensormill.variables.resources import register_resource
from tensormill.variables.saveable_object import SaveableObject, SaveSpec

__all__ = ["PruningMode", "QuantileAccumulator", "TreeEnsemble"]


class PruningMode:
    """What is done about splits that gain nothing."""

    NO_PRUNING, PRE_PRUNING, POST_PRUNING = range(3)

    _by_name: ClassVar[dict[str, int]] = {
        "none": NO_PRUNING,
        "pre": PRE_PRUNING,
        "post": POST_PRUNING,
    }

    @classmethod
    def from_str(cls, mode: str) -> int:
        """Return the mode of a name.

        Raises:
          ValueError: there is none.
        """
        if mode not in cls._by_name:
            raise ValueError(f"pruning_mode mode must be one of: {', '.join(sorted(cls._by_name))}")
        return cls._by_name[mode]


class _SavedQuantiles(SaveableObject):
    """The edges of buckets in a checkpoint."""

    def __init__(self, handle: Tensor, create_op: Any, num_streams: int) -> None:
        edges = boosted_trees.quantile_stream_resource_get_bucket_boundaries_op(
            handle, num_features=num_streams
        )
        name = handle.name
        specs = [
            SaveSpec(each, "", f"{name}_bucket_boundaries_{number}")
            for number, each in enumerate(edges)
        ]
        super().__init__(handle, specs, name)
        self._create_op = create_op

    def restore(self, restored_tensors: list[Tensor], restored_shapes: Any) -> Any:
        """Return the operation that takes over restored edges."""
        with control_dependencies([self._create_op]):
            return boosted_trees.quantile_stream_resource_deserialize_op.make(
                self.op, restored_tensors
            )


class QuantileAccumulator:
    """Quantiles of features, learned from batches.

    Args:
      epsilon: how far ranks may be off.
      num_streams: how many features.
      num_quantiles: how many buckets a feature gets.
      name: of the operations.
      max_elements: not used.

    Attributes:
      resource_handle: stands for them.
      initializer: the operation that makes them.
      saveable: what a checkpoint keeps.
    """

    def __init__(
        self,
        epsilon: float,
        num_streams: int,
        num_quantiles: int,
        name: str | None = None,
        max_elements: int | None = None,
    ) -> None:
        self._epsilon = epsilon
        self._num_streams = num_streams
        self._num_quantiles = num_quantiles
        with name_scope(name, "QuantileAccumulator") as scope:
            self.resource_handle: Tensor = boosted_trees.quantile_stream_resource_handle_op(
                container="", shared_name=scope, name=scope
            )
            self.initializer = boosted_trees.create_quantile_stream_resource_op.make(
                self.resource_handle, epsilon, num_streams
            )
            is_there = self.is_initialized()
        register_resource(self.resource_handle, self.initializer, is_there)
        self.saveable = _SavedQuantiles(self.resource_handle, self.initializer, num_streams)
        add_to_collection(GraphKeys.SAVEABLE_OBJECTS, self.saveable)

    def is_initialized(self) -> Tensor:
        """Return a tensor that says whether they are made."""
        made: Tensor = boosted_trees.is_quantile_stream_resource_initialized_op(
            self.resource_handle
        )
        return made

    def add_summaries(self, float_columns: Sequence[Any], example_weights: Any) -> Any:
        """Return the operation that adds the values of a batch, one tensor for each feature."""
        summaries = boosted_trees_training.make_quantile_summaries_op(
            float_columns, example_weights, self._epsilon
        )
        return boosted_trees_training.add_summaries_op.make(self.resource_handle, summaries)

    def flush(self) -> Any:
        """Return the operation that makes edges of what was added, and forgets it."""
        return boosted_trees_training.flush_op.make(self.resource_handle, self._num_quantiles)

    def get_bucket_boundaries(self) -> list[Tensor]:
        """Return the edges, one tensor for each feature."""
        return list(
            boosted_trees.quantile_stream_resource_get_bucket_boundaries_op(
                self.resource_handle, num_features=self._num_streams
            )
        )


class _SavedEnsemble(SaveableObject):
    """An ensemble in a checkpoint."""

    def __init__(self, handle: Tensor, create_op: Any) -> None:
        stamp, serialized = boosted_trees.serialize_ensemble_op(handle)
        name = handle.name
        specs = [
            SaveSpec(stamp, "", f"{name}_stamp"),
            SaveSpec(serialized, "", f"{name}_serialized"),
        ]
        super().__init__(handle, specs, name)
        self._create_op = create_op

    def restore(self, restored_tensors: list[Tensor], restored_shapes: Any) -> Any:
        """Return the operation that takes over a restored ensemble."""
        with control_dependencies([self._create_op]):
            return boosted_trees.deserialize_ensemble_op.make(self.op, *restored_tensors)


class TreeEnsemble:
    """An ensemble of boosted trees.

    Args:
      name: of the operations.
      stamp_token: the version that it begins with.
      is_local: each worker has one of its own, which is not saved.
      serialized_proto: the trees that it begins with.

    Attributes:
      resource_handle: stands for it.
      initializer: the operation that makes it.
    """

    def __init__(
        self,
        name: str | None,
        stamp_token: int = 0,
        is_local: bool = False,
        serialized_proto: Any = "",
    ) -> None:
        with name_scope(name, "TreeEnsemble") as scope:
            self.resource_handle: Tensor = boosted_trees.ensemble_resource_handle_op(
                container="", shared_name=scope, name=scope
            )
            self.initializer = boosted_trees.create_ensemble_op.make(
                self.resource_handle, stamp_token, serialized_proto
            )
            is_there = self.is_initialized()
            if not is_local:
                saved = _SavedEnsemble(self.resource_handle, self.initializer)
                add_to_collection(GraphKeys.SAVEABLE_OBJECTS, saved)
            register_resource(
                self.resource_handle, self.initializer, is_there, is_shared=not is_local
            )

    def is_initialized(self) -> Tensor:
        """Return a tensor that says whether it is made."""
        made: Tensor = boosted_trees.is_ensemble_initialized_op(self.resource_handle)
        return made

    def get_stamp_token(self) -> Tensor:
        """Return the version."""
        stamp: Tensor = boosted_trees.get_ensemble_states_op(self.resource_handle)[0]
        return stamp

    def get_states(self) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Return the version, the numbers of trees, of complete ones and of layers tried.

        The last is the range of the nodes of the latest layer.
        """
        stamp, trees, finalized, layers, last = boosted_trees.get_ensemble_states_op(
            self.resource_handle
        )
        return (
            identity(stamp, name="stamp_token"),
            identity(trees, name="num_trees"),
            identity(finalized, name="num_finalized_trees"),
            identity(layers, name="num_attempted_layers"),
            identity(last, name="last_layer_nodes_range"),
        )

    def serialize(self) -> tuple[Tensor, Tensor]:
        """Return the version, and the trees as a string."""
        stamp, serialized = boosted_trees.serialize_ensemble_op(self.resource_handle)
        return stamp, serialized

    def deserialize(self, stamp_token: Any, serialized_proto: Any) -> Any:
        """Return the operation that replaces version and trees."""
        return boosted_trees.deserialize_ensemble_op.make(
            self.resource_handle, stamp_token, serialized_proto
        )
