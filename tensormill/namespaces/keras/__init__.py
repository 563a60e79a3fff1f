"""`tf.keras`: the initializers, which layers and variables share with Keras."""

from __future__ import annotations

from tensormill.namespaces.keras import initializers

__all__ = ["initializers"]
