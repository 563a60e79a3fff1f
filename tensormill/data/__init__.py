"""`tf.data`: input pipelines as datasets, and iterators over them."""

from __future__ import annotations

from tensormill.data import experimental
from tensormill.data.dataset import Dataset
from tensormill.data.files import FixedLengthRecordDataset, TextLineDataset, TFRecordDataset
from tensormill.data.iterator import (
    Iterator,
    get_output_classes,
    get_output_shapes,
    get_output_types,
)
from tensormill.data.options import Options
from tensormill.data.sources import make_initializable_iterator, make_one_shot_iterator

__all__ = [
    "Dataset",
    "FixedLengthRecordDataset",
    "Iterator",
    "Options",
    "TFRecordDataset",
    "TextLineDataset",
    "experimental",
    "get_output_classes",
    "get_output_shapes",
    "get_output_types",
    "make_initializable_iterator",
    "make_one_shot_iterator",
]
