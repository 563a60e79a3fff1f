"""`tf.lookup.experimental`."""

from __future__ import annotations

from tensormill.lookup.mutable_tables import DenseHashTable, MutableHashTable

__all__ = ["DenseHashTable", "MutableHashTable"]
