"""The cache of a dataset in files: a tensor bundle that names each component of each element."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from tensormill.formats.bundle_reader import BundleReader
from tensormill.formats.bundle_writer import BundleWriter
from tensormill.graph import dtypes, errors
from tensormill.graph.dtypes import DType
from tensormill.kernels.dataset_base import Dataset, Failure, Iteration
from tensormill.kernels.torch_dtypes import is_number, to_host, to_tensor
from tensormill.kernels.value_types import as_object_array

__all__ = ["FileCache"]


class FileCache(Dataset):
    """The elements, kept in files by the first iteration that reaches the end."""

    def __init__(self, source: Dataset, prefix: str, dtypes: Any, dims: Any) -> None:
        super().__init__(dtypes, dims)
        self._source = source
        self._prefix = prefix

    def elements(self, iteration: Iteration) -> Iterator[Any]:
        if os.path.exists(f"{self._prefix}.index"):
            return self._read()
        return self._write(iteration)

    def cardinality(self) -> int:
        return self._source.cardinality()

    def _write(self, iteration: Iteration) -> Iterator[Any]:
        lock = f"{self._prefix}_0.lockfile"
        try:
            folder = os.path.dirname(lock)
            if folder:
                os.makedirs(folder, exist_ok=True)
            with open(lock, "x"):
                pass
        except FileExistsError:
            yield Failure(
                errors.AlreadyExistsError(
                    None,
                    None,
                    "There appears to be a concurrent caching iterator running - cache lockfile "
                    f"already exists ('{lock}'). If you are sure no other running TF computations "
                    "are using this cache prefix, delete the lockfile and re-initialize the "
                    "iterator.",
                )
            )
            return
        is_complete = False
        count = 0
        try:
            with BundleWriter(self._prefix) as writer:
                for element in self._source.elements(iteration):
                    if type(element) is not Failure:
                        for index, (value, dtype) in enumerate(
                            zip(element, self.dtypes, strict=True)
                        ):
                            _add(writer, _name(count, index), value, dtype)
                        count += 1
                    yield element
                is_complete = True
        except GeneratorExit:
            if is_complete:
                raise
            return  # an unfinished bundle is left out, as the writer sees the exception
        finally:
            with contextlib.suppress(FileNotFoundError):  # as the message above advises
                os.remove(lock)

    def _read(self) -> Iterator[Any]:
        with BundleReader(self._prefix) as reader:
            count = sum(1 for name in reader.names() if name.endswith("_0"))
            for number in range(count):
                yield tuple(
                    _take(reader, _name(number, index), dtype)
                    for index, dtype in enumerate(self.dtypes)
                )


def _name(number: int, index: int) -> str:
    return f"{number:010d}_{index}"


def _add(writer: BundleWriter, name: str, value: Any, dtype: DType) -> None:
    if dtype is dtypes.string:
        array = value if isinstance(value, np.ndarray) else as_object_array([value], ())
        writer.add(name, dtype.as_datatype_enum, array.shape, array.ravel().tolist())
        return
    if not is_number(dtype):
        raise errors.unimplemented(f"Cannot cache components of type {dtype.name} in files")
    array = to_host(value) if isinstance(value, torch.Tensor) else np.asarray(value)
    writer.add(name, dtype.as_datatype_enum, array.shape, np.ascontiguousarray(array))


def _take(reader: BundleReader, name: str, dtype: DType) -> Any:
    entry = reader.entry(name)
    shape = tuple(dim.size for dim in entry.shape.dim)
    if dtype is dtypes.string:
        strings = reader.read_strings(name)
        return as_object_array(strings, shape) if shape else strings[0]
    array = np.empty(shape, dtype.as_numpy_dtype)
    reader.read_into(name, array)
    return to_tensor(array) if shape else array[()]
