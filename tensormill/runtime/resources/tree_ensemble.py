"""Ensembles of boosted trees, and the edges of the buckets of their features, behind handles.

Source: TensorFlow 1.15, core/kernels/boosted_trees/resources.cc.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError

from tensormill.graph import errors
from tensormill.kernels.quantile_streams import QuantileStream
from tensormill.proto.boosted_trees_pb2 import TreeEnsemble

__all__ = ["BucketEdges", "Ensemble", "Slot", "Tree"]

Array = np.ndarray[Any, Any]


class Slot:
    """Names a resource in a container, which is there once somebody has created it."""

    def __init__(self, resources: Any, container: str, name: str, kind: str) -> None:
        self._resources = resources
        self._place = (kind, container, name)

    def create_ensemble(self, serialized: bytes, stamp: int) -> None:
        """Make an ensemble, unless it is there."""
        self._create(lambda: Ensemble(serialized, stamp))

    def create_edges(self, count: int, epsilon: float, max_elements: int) -> None:
        """Make the edges of so many features, unless they are there; see `BucketEdges`."""
        self._create(lambda: BucketEdges(count, epsilon, max_elements))

    def _create(self, make: Callable[[], Any]) -> None:
        self._resources.lookup_or_create(*self._place, make)

    def exists(self) -> bool:
        """Return whether the resource is there."""
        return self._resources.lookup(*self._place) is not None

    def get(self) -> Any:
        """Return the resource.

        Raises:
          NotFoundError: nobody has created it.
        """
        found = self._resources.lookup(*self._place)
        if found is None:
            kind, container, name = self._place
            raise errors.not_found(f"Resource {container}/{name}/{kind} does not exist.")
        return found


class Tree:
    """The nodes of one tree as arrays.

    Attributes:
      feature, dimension, threshold: int32 [nodes]: what a node looks at.
      is_equal: bool [nodes]: whether a node sends what equals its threshold to the left.
      left, right: int32 [nodes]: the children; a leaf is its own.
      value: float32 [nodes, outputs]: what a node predicts, or predicted before it was split.
      weight: what predictions are multiplied by.
      new_nodes: int32 [old nodes]: where nodes went when the tree was pruned; empty if it was not.
      changes: float32 [old nodes, outputs]: by how much their predictions changed then.
    """

    def __init__(self, tree: Any, weight: float, metadata: Any) -> None:
        count = len(tree.nodes)
        self.feature, self.dimension, self.threshold = np.zeros([3, count], np.int32)
        self.is_equal = np.zeros(count, bool)
        self.left, self.right = np.tile(np.arange(count, dtype=np.int32), [2, 1])
        values = []
        for index, node in enumerate(tree.nodes):
            kind = node.WhichOneof("node")
            if kind in ("bucketized_split", "categorical_split"):
                split = getattr(node, kind)
                self.is_equal[index] = kind == "categorical_split"
                self.feature[index], self.dimension[index] = split.feature_id, split.dimension_id
                self.threshold[index] = split.value if self.is_equal[index] else split.threshold
                self.left[index], self.right[index] = split.left_id, split.right_id
            elif kind != "leaf":
                raise errors.invalid_argument(f"A tree has a node of the type {kind}")
            leaf = node.leaf if kind == "leaf" else node.metadata.original_leaf
            values.append(list(leaf.vector.value) or [leaf.scalar])
        outputs = max(map(len, values), default=1)
        self.value = np.zeros([count, outputs], np.float32)
        for index, value in enumerate(values):
            self.value[index, : len(value)] = value
        self.weight = np.float32(weight)
        moved = metadata.post_pruned_nodes_meta if metadata.is_finalized else []
        self.new_nodes = np.array([each.new_node_id for each in moved], np.int32)
        self.changes = np.array([list(each.logit_change) for each in moved], np.float32)

    def next_nodes(self, nodes: Array, buckets: Array, starts: Array) -> Array:
        """Return the children that examples go to; those in leaves stay there.

        Args:
          nodes: int32 [examples].
          buckets: int32 [examples, columns]: all dimensions of all features.
          starts: int64 [features]: the first column of each.
        """
        columns = starts[self.feature[nodes]] + self.dimension[nodes]
        values, wanted = buckets[np.arange(len(nodes)), columns], self.threshold[nodes]
        goes_left = np.where(self.is_equal[nodes], values == wanted, values <= wanted)
        found: Array = np.where(goes_left, self.left[nodes], self.right[nodes])
        return found

    def is_leaf(self, nodes: Array) -> Array:
        """Return which nodes are leaves."""
        found: Array = self.left[nodes] == nodes
        return found

    def leaves(self, nodes: Array, buckets: Array, starts: Array) -> Array:
        """Return the leaves that examples come to; see `next_nodes`."""
        while not self.is_leaf(nodes).all():
            nodes = self.next_nodes(nodes, buckets, starts)
        return nodes


class Ensemble:
    """Trees, as they were loaded.

    Attributes:
      stamp: the version of the ensemble.
      message: the TreeEnsemble.
      trees: its trees.

    Raises:
      InvalidArgumentError: the text is no TreeEnsemble.
    """

    def __init__(self, serialized: bytes, stamp: int) -> None:
        self._lock = threading.Lock()  # one change at a time
        self.load(serialized, stamp)

    def load(self, serialized: bytes, stamp: int) -> None:
        """Replace the trees."""
        try:
            message = TreeEnsemble.FromString(serialized)
        except DecodeError as error:
            raise errors.invalid_argument("Unable to parse tree ensemble proto.") from error
        sizes = {len(message.trees), len(message.tree_weights), len(message.tree_metadata)}
        if len(sizes) > 1:
            raise errors.invalid_argument("A tree of the ensemble has no weight or no metadata")
        self.trees = _arrays_of(message, 0)
        self.message, self.stamp = message, stamp

    def change(self, how: Callable[[Any], Any]) -> Any:
        """Replace the trees by what a function makes of a copy; return what it returns.

        Args:
          how: changes a TreeEnsemble in the last of its trees, or adds some.
        """
        with self._lock:
            message = TreeEnsemble()
            message.CopyFrom(self.message)
            found = how(message)
            same = max(0, len(self.trees) - 1)
            self.trees = [*self.trees[:same], *_arrays_of(message, same)]
            self.message, self.stamp = message, self.stamp + 1
            return found


def _arrays_of(message: Any, start: int) -> list[Tree]:
    """Return the trees of an ensemble from a number on."""
    parts = zip(
        message.trees[start:],
        message.tree_weights[start:],
        message.tree_metadata[start:],
        strict=True,
    )
    return [Tree(*each) for each in parts]


class BucketEdges:
    """The edges of the buckets of features, and what is known of the features since they were made.

    Args:
      count: how many features.
      epsilon: how far ranks may be off, as a part of the whole weight.
      max_elements: how many values a feature has at most.

    Attributes:
      edges: float32 [edges] for each feature.
    """

    def __init__(self, count: int, epsilon: float, max_elements: int) -> None:
        self.edges: Sequence[Array] = [np.zeros(0, np.float32)] * count
        self._lock = threading.Lock()
        self._settings = epsilon, max_elements
        self._streams = self._new_streams()  # guarded by _lock

    def _new_streams(self) -> list[QuantileStream]:
        return [QuantileStream(*self._settings) for _ in self.edges]

    def add(self, summaries: Sequence[Array]) -> None:
        """Add summaries of values, one for each feature.

        Raises:
          InvalidArgumentError: there are more or less of them, or one is none.
        """
        if len(summaries) != len(self.edges):
            raise errors.invalid_argument(
                f"{len(summaries)} summaries are given, there are {len(self.edges)} features"
            )
        if any(summary.ndim != 2 or summary.shape[1] != 4 for summary in summaries):
            raise errors.invalid_argument("A summary of values has four columns")
        with self._lock:
            for stream, summary in zip(self._streams, summaries, strict=True):
                stream.push_summary(summary)

    def flush(self, edges_of: Callable[[QuantileStream], Array] | None) -> list[Array]:
        """Return the summaries of all values, and forget them.

        Args:
          edges_of: gives the new edges; None leaves them as they are.
        """
        with self._lock:
            summaries = [stream.finish() for stream in self._streams]
            if edges_of is not None:
                self.edges = [edges_of(stream) for stream in self._streams]
            self._streams = self._new_streams()
            return summaries
