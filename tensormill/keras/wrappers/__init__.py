"""`tf.keras.wrappers`."""

from __future__ import annotations

from tensormill.keras.wrappers import scikit_learn

__all__ = ["scikit_learn"]
