"""How boosted trees grow: TensorFlow's published figures, and small trees worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from google.protobuf import text_format

import tensormill.api as tf
from tensormill.estimator.canned.tree_resources import QuantileAccumulator
from tensormill.proto.boosted_trees_pb2 import TreeEnsemble

raw = tf.raw_ops

# By node and bucket, the sums of gradients and of second derivatives.
STATS = np.zeros([2, 7, 4, 2], np.float32)
STATS[0, :3] = [
    [[0, 0], [0.08, 0.09], [0, 0], [0, 0]],
    [[0, 0], [0.15, 0.36], [0.06, 0.07], [0.1, 0.2]],
    [[0, 0], [-0.33, 0.58], [0, 0], [0.3, 0.4]],
]
STATS[1, :3] = [
    [[0, 0], [0, 0], [0.08, 0.09], [0, 0]],
    [[0, 0], [0.3, 0.5], [-0.05, 0.06], [0.06, 0.07]],
    [[0.1, 0.1], [0.2, 0.3], [-0.4, 0.5], [0.07, 0.08]],
]


def best(stats: Any = STATS, **settings: float) -> list[Any]:
    given = {"l1": 0.0, "l2": 0.0, "tree_complexity": 0.0, "min_node_weight": 0.0, **settings}
    with tf.Graph().as_default(), tf.Session() as session:
        found = raw.BoostedTreesCalculateBestGainsPerFeature(
            node_id_range=[1, 3], stats_summary_list=list(stats), max_splits=7, **given
        )
        return list(session.run(found))


@pytest.mark.parametrize(
    ("settings", "gains", "thresholds", "left", "right"),
    [
        (
            {},
            [[0.004775, 0.41184], [0.02823, 0.41184]],
            [[1, 1], [1, 1]],
            [[-0.416667, 0.568966], [-0.6, -0.75]],
            [[-0.592593, -0.75], [-0.076923, 0.568966]],
        ),
        (
            {"l2": 0.1},
            [[0, 0.33931375], [0.01879096, 0.33931375]],
            [[0, 1], [1, 1]],
            [[0, 0.485294], [-0.5, -0.6]],
            [[-0.424658, -0.6], [-0.043478, 0.485294]],
        ),
        (
            {"l1": 0.1},
            [[0, 0.191207], [0.01, 0.191207]],
            [[0, 1], [1, 1]],
            [[0, 0.3965517], [-0.4, -0.5]],
            [[-0.3333333, -0.5], [0, 0.396552]],
        ),
        (
            {"l2": 0.1, "tree_complexity": 3.0},
            [[-3, -2.66068625], [-2.98120904, -2.66068625]],
            [[0, 1], [1, 1]],
            [[0, 0.485294], [-0.5, -0.6]],
            [[-0.424658, -0.6], [-0.043478, 0.485294]],
        ),
    ],
)
def test_best_splits(
    settings: dict[str, float], gains: Any, thresholds: Any, left: Any, right: Any
) -> None:
    found = best(**settings)
    np.testing.assert_array_equal(found[0], [[1, 2], [1, 2]])
    np.testing.assert_allclose(found[1], gains, rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(found[2], thresholds)
    np.testing.assert_allclose(found[3], np.array(left)[..., None], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(found[4], np.array(right)[..., None], rtol=1e-4, atol=1e-6)


def test_light_nodes_are_not_split() -> None:
    stats = STATS.copy()
    stats[0, 1, 1, 1] = 0.036
    stats[0, 2, 1, 1] = 0.68
    stats[1, 1, 2, 1] = 0.6
    stats[1, 2, 1:3, 1] = [0.03, 0.05]
    nodes, gains, thresholds, _, _ = best(stats, min_node_weight=1.0)
    assert [each.tolist() for each in nodes] == [[2], [1]]
    np.testing.assert_allclose(gains, [[0.384314], [0.098013]], rtol=1e-4)
    assert [each.tolist() for each in thresholds] == [[1], [1]]


class Trees:
    """An ensemble in a session."""

    def __init__(self, content: str = "") -> None:
        self._graph = tf.Graph()
        self._session = tf.Session(graph=self._graph)
        with self._graph.as_default():
            self._handle = raw.BoostedTreesEnsembleResourceHandleOp(
                container="", shared_name="trees"
            )
            self._session.run(
                raw.BoostedTreesCreateEnsemble(
                    tree_ensemble_handle=self._handle,
                    stamp_token=0,
                    tree_ensemble_serialized=text_format.Parse(
                        content, TreeEnsemble()
                    ).SerializeToString(),
                )
            )

    def center(self, gradient: float, hessian: float, l2: float = 0.0) -> bool:
        with self._graph.as_default():
            return bool(
                self._session.run(
                    raw.BoostedTreesCenterBias(
                        tree_ensemble_handle=self._handle,
                        mean_gradients=[[gradient]],
                        mean_hessians=[[hessian]],
                        l1=0.0,
                        l2=l2,
                    )
                )
            )

    def grow(self, splits: list[tuple[list[float], ...]], depth: int, pruning: int = 0) -> None:
        """Give for each feature the nodes, gains, thresholds, and values of the children."""
        nodes, gains, thresholds, left, right = zip(*splits, strict=True)
        with self._graph.as_default():
            self._session.run(
                raw.BoostedTreesUpdateEnsemble(
                    tree_ensemble_handle=self._handle,
                    feature_ids=list(range(len(splits))),
                    node_ids=[np.array(each, np.int32) for each in nodes],
                    gains=[np.array(each, np.float32) for each in gains],
                    thresholds=[np.array(each, np.int32) for each in thresholds],
                    left_node_contribs=[np.array(each, np.float32)[:, None] for each in left],
                    right_node_contribs=[np.array(each, np.float32)[:, None] for each in right],
                    max_depth=depth,
                    learning_rate=0.5,
                    pruning_mode=pruning,
                )
            )

    def states(self) -> list[Any]:
        with self._graph.as_default():
            found = raw.BoostedTreesGetEnsembleStates(tree_ensemble_handle=self._handle)
            return [np.asarray(each).tolist() for each in self._session.run(found)]

    def message(self) -> TreeEnsemble:
        with self._graph.as_default():
            content = raw.BoostedTreesSerializeEnsemble(tree_ensemble_handle=self._handle)
            return TreeEnsemble.FromString(self._session.run(content)[1])


def test_the_bias_moves_until_it_changes_little() -> None:
    trees = Trees()
    assert trees.center(-2.0, 4.0)
    assert trees.message().trees[0].nodes[0].leaf.scalar == 0.5
    assert trees.center(-1.0, 1.5, l2=0.5)
    assert trees.message().trees[0].nodes[0].leaf.scalar == 1.0
    assert not trees.center(0.005, 1.0)
    assert trees.message().trees[0].nodes[0].leaf.scalar == np.float32(0.995)
    assert trees.states()[0] == 3


def test_the_best_feature_splits_a_node() -> None:
    trees = Trees()
    trees.grow(
        [([0], [3.0], [1], [2.0], [-4.0]), ([0], [5.0], [2], [1.0], [-1.0])],
        depth=2,
    )
    assert trees.states() == [1, 1, 0, 1, [1, 3]]
    trees.grow(
        [([1, 2], [1.0, 7.0], [0, 3], [2.0, 6.0], [4.0, 8.0]), ([1], [1.0], [2], [9.0], [9.0])],
        depth=2,
    )
    # The tree is complete, and the next one begins with a leaf.
    assert trees.states() == [2, 2, 1, 2, [0, 1]]
    first, second = trees.message().trees
    root, left, right = first.nodes[0], first.nodes[1], first.nodes[2]
    assert (root.bucketized_split.feature_id, root.bucketized_split.threshold) == (1, 2)
    # Of equal gains the first feature's counts.
    assert left.bucketized_split.feature_id == 0
    assert left.metadata.original_leaf.scalar == 0.5
    assert (right.bucketized_split.left_id, right.bucketized_split.right_id) == (5, 6)
    assert [node.leaf.scalar for node in first.nodes[3:]] == [1.5, 2.5, 2.5, 3.5]
    assert [node.leaf.scalar for node in second.nodes] == [0.0]
    assert list(trees.message().tree_weights) == [1.0, 1.0]


def test_a_split_that_gains_nothing_is_not_made() -> None:
    trees = Trees()
    trees.grow([([0], [3.0], [1], [2.0], [-4.0])], depth=3, pruning=1)
    trees.grow([([1, 2], [-1.0, 2.0], [0, 0], [2.0, 2.0], [2.0, 2.0])], depth=3, pruning=1)
    (tree,) = trees.message().trees
    assert [node.WhichOneof("node") for node in tree.nodes] == [
        "bucketized_split",
        "leaf",
        "bucketized_split",
        "leaf",
        "leaf",
    ]
    trees.grow([([3, 4], [-1.0, -2.0], [0, 0], [2.0, 2.0], [2.0, 2.0])], depth=3, pruning=1)
    assert len(trees.message().trees[0].nodes) == 5
    assert trees.states() == [3, 1, 0, 3, [3, 5]]


def test_splits_are_taken_back_when_the_tree_is_complete() -> None:
    trees = Trees()
    trees.grow([([0], [3.0], [1], [2.0], [-4.0])], depth=2, pruning=2)
    trees.grow([([1, 2], [-1.0, 2.0], [0, 0], [6.0, 2.0], [8.0, 4.0])], depth=2, pruning=2)
    tree = trees.message().trees[0]
    root, left, right = tree.nodes[0], tree.nodes[1], tree.nodes[2]
    assert len(tree.nodes) == 5
    assert (root.bucketized_split.left_id, root.bucketized_split.right_id) == (1, 2)
    assert left.leaf.scalar == 1.0
    assert (right.bucketized_split.left_id, right.bucketized_split.right_id) == (3, 4)
    notes = trees.message().tree_metadata[0].post_pruned_nodes_meta
    # Nodes 3 and 4 were children of node 1: their values went back by what the split added.
    assert [each.new_node_id for each in notes] == [0, 1, 2, 1, 1, 3, 4]
    assert [each.logit_change[0] for each in notes] == [0, 0, 0, -3, -4, 0, 0]


def test_a_tree_whose_splits_gain_nothing_is_a_leaf_again() -> None:
    trees = Trees()
    trees.grow([([0], [-3.0], [1], [2.0], [-4.0])], depth=1, pruning=2)
    first = trees.message().trees[0]
    assert [node.leaf.scalar for node in first.nodes] == [0.0]
    notes = trees.message().tree_metadata[0].post_pruned_nodes_meta
    assert [(each.new_node_id, each.logit_change[0]) for each in notes] == [
        (0, 0.0),
        (0, -1.0),
        (0, 2.0),
    ]


VALUES = [[1.2, 12.1, 0.3, 0.5, 0.6, 2.2], [2.3, 1.2, 1.1, 2.6, 3.2, 0.8]]
WEIGHTS = [10.0, 1, 1, 1, 1, 1]
EDGES = [[0.3, 0.6, 1.2, 12.1], [0.8, 1.2, 2.3, 3.2]]


def test_quantiles_of_weighted_values() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        made = QuantileAccumulator(0.01, num_streams=2, num_quantiles=3)
        session.run(made.initializer)
        session.run(made.add_summaries(VALUES, WEIGHTS))
        session.run(made.flush())
        edges = made.get_bucket_boundaries()
        np.testing.assert_allclose(session.run(edges), EDGES, rtol=1e-6)
        buckets = raw.BoostedTreesBucketize(float_values=VALUES, bucket_boundaries=edges)
        found = [each.reshape(-1).tolist() for each in session.run(buckets)]
        assert found == [[2, 3, 0, 1, 1, 3], [2, 1, 1, 3, 3, 0]]


def test_summaries_have_the_ranks_of_values() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        summaries = raw.BoostedTreesMakeQuantileSummaries(
            float_values=[[5.0, 1.0, 3.0, 1.0]], example_weights=[2.0, 1.0, 4.0, 3.0], epsilon=0.01
        )
        # A value, its weight, and what is at least and at most below the end of it.
        expected = [[1, 4, 0, 4], [3, 4, 4, 8], [5, 2, 8, 10]]
        np.testing.assert_allclose(session.run(summaries)[0][:, [0, 1, 2, 3]], expected)


def test_summaries_refuse_weights_of_another_number() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        summaries = raw.BoostedTreesMakeQuantileSummaries(
            float_values=[[5.0, 1.0, 3.0]], example_weights=[2.0, 1.0], epsilon=0.01
        )
        with pytest.raises(tf.errors.InvalidArgumentError, match="same size as features"):
            session.run(summaries)


def test_batches_give_the_quantiles_of_all() -> None:
    values = np.random.RandomState(0).permutation(4000).astype(np.float32)
    with tf.Graph().as_default(), tf.Session() as session:
        made = QuantileAccumulator(0.01, num_streams=1, num_quantiles=4)
        session.run(made.initializer)
        fed = tf.placeholder(tf.float32, [None])
        add = made.add_summaries([fed], [1.0])
        for batch in values.reshape(40, 100):
            session.run(add, {fed: batch})
        session.run(made.flush())
        (edges,) = session.run(made.get_bucket_boundaries())
        np.testing.assert_allclose(edges, [0, 1000, 2000, 3000, 3999], atol=45)


def test_quantiles_are_saved(tmp_path: Any) -> None:
    path = str(tmp_path / "quantiles")
    with tf.Graph().as_default(), tf.Session() as session:
        made = QuantileAccumulator(0.01, num_streams=2, num_quantiles=3, name="q0")
        saver = tf.train.Saver()
        tf.train.create_global_step()
        session.run([made.initializer, tf.global_variables_initializer()])
        session.run(made.add_summaries(VALUES, WEIGHTS))
        session.run(made.flush())
        saver.save(session, path)
    with tf.Graph().as_default(), tf.Session() as session:
        made = QuantileAccumulator(0.01, num_streams=2, num_quantiles=3, name="q0")
        tf.train.Saver().restore(session, path)
        np.testing.assert_allclose(session.run(made.get_bucket_boundaries()), EDGES, rtol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"node_id_range": [1, 2, 3]}, "must be equal"),
        ({"node_id_range": 1}, "must be rank 1 but is rank 0"),
        ({"stats_summary_list": [[1.0]]}, "must be rank 3 but is rank 1"),
    ],
)
def test_shapes_of_best_splits(arguments: dict[str, Any], message: str) -> None:
    given: dict[str, Any] = {
        "node_id_range": [1, 3],
        "stats_summary_list": list(STATS),
        "l1": 0.0,
        "l2": 0.0,
        "tree_complexity": 0.0,
        "min_node_weight": 0.0,
        "max_splits": 7,
        **arguments,
    }
    with tf.Graph().as_default(), pytest.raises(ValueError, match=message):
        raw.BoostedTreesCalculateBestGainsPerFeature(**given)
