"""`tf.contrib.factorization`: clusters of points."""

from tensormill.estimator.canned.kmeans import KMeansClustering
from tensormill.learn.kmeans import (
    COSINE_DISTANCE,
    KMEANS_PLUS_PLUS_INIT,
    RANDOM_INIT,
    SQUARED_EUCLIDEAN_DISTANCE,
    KMeans,
)
