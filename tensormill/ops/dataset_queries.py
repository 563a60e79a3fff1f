"""Datasets of what is in databases: the rows that a query gives, or all keys and values.

Source: TensorFlow 1.15, core/ops/experimental_dataset_ops.cc.
"""

from __future__ import annotations

from tensormill.ops.dataset_op import TYPED, define_dataset

_INPUTS = ("driver_name: string", "data_source_name: string", "query: string")

sql_dataset_op = define_dataset("SqlDataset", _INPUTS, TYPED, stateful=True)
experimental_sql_dataset_op = define_dataset(
    "ExperimentalSqlDataset", _INPUTS, TYPED, stateful=True
)
lmdb_dataset_op = define_dataset("LMDBDataset", ("filenames: string",), TYPED, stateful=True)
experimental_lmdb_dataset_op = define_dataset(
    "ExperimentalLMDBDataset", ("filenames: string",), TYPED, stateful=True
)
