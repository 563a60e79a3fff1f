"""`tf.lookup`, and what lies behind `tf.contrib.lookup`."""

from __future__ import annotations

from tensormill.lookup import experimental
from tensormill.lookup.hash_buckets import StaticVocabularyTable
from tensormill.lookup.static_tables import StaticHashTable
from tensormill.lookup.table_initializers import (
    KeyValueTensorInitializer,
    TextFileIndex,
    TextFileInitializer,
)
