"""`tf.contrib.factorization`: clusters of points."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import tensormill as tf

factorization = tf.contrib.factorization
CENTERS = np.float32([[0, 0], [3, 3], [-3, 2]])
OFFSETS = np.float32([[0.1, 0], [-0.1, 0], [0, 0.2], [0, -0.2]])
POINTS = np.concatenate([center + OFFSETS for center in CENTERS])

STEPS = """
found = []
for options in ({}, {"distance_metric": "cosine"}):
    with tf.Graph().as_default(), tf.Session() as session:
        model = KMeans(
            points, 3, initial_clusters=np.float32([[0.5, 1], [1, 3], [-1, 2]]), **options)
        all_scores, index, scores, is_begun, init_op, step = model.training_graph()
        session.run(tf.global_variables_initializer())
        session.run(init_op)
        for _ in range(4):
            session.run(step)
        found += session.run([all_scores[0], index[0], scores[0], is_begun])
result = found
"""


@pytest.mark.oracle
def test_steps_are_those_of_tensorflow(oracle):
    source = "from tensorflow.python.ops.clustering_ops import KMeans\n" + STEPS
    expected = oracle.run(source, points=POINTS)
    names = {"tf": tf, "np": np, "points": POINTS, "KMeans": factorization.KMeans}
    exec(STEPS, names)
    for mine, theirs in zip(names["result"], expected, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-5)


def test_mini_batches_move_centers_by_their_share():
    start = np.float32([[0.5, 1], [1, 3], [-1, 2]])
    model = factorization.KMeans(POINTS, 3, initial_clusters=start, use_mini_batch=True)
    *_, init_op, step = model.training_graph()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(init_op)
        for _ in range(4):
            session.run(step)
        centers = session.run(tf.global_variables()[0])
    # each counts as one point of its own at first, and 4 points are added in each step
    np.testing.assert_allclose(centers, CENTERS + (start - CENTERS) / 17, rtol=1e-4, atol=1e-6)


def test_centers_in_use_change_every_other_step():
    start = np.float32([[0.5, 1], [1, 3], [-1, 2]])
    model = factorization.KMeans(
        POINTS,
        3,
        initial_clusters=start,
        use_mini_batch=True,
        mini_batch_steps_per_iteration=2,
    )
    *_, init_op, step = model.training_graph()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(init_op)
        for expected in (start, start, CENTERS, CENTERS):
            session.run(step)
            centers = session.run(tf.global_variables()[0])
            np.testing.assert_allclose(centers, expected, atol=1e-6)


@pytest.mark.parametrize("start", ["random", "kmeans_plus_plus"])
def test_centers_begin_at_points(start):
    model = factorization.KMeans(POINTS, 3, initial_clusters=start, random_seed=3)
    *_, is_begun, init_op, _ = model.training_graph()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert not session.run(is_begun)
        session.run(init_op)
        assert session.run(is_begun)
        centers = session.run(tf.global_variables()[0])
    assert {tuple(center) for center in centers} <= {tuple(point) for point in POINTS}
    if start == "kmeans_plus_plus":
        distances = np.linalg.norm(centers[:, None] - CENTERS[None], axis=-1)
        assert sorted(distances.argmin(axis=1)) == [0, 1, 2]


def test_centers_may_be_collected_from_several_batches():
    batch = tf.placeholder(tf.float32, [None, 2])
    model = factorization.KMeans(batch, 3)
    *_, is_begun, init_op, _ = model.training_graph()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer(), {batch: POINTS[:1]})
        for number, done in ((0, False), (4, False), (8, True)):
            session.run(init_op, {batch: POINTS[number : number + 1]})
            assert session.run(is_begun) == done


def test_an_estimator_finds_clusters(tmp_path):
    def input_fn():
        return tf.data.Dataset.from_tensors(POINTS).repeat()

    model = factorization.KMeansClustering(
        3, str(tmp_path), "kmeans_plus_plus", seed=1, use_mini_batch=False
    )
    model.train(input_fn, steps=2)
    centers = model.cluster_centers()
    order = np.argsort(centers[:, 0])
    np.testing.assert_allclose(centers[order], CENTERS[[2, 0, 1]], atol=1e-5)
    assert model.score(input_fn) == pytest.approx(float(3 * np.square(OFFSETS).sum()), rel=1e-3)
    indices = list(itertools.islice(model.predict_cluster_index(input_fn), 12))
    assert [len(set(indices[i : i + 4])) for i in (0, 4, 8)] == [1, 1, 1]
    nearest = [float(row.min()) for row in itertools.islice(model.transform(input_fn), 12)]
    np.testing.assert_allclose(nearest, np.tile(np.linalg.norm(OFFSETS, axis=1), 3), atol=1e-3)


def test_ways_that_there_are_not_are_refused():
    with pytest.raises(ValueError, match="Unsupported initialization algorithm 'x'"):
        factorization.KMeans(POINTS, 2, initial_clusters="x")
    with pytest.raises(ValueError, match="Unsupported distance metric 'x'"):
        factorization.KMeansClustering(2, distance_metric="x")
