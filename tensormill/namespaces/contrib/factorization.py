"""`tf.contrib.factorization`: clusters of points."""

from tensormill.estimator.canned.clustering import (
    COSINE_DISTANCE,
    KMEANS_PLUS_PLUS_INIT,
    RANDOM_INIT,
    SQUARED_EUCLIDEAN_DISTANCE,
    KMeans,
)
from tensormill.estimator.canned.kmeans import KMeansClustering
