"""Checkpoints as values: one face for both formats, whose errors are TensorFlow's."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

import numpy as np
import torch
from tensorboard.compat.proto.tensor_pb2 import TensorProto

from tensormill.formats.bundle_files import index_path
from tensormill.formats.bundle_reader import BundleReader
from tensormill.formats.bundle_writer import DuplicateKeyError
from tensormill.formats.damage import DamagedFileError, TruncatedFileError
from tensormill.formats.slice_files import SliceFileReader, read_extents
from tensormill.formats.slice_keys import WHOLE
from tensormill.formats.slice_specs import SliceBoundsError, SliceSpecError, parse_slice_spec
from tensormill.formats.slices import (
    Extents,
    MissingSliceError,
    closed_extents,
    copy_overlap,
    covers,
)
from tensormill.graph import errors
from tensormill.graph.dtypes import DType, as_dtype, string, variant
from tensormill.graph.os_errors import tensorflow_errors
from tensormill.graph.shapes import format_dims
from tensormill.graph.tensor_codec import array_from_proto, shape_to_proto
from tensormill.kernels.torch_dtypes import to_tensor, torch_dtype
from tensormill.kernels.value_types import SerializedVariants, as_object_array

__all__ = ["Checkpoint", "checked_slice_spec", "checkpoint_errors", "open_checkpoint"]


@contextmanager
def checkpoint_errors() -> Iterator[None]:
    """Raise TensorFlow's errors for what is wrong with the files of a checkpoint."""
    try:
        with tensorflow_errors():
            yield
    except TruncatedFileError as error:
        raise errors.out_of_range(str(error)) from error
    except DamagedFileError as error:
        raise errors.data_loss(str(error)) from error
    except (DuplicateKeyError, MissingSliceError) as error:
        raise errors.invalid_argument(str(error)) from error


def checked_slice_spec(text: bytes) -> tuple[list[int], list[tuple[int, int]]]:
    """Return the shape and the extents that a text names.

    Raises:
      InvalidArgumentError: the text is malformed.
      InternalError: the slice does not fit into the shape.
    """
    try:
        return parse_slice_spec(text.decode(errors="replace"))
    except SliceBoundsError as error:
        raise errors.internal(str(error)) from error
    except SliceSpecError as error:
        raise errors.invalid_argument(str(error)) from error


class Checkpoint:
    """An open checkpoint; a context manager."""

    def __enter__(self) -> Checkpoint:
        """Return the checkpoint."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close its files."""
        raise NotImplementedError

    def names(self) -> list[str]:
        """Return the names of the tensors, in ascending order."""
        raise NotImplementedError

    def entries(self) -> list[tuple[bytes, DType, tuple[int, ...]]]:
        """Return name, dtype and shape of all that is listed; slices may stand on their own."""
        found = [(name, self.find(name)) for name in self.names()]
        return [(name.encode(), *what) for name, what in found if what is not None]

    def find(self, name: str) -> tuple[DType, tuple[int, ...]] | None:
        """Return dtype and shape of a tensor, or None."""
        raise NotImplementedError

    def missing(self, name: str) -> errors.NotFoundError:
        """Return the error for a name that is not there."""
        raise NotImplementedError

    def wrong_dtype(self, name: str, wanted: DType, stored: DType) -> str:
        """Return what to say of a tensor of another dtype."""
        raise NotImplementedError

    def wrong_shape(self, name: str, wanted: Sequence[int], stored: Sequence[int]) -> str:
        """Return what to say of a slice of a tensor of another shape."""
        raise NotImplementedError

    def read(self, name: str, extents: Extents | None = None) -> Any:
        """Return a tensor that is there, or a slice of it, as a value."""
        raise NotImplementedError


def open_checkpoint(prefix: str, only_first_format: bool = False) -> Checkpoint:
    """Open a checkpoint of either format.

    Args:
      prefix: the path without its endings; for the first format the path, or a pattern.
      only_first_format: look for no other.

    Raises:
      NotFoundError: there is none.
      DataLossError: its index is damaged.
    """
    with checkpoint_errors():
        if not only_first_format and os.path.exists(index_path(prefix)):
            try:
                return _Bundle(prefix)
            except TruncatedFileError as error:
                raise errors.data_loss(str(error)) from error
        return _SliceFiles(prefix)


class _Bundle(Checkpoint):
    def __init__(self, prefix: str) -> None:
        self._reader = BundleReader(prefix)

    def __exit__(self, *error: object) -> None:
        self._reader.close()

    def names(self) -> list[str]:
        return self._reader.names()

    def find(self, name: str) -> tuple[DType, tuple[int, ...]] | None:
        entry = self._reader.entry(name) if name else None
        if entry is None:
            return None
        return as_dtype(entry.dtype), tuple(dim.size for dim in entry.shape.dim)

    def entries(self) -> list[tuple[bytes, DType, tuple[int, ...]]]:
        return [
            (key, as_dtype(entry.dtype), tuple(dim.size for dim in entry.shape.dim))
            for key, entry in self._reader.entries()
            if key and not entry.slices
        ]

    def missing(self, name: str) -> errors.NotFoundError:
        return errors.not_found(f"Key {name} not found in checkpoint")

    def wrong_dtype(self, name: str, wanted: DType, stored: DType) -> str:
        return (
            f"tensor_name = {name}; expected dtype {_kernel_name(wanted)} does not equal original "
            f"dtype {_kernel_name(stored)}"
        )

    def wrong_shape(self, name: str, wanted: Sequence[int], stored: Sequence[int]) -> str:
        return (
            f"tensor_name = {name}; shape in shape_and_slice spec "
            f"{format_dims(tuple(wanted), 'kernel')} does not match the shape stored in "
            f"checkpoint: {format_dims(tuple(stored), 'kernel')}"
        )

    def read(self, name: str, extents: Extents | None = None) -> Any:
        found = self.find(name)
        assert found is not None
        dtype, stored = found
        with checkpoint_errors():
            if dtype is string:
                whole = as_object_array(self._reader.read_strings(name), stored)
                return whole if extents is None else whole[_as_slices(extents, stored)]
            if dtype is variant:
                return SerializedVariants(self._reader.read_variants(name))
            shape = stored
            if extents is not None:
                shape = tuple(size for _, size in closed_extents(extents, stored))
            tensor = torch.empty(shape, dtype=torch_dtype(dtype))
            self._reader.read_into(name, _raw_array(tensor), extents)
            return tensor


def _as_slices(extents: Extents, sizes: Sequence[int]) -> tuple[slice, ...]:
    return tuple(slice(start, start + length) for start, length in closed_extents(extents, sizes))


def _raw_array(tensor: torch.Tensor) -> np.ndarray[Any, Any]:
    """Return the memory of a contiguous tensor as an array of elements of that size."""
    raw = tensor.reshape(-1).view(torch.uint8).numpy()
    return raw.view(np.dtype((np.void, tensor.element_size()))).reshape(tuple(tensor.shape))


class _SliceFiles(Checkpoint):
    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._files: list[SliceFileReader] = []
        self._stack = ExitStack()
        paths = [pattern] if os.path.exists(pattern) else sorted(glob.glob(pattern))
        if not paths:
            raise errors.not_found(
                "Unsuccessful TensorSliceReader constructor: Failed to find any matching files "
                f"for {pattern}"
            )
        with ExitStack() as stack:
            for path in paths:
                self._files.append(stack.enter_context(self._opened(path)))
            self._stack = stack.pop_all()

    @staticmethod
    def _opened(path: str) -> AbstractContextManager[SliceFileReader]:
        try:
            return SliceFileReader(path)
        except DamagedFileError as error:
            reason = f"DATA_LOSS: {error}"
        except IsADirectoryError:
            reason = f"FAILED_PRECONDITION: {path}; Is a directory"
        raise errors.data_loss(
            f"Unable to open table file {path}: {reason}: perhaps your file is in a different "
            "file format and you need to use a different restore operator?"
        )

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def names(self) -> list[str]:
        return sorted({name for file in self._files for name in file.tensors})

    def _metas(self, name: str) -> list[tuple[SliceFileReader, Any]]:
        return [(file, file.tensors[name]) for file in self._files if name in file.tensors]

    def find(self, name: str) -> tuple[DType, tuple[int, ...]] | None:
        for _, meta in self._metas(name):
            return as_dtype(meta.type), tuple(dim.size for dim in meta.shape.dim)
        return None

    def missing(self, name: str) -> errors.NotFoundError:
        return errors.not_found(
            f'Tensor name "{name}" not found in checkpoint files {self._pattern}'
        )

    def wrong_dtype(self, name: str, wanted: DType, stored: DType) -> str:
        return (
            f"Expected to restore a tensor of type {_kernel_name(wanted)}, got a tensor of type "
            f"{_kernel_name(stored)} instead: tensor_name = {name}"
        )

    def wrong_shape(self, name: str, wanted: Sequence[int], stored: Sequence[int]) -> str:
        return (
            "Shape in shape_and_slice spec does not match the shape in the save file: "
            f"{format_dims(tuple(wanted), 'kernel')}, save file shape: "
            f"{format_dims(tuple(stored), 'kernel')}"
        )

    def read(self, name: str, extents: Extents | None = None) -> Any:
        found = self.find(name)
        assert found is not None
        dtype, sizes = found
        wanted = closed_extents(extents or [(0, WHOLE)] * len(sizes), sizes)
        parts = [
            (file, read_extents(item)) for file, meta in self._metas(name) for item in meta.slice
        ]
        if not covers(wanted, [closed_extents(part, sizes) for _, part in parts]):
            raise errors.invalid_argument("Error copying slice data")
        target = np.empty([length for _, length in wanted], dtype.as_numpy_dtype)
        with checkpoint_errors():
            for file, part in parts:
                closed = closed_extents(part, sizes)
                values = TensorProto.FromString(file.read(name, part))
                values.dtype = dtype.as_datatype_enum
                values.tensor_shape.CopyFrom(shape_to_proto(tuple(size for _, size in closed)))
                copy_overlap(array_from_proto(values), closed, target, wanted)
        return target if dtype is string else to_tensor(target)


def _kernel_name(dtype: DType) -> str:
    return {"float32": "float", "float64": "double"}.get(dtype.name, dtype.name)
