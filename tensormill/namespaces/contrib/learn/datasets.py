"""`tf.contrib.learn.datasets`."""

from tensormill.learn import datasets as base
from tensormill.learn.datasets import (
    Dataset,
    Datasets,
    load_boston,
    load_csv_with_header,
    load_csv_without_header,
    load_dataset,
    load_iris,
)
from tensormill.tensorflow_modules import mnist
