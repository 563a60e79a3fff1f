"""`DenseFeatures` as `tf.compat.v2` has it: a class of its own, which programs tell from the first.

Source: TensorFlow 1.15, python/feature_column/dense_features_v2.py.
"""

from __future__ import annotations

from tensormill.keras.layers import columns

__all__ = ["DenseFeatures"]


class DenseFeatures(columns.DenseFeatures):
    """Makes one dense tensor of a dictionary of features, as the first one does."""
