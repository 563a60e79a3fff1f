"""`tensorflow.examples.tutorials.mnist.input_data`: handwritten digits from files of one folder.

The files are those of the MNIST data set, in its own format, packed by gzip or not. Nothing is
downloaded.

Source: TensorFlow 1.15, contrib/learn/python/learn/datasets/mnist.py.
"""

from __future__ import annotations

import gzip
import os
from typing import Any, NamedTuple

import numpy as np

from tensormill.graph import errors
from tensormill.graph.dtypes import as_dtype, float32, uint8
from tensormill.ops.random_seeds import get_seed

__all__ = [
    "DataSet",
    "Datasets",
    "dense_to_one_hot",
    "extract_images",
    "extract_labels",
    "load_mnist",
    "read_data_sets",
]

Array = np.ndarray[Any, Any]

_FILES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
_IMAGES_BEGIN = 2051
_LABELS_BEGIN = 2049
_PIXELS = 784
_FAKE_EXAMPLES = 10000


class Datasets(NamedTuple):
    """The three parts of the data."""

    train: Any
    validation: Any
    test: Any


def _numbers(data: bytes, magic: int, dimensions: int, name: str) -> Array:
    """Return the bytes after the header of a file.

    Raises:
      ValueError: the file does not begin as one of its kind does.
    """
    header = np.frombuffer(data[: 4 * (1 + dimensions)], np.dtype(">u4"))
    if len(header) <= dimensions or header[0] != magic:
        begin = header[0] if len(header) else "nothing"
        raise ValueError(f"Invalid magic number {begin} in MNIST file: {name}")
    shape = [int(size) for size in header[1:]]
    return np.frombuffer(data, np.uint8, offset=4 * (1 + dimensions)).reshape(shape)


def _unpacked(file: Any) -> bytes:
    data: bytes = file.read()
    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


def extract_images(f: Any) -> Array:
    """Return the images in an open file: uint8 [count, rows, columns, 1]."""
    return _numbers(_unpacked(f), _IMAGES_BEGIN, 3, f.name)[..., np.newaxis]


def extract_labels(f: Any, one_hot: bool = False, num_classes: int = 10) -> Array:
    """Return the labels in an open file: uint8 [count], or [count, classes] with `one_hot`."""
    labels = _numbers(_unpacked(f), _LABELS_BEGIN, 1, f.name)
    return dense_to_one_hot(labels, num_classes) if one_hot else labels


def dense_to_one_hot(labels_dense: Array, num_classes: int) -> Array:
    """Return a row a label, with a 1 at the place of the class."""
    return np.eye(num_classes)[labels_dense]


class DataSet:
    """Images and labels, handed out in batches.

    Args:
      images: uint8 [count, rows, columns, 1].
      labels: [count] or [count, classes].
      fake_data: hand out the same made-up example again and again.
      one_hot: the form of the labels of made-up examples.
      dtype: uint8 leaves the pixels as they are; float32 puts them into [0, 1].
      reshape: make a vector of each image.
      seed: for the order of the examples.
    """

    def __init__(
        self,
        images: Any,
        labels: Any,
        fake_data: bool = False,
        one_hot: bool = False,
        dtype: Any = float32,
        reshape: bool = True,
        seed: int | None = None,
    ) -> None:
        graph_seed, op_seed = get_seed(seed)
        np.random.seed(graph_seed if seed is None else op_seed)
        dtype = as_dtype(dtype).base_dtype
        if dtype not in (uint8, float32):
            raise TypeError(f"Invalid image dtype {dtype!r}, expected uint8 or float32")
        self.one_hot = one_hot
        if fake_data:
            self._num_examples = _FAKE_EXAMPLES
        else:
            if len(images) != len(labels):
                raise ValueError(f"{len(images)} images, but {len(labels)} labels")
            self._num_examples = len(images)
            if reshape:
                images = images.reshape(len(images), -1)
            if dtype is float32:
                images = images.astype(np.float32) * np.float32(1.0 / 255.0)
        self._images = images
        self._labels = labels
        self._epochs_completed = 0
        self._index_in_epoch = 0

    @property
    def images(self) -> Any:
        """All images."""
        return self._images

    @property
    def labels(self) -> Any:
        """All labels."""
        return self._labels

    @property
    def num_examples(self) -> int:
        """How many examples there are."""
        return self._num_examples

    @property
    def epochs_completed(self) -> int:
        """How often all examples were handed out."""
        return self._epochs_completed

    def _shuffle(self) -> None:
        order = np.arange(self._num_examples)
        np.random.shuffle(order)
        self._images = self._images[order]
        self._labels = self._labels[order]

    def next_batch(self, batch_size: int, fake_data: bool = False, shuffle: bool = True) -> Any:
        """Return the next images and labels; a batch may go on in the next epoch."""
        if fake_data:
            label: Any = [1] + [0] * 9 if self.one_hot else 0
            return [[1] * _PIXELS] * batch_size, [label] * batch_size
        start = self._index_in_epoch
        if self._epochs_completed == 0 and start == 0 and shuffle:
            self._shuffle()
        end = start + batch_size
        if end <= self._num_examples:
            self._index_in_epoch = end
            return self._images[start:end], self._labels[start:end]
        self._epochs_completed += 1
        images, labels = self._images[start:], self._labels[start:]
        if shuffle:
            self._shuffle()
        self._index_in_epoch = end - self._num_examples
        more = slice(0, self._index_in_epoch)
        return (
            np.concatenate([images, self._images[more]]),
            np.concatenate([labels, self._labels[more]]),
        )


def _open(folder: str, name: str) -> Any:
    for candidate in (f"{name}.gz", name):
        path = os.path.join(folder, candidate)
        if os.path.exists(path):
            return open(path, "rb")
    raise errors.not_found(
        f"{os.path.join(folder, name)}.gz; No such file or directory. Nothing is downloaded: "
        "put the four files of MNIST into the folder"
    )


def read_data_sets(
    train_dir: str,
    fake_data: bool = False,
    one_hot: bool = False,
    dtype: Any = float32,
    reshape: bool = True,
    validation_size: int = 5000,
    seed: int | None = None,
    source_url: str | None = None,
) -> Datasets:
    """Read the data set from a folder.

    Args:
      train_dir: the folder.
      fake_data: make examples up.
      one_hot: make a row of each label.
      dtype: uint8 or float32.
      reshape: make a vector of each image.
      validation_size: how many of the first training examples are kept for validation.
      seed: for the order of the examples.
      source_url: not used; nothing is downloaded.

    Raises:
      NotFoundError: a file is not there.
      ValueError: `validation_size` is too large.
    """
    if fake_data:
        made_up = [
            DataSet([], [], fake_data=True, one_hot=one_hot, dtype=dtype, seed=seed)
            for _ in Datasets._fields
        ]
        return Datasets(*made_up)
    read = {}
    for part, (image_file, label_file) in _FILES.items():
        with _open(train_dir, image_file) as images, _open(train_dir, label_file) as labels:
            read[part] = extract_images(images), extract_labels(labels, one_hot)
    images, labels = read["train"]
    if not 0 <= validation_size <= len(images):
        raise ValueError(
            f"Validation size should be between 0 and {len(images)}. Received: {validation_size}."
        )
    parts = (
        (images[validation_size:], labels[validation_size:]),
        (images[:validation_size], labels[:validation_size]),
        read["test"],
    )
    made = [
        DataSet(images, labels, dtype=dtype, reshape=reshape, seed=seed) for images, labels in parts
    ]
    return Datasets(*made)


def load_mnist(train_dir: str = "MNIST-data") -> Datasets:
    """Read the data set from a folder."""
    return read_data_sets(train_dir)
