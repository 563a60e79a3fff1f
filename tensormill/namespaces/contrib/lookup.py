"""`tf.contrib.lookup`: tables of words and numbers."""

from __future__ import annotations

from tensormill.lookup.hash_buckets import (
    FastHashSpec,
    HasherSpec,
    IdTableWithHashBuckets,
    StrongHashSpec,
)
from tensormill.lookup.index_tables import (
    index_table_from_file,
    index_table_from_tensor,
    index_to_string,
    index_to_string_table_from_file,
    index_to_string_table_from_tensor,
    string_to_index,
    string_to_index_table_from_file,
    string_to_index_table_from_tensor,
)
from tensormill.lookup.interface import LookupInterface
from tensormill.lookup.mutable_tables import DenseHashTable as MutableDenseHashTable
from tensormill.lookup.mutable_tables import MutableHashTable
from tensormill.lookup.static_tables import HashTable, InitializableLookupTableBase
from tensormill.lookup.table_initializers import (
    KeyValueTensorInitializer,
    TextFileIdTableInitializer,
    TextFileInitializer,
    TextFileStringTableInitializer,
)
