"""Ensembles of boosted trees: loaded, asked for predictions, saved; values worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from google.protobuf import text_format

import tensormill.api as tf
from tensormill.proto.boosted_trees_pb2 import DebugOutput, TreeEnsemble

raw = tf.raw_ops

# The second tree was pruned: node 0 was split, and is a leaf again.
ENSEMBLE = """
trees {
  nodes { bucketized_split { feature_id: 1 threshold: 2 left_id: 1 right_id: 2 }
          metadata { gain: 5 } }
  nodes { leaf { scalar: 1 } }
  nodes { categorical_split { feature_id: 0 value: 7 left_id: 3 right_id: 4 }
          metadata { gain: 1 original_leaf { scalar: 0.5 } } }
  nodes { leaf { scalar: 2 } }
  nodes { leaf { scalar: 4 } }
}
trees { nodes { leaf { scalar: 8 } } }
trees {
  nodes { bucketized_split { feature_id: 0 threshold: 0 left_id: 1 right_id: 2 } }
  nodes { leaf { scalar: 16 } }
  nodes { leaf { scalar: 32 } }
}
tree_weights: 1 tree_weights: 0.5 tree_weights: 1
tree_metadata { num_layers_grown: 2 is_finalized: true }
tree_metadata {
  num_layers_grown: 1 is_finalized: true
  post_pruned_nodes_meta { new_node_id: 0 logit_change: 0 }
  post_pruned_nodes_meta { new_node_id: 0 logit_change: -3 }
  post_pruned_nodes_meta { new_node_id: 0 logit_change: 3 }
}
tree_metadata { num_layers_grown: 1 }
growing_metadata { num_layers_attempted: 4 last_layer_node_start: 1 last_layer_node_end: 3 }
"""
FEATURES = [[7, 7, 0, 0], [2, 3, 3, 0]]
# By the first tree 1, 2, 4, 1; by the second 4; by the third 32, 32, 16, 16.
LOGITS = [[37.0], [38.0], [24.0], [21.0]]


def serialized(text: str = ENSEMBLE) -> bytes:
    message: bytes = text_format.Parse(text, TreeEnsemble()).SerializeToString()
    return message


def ensemble(session: tf.Session, content: bytes) -> Any:
    handle = raw.BoostedTreesEnsembleResourceHandleOp(container="", shared_name="trees")
    session.run(
        raw.BoostedTreesCreateEnsemble(
            tree_ensemble_handle=handle, stamp_token=3, tree_ensemble_serialized=content
        )
    )
    return handle


def test_predictions_are_the_sum_over_the_trees() -> None:
    with tf.Session() as session:
        handle = ensemble(session, serialized())
        for features in (FEATURES, np.reshape(FEATURES, [2, 4, 1])):
            logits = raw.BoostedTreesPredict(
                tree_ensemble_handle=handle,
                bucketized_features=[tf.constant(f, tf.int32) for f in features],
                logits_dimension=1,
            )
            assert session.run(logits).tolist() == LOGITS
            assert logits.shape.as_list() == [4, 1]


def test_leaves_may_have_one_value_for_each_class() -> None:
    text = """
    trees { nodes { leaf { vector { value: 1 value: 2 } } } }
    tree_weights: 0.5 tree_metadata {}
    """
    with tf.Session() as session:
        handle = ensemble(session, serialized(text))

        def predict(classes: int) -> Any:
            return raw.BoostedTreesPredict(
                tree_ensemble_handle=handle, bucketized_features=[[1]], logits_dimension=classes
            )

        assert session.run(predict(2)).tolist() == [[0.5, 1.0]]
        with pytest.raises(tf.errors.InvalidArgumentError, match="do not have 1 values"):
            session.run(predict(1))


def test_what_was_predicted_before_is_not_added_again() -> None:
    with tf.Session() as session:
        handle = ensemble(session, serialized())
        predicted = raw.BoostedTreesTrainingPredict(
            tree_ensemble_handle=handle,
            cached_tree_ids=[0, 0, 1, 2],
            cached_node_ids=[-1, 2, 1, 0],
            bucketized_features=FEATURES,
            logits_dimension=1,
        )
        logits, trees, nodes = session.run(predicted)
    # The second had 0.5 of the first tree; the third had 11 of the second tree, which is 8 now.
    assert logits.tolist() == [[37.0], [37.5], [0.5 * -3 + 16], [16.0]]
    assert trees.tolist() == [2] * 4
    assert nodes.tolist() == [2, 2, 1, 1]


def test_an_example_tells_its_way_through_the_trees() -> None:
    with tf.Session() as session:
        handle = ensemble(session, serialized())
        outputs = raw.BoostedTreesExampleDebugOutputs(
            tree_ensemble_handle=handle, bucketized_features=FEATURES, logits_dimension=1
        )
        found = [DebugOutput.FromString(text) for text in session.run(outputs)]
    assert list(found[1].feature_ids) == [1, 0, 0]
    assert list(found[1].logits_path) == [0.0, 0.5, 2.0, 34.0]
    assert list(found[3].feature_ids) == [1, 0]


def test_an_ensemble_is_saved_and_loaded() -> None:
    with tf.Session() as session:
        handle = ensemble(session, b"")
        states = raw.BoostedTreesGetEnsembleStates(tree_ensemble_handle=handle)
        assert [np.array(v).tolist() for v in session.run(states)] == [3, 0, 0, 0, [0, 1]]
        load = raw.BoostedTreesDeserializeEnsemble(
            tree_ensemble_handle=handle, stamp_token=9, tree_ensemble_serialized=serialized()
        )
        session.run(load)
        assert [np.array(v).tolist() for v in session.run(states)] == [9, 3, 2, 4, [1, 3]]
        stamp, text = session.run(raw.BoostedTreesSerializeEnsemble(tree_ensemble_handle=handle))
        assert stamp == 9
        assert TreeEnsemble.FromString(text) == text_format.Parse(ENSEMBLE, TreeEnsemble())
        assert session.run(raw.IsBoostedTreesEnsembleInitialized(tree_ensemble_handle=handle))
        load_nothing = raw.BoostedTreesDeserializeEnsemble(
            tree_ensemble_handle=handle, stamp_token=9, tree_ensemble_serialized=b"\xff"
        )
        with pytest.raises(tf.errors.InvalidArgumentError, match="Unable to parse"):
            session.run(load_nothing)


def test_an_ensemble_that_nobody_created_is_not_there() -> None:
    handle = raw.BoostedTreesEnsembleResourceHandleOp(container="", shared_name="")
    with tf.Session() as session:
        assert not session.run(raw.IsBoostedTreesEnsembleInitialized(tree_ensemble_handle=handle))
        with pytest.raises(tf.errors.NotFoundError, match="does not exist"):
            session.run(raw.BoostedTreesSerializeEnsemble(tree_ensemble_handle=handle))


def test_values_fall_into_buckets() -> None:
    buckets = raw.BoostedTreesBucketize(
        float_values=[[-1, 0, 0.5, 1, 9, float("nan")], [3.0]],
        bucket_boundaries=[[0.0, 1.0, 2.0], tf.constant([], tf.float32)],
    )
    with tf.Session() as session:
        assert [b.tolist() for b in session.run(buckets)] == [[0, 0, 1, 1, 2, 0], [0]]


def test_the_edges_of_buckets_are_kept() -> None:
    handle = raw.BoostedTreesQuantileStreamResourceHandleOp(container="", shared_name="")
    named = {"quantile_stream_resource_handle": handle}
    with tf.Session() as session:
        is_there = raw.IsBoostedTreesQuantileStreamResourceInitialized(**named)
        assert not session.run(is_there)
        session.run(
            raw.BoostedTreesCreateQuantileStreamResource(epsilon=0.01, num_streams=2, **named)
        )
        assert session.run(is_there)
        edges = raw.BoostedTreesQuantileStreamResourceGetBucketBoundaries(num_features=2, **named)
        assert [e.tolist() for e in session.run(edges)] == [[], []]
        session.run(
            raw.BoostedTreesQuantileStreamResourceDeserialize(
                bucket_boundaries=[[1.0, 2.0], [3.0]], **named
            )
        )
        assert [e.tolist() for e in session.run(edges)] == [[1.0, 2.0], [3.0]]
        with pytest.raises(tf.errors.InvalidArgumentError, match="zero is not allowed"):
            session.run(
                raw.BoostedTreesCreateQuantileStreamResource(epsilon=0.0, num_streams=2, **named)
            )


def test_gradients_are_summed_by_node_and_bucket() -> None:
    sums = raw.BoostedTreesMakeStatsSummary(
        node_ids=[0, 1, 1],
        gradients=[[1.0], [2.0], [4.0]],
        hessians=[[0.1], [0.2], [0.4]],
        bucketized_features_list=[[0, 1, 1], [1, 0, 1]],
        max_splits=2,
        num_buckets=2,
    )
    wanted = np.zeros([2, 2, 2, 2], np.float32)
    wanted[0, 0, 0], wanted[0, 1, 1] = (1, 0.1), (6, 0.6)
    wanted[1, 0, 1], wanted[1, 1, 0], wanted[1, 1, 1] = (1, 0.1), (2, 0.2), (4, 0.4)
    with tf.Session() as session:
        np.testing.assert_allclose(session.run(sums), wanted, rtol=1e-6)
