"""`tf.contrib.learn.datasets`: small data sets from files of comma-separated values.

Source: TensorFlow 1.15, contrib/learn/python/learn/datasets/base.py and __init__.py.
"""

from __future__ import annotations

import csv
import importlib.resources
import os
from collections import namedtuple
from typing import Any

import numpy as np

from tensormill.platform import gfile

__all__ = [
    "Dataset",
    "Datasets",
    "load_boston",
    "load_csv_with_header",
    "load_csv_without_header",
    "load_dataset",
    "load_iris",
]

Dataset = namedtuple("Dataset", ("data", "target"))
Datasets = namedtuple("Datasets", ("train", "validation", "test"))


def _rows(filename: Any) -> list[list[str]]:
    with gfile.GFile(filename) as file:
        return [row for row in csv.reader(file) if row]


def load_csv_with_header(
    filename: Any, target_dtype: Any, features_dtype: Any, target_column: int = -1
) -> Any:
    """Return a data set of a file, whose first line begins with its numbers of rows and columns.

    Args:
      filename: the file.
      target_dtype: of the labels.
      features_dtype: of the features.
      target_column: the column of the labels.
    """
    header, *rows = _rows(filename)
    data = np.zeros((int(header[0]), int(header[1])), dtype=features_dtype)
    target = np.zeros(int(header[0]), dtype=target_dtype)
    for number, row in enumerate(rows):
        target[number] = np.asarray(row.pop(target_column), dtype=target_dtype)
        data[number] = np.asarray(row, dtype=features_dtype)
    return Dataset(data=data, target=target)


def load_csv_without_header(
    filename: Any, target_dtype: Any, features_dtype: Any, target_column: int = -1
) -> Any:
    """Return a data set of a file without a header; see `load_csv_with_header`."""
    rows = _rows(filename)
    target = np.array([row.pop(target_column) for row in rows], dtype=target_dtype)
    return Dataset(data=np.array(rows, dtype=features_dtype), target=target)


def _default_path(name: str) -> str:
    folder = os.environ.get("TENSORMILL_DATASETS", os.path.expanduser("~/.tensormill/datasets"))
    path = os.path.join(folder, name)
    if not gfile.Exists(path):
        raise FileNotFoundError(
            f"tf.contrib.learn.datasets: there is no file {path}; put {name} there, name its "
            "folder in the environment variable TENSORMILL_DATASETS, or pass its path as "
            "data_path."
        )
    return path


def load_iris(data_path: Any = None) -> Any:
    """Return Fisher's measures of iris flowers, 150 of 4, or those of another file.

    Source: UCI Machine Learning Repository, https://doi.org/10.24432/C56C76 (CC BY 4.0).
    """
    own = importlib.resources.files(__package__).joinpath("data", "iris.csv")
    path = data_path or os.fspath(str(own))
    return load_csv_with_header(path, target_dtype=np.int64, features_dtype=np.float64)


def load_boston(data_path: Any = None) -> Any:
    """Return the prices of houses of a local file, by default `boston_house_prices.csv`.

    Raises:
      FileNotFoundError: there is no such file.
    """
    path = data_path or _default_path("boston_house_prices.csv")
    rows = _rows(path)
    if rows[1] and not rows[1][0].replace(".", "").isdigit():  # the names of the columns
        del rows[1]
    values = np.array(rows[1:], dtype=np.float64)
    return Dataset(data=values[:, :-1], target=values[:, -1])


def load_dataset(name: str, size: str = "small", test_with_fake_data: bool = False) -> Any:
    """Return a data set by its name: "iris" or "boston".

    Raises:
      ValueError: there is no such data set.
      FileNotFoundError: its file is not there.
    """
    known = {"iris": load_iris, "boston": load_boston}
    if name not in known:
        raise ValueError(f"Name of dataset is not found: {name}")
    return known[name]()
