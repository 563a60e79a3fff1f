"""Kernels of checkpoints: tensors to files and back."""

from __future__ import annotations

import contextlib
import os
from typing import Any

import numpy as np

from tensormill.formats.bundle_files import index_path
from tensormill.formats.bundle_writer import BundleWriter, merge_bundles
from tensormill.formats.slice_files import SliceFileWriter
from tensormill.formats.slice_keys import WHOLE
from tensormill.formats.slices import closed_extents
from tensormill.graph import errors
from tensormill.graph.dtypes import DType, string, variant
from tensormill.graph.shapes import format_dims
from tensormill.graph.tensor_codec import array_to_proto
from tensormill.kernels.checkpoint_files import (
    Checkpoint,
    checked_slice_spec,
    checkpoint_errors,
    open_checkpoint,
)
from tensormill.kernels.registry import kernel
from tensormill.kernels.torch_dtypes import to_host
from tensormill.kernels.value_types import SerializedVariants

Extents = list[tuple[int, int]]


def _path(value: Any) -> str:
    return os.fsdecode(value.item())


def _names(value: Any) -> list[str]:
    return [name.decode() for name in value.ravel().tolist()]


def _slice_of(value: Any, spec: bytes) -> tuple[list[int], Extents]:
    """Return the shape of the whole tensor and the place of `value` in it."""
    if not spec:
        return list(value.shape), [(0, WHOLE)] * len(value.shape)
    sizes, extents = checked_slice_spec(spec)
    if tuple(length for _, length in closed_extents(extents, sizes)) != tuple(value.shape):
        raise errors.invalid_argument(
            "Slice in shape_and_slice specification does not match the shape of the tensor to  "
            f"save: {spec.decode(errors='replace')}, tensor: {_text(value.shape)}"
        )
    return sizes, extents


def _text(shape: Any) -> str:
    return format_dims(tuple(shape), "kernel")


def _content(value: Any, dtype: DType) -> Any:
    if isinstance(value, SerializedVariants):
        return value.items
    if dtype is variant:
        raise errors.unimplemented(
            f"A {type(value).__name__} cannot be saved: of variants, the states of iterators can "
            "(tf.data.experimental.make_saveable_from_iterator)."
        )
    return value.ravel().tolist() if dtype is string else to_host(value)


@kernel("SaveV2", "cpu")
def save_v2(
    prefix: Any, tensor_names: Any, shape_and_slices: Any, tensors: list[Any], *, dtypes: Any
) -> None:
    specs = shape_and_slices.ravel().tolist()
    with checkpoint_errors(), BundleWriter(_path(prefix)) as writer:
        for name, spec, value, dtype in zip(
            _names(tensor_names), specs, tensors, dtypes, strict=True
        ):
            number, content = dtype.as_datatype_enum, _content(value, dtype)
            if spec:
                sizes, extents = _slice_of(value, spec)
                writer.add_slice(name, sizes, extents, number, value.shape, content)
            else:
                writer.add(name, number, value.shape, content)


@kernel("RestoreV2", "cpu")
def restore_v2(prefix: Any, tensor_names: Any, shape_and_slices: Any, *, dtypes: Any) -> list[Any]:
    names = _names(tensor_names)
    specs = shape_and_slices.ravel().tolist()
    with open_checkpoint(_path(prefix)) as checkpoint:
        order = sorted(range(len(names)), key=lambda i: names[i])
        complaints = [_complaint(checkpoint, names[i], dtypes[i]) for i in order]
        wrong = [complaint for complaint in complaints if complaint]
        if wrong:
            raise errors.invalid_argument("\n".join(wrong))
        return [_read(checkpoint, *item) for item in zip(names, specs, strict=True)]


def _complaint(checkpoint: Checkpoint, name: str, dtype: DType) -> str | None:
    """Return what is wrong with the dtype of a tensor, or None."""
    found = checkpoint.find(name)
    if found is None:
        raise checkpoint.missing(name)
    return None if found[0] is dtype else checkpoint.wrong_dtype(name, dtype, found[0])


def _read(checkpoint: Checkpoint, name: str, spec: bytes) -> Any:
    if not spec:
        return checkpoint.read(name)
    sizes, extents = checked_slice_spec(spec)
    found = checkpoint.find(name)
    if found is not None and list(found[1]) != sizes:
        raise errors.invalid_argument(checkpoint.wrong_shape(name, sizes, found[1]))
    return checkpoint.read(name, extents)


@kernel("MergeV2Checkpoints", "cpu")
def merge_v2_checkpoints(
    checkpoint_prefixes: Any,
    destination_prefix: Any,
    *,
    delete_old_dirs: bool,
    allow_missing_files: bool,
) -> None:
    prefixes = [os.fsdecode(prefix) for prefix in checkpoint_prefixes.ravel().tolist()]
    missing = [prefix for prefix in prefixes if not os.path.exists(index_path(prefix))]
    if missing and not allow_missing_files:
        raise errors.invalid_argument(
            f"allow_missing_files was set to false and {missing[0]} did not exist."
            f"NOT_FOUND: {missing[0]} not found"
        )
    present = [prefix for prefix in prefixes if prefix not in missing]
    destination = _path(destination_prefix)
    with checkpoint_errors():
        merge_bundles(present, destination)
    if delete_old_dirs:
        for folder in {os.path.dirname(prefix) for prefix in prefixes}:
            if folder != os.path.dirname(destination):
                with contextlib.suppress(OSError):  # another saver may still use it
                    os.rmdir(folder)


@kernel("ShardedFilename", "cpu", host_inputs=("shard", "num_shards"))
def sharded_filename(basename: Any, shard: Any, num_shards: Any) -> Any:
    path = b"%b-%05d-of-%05d" % (basename.item(), int(shard), int(num_shards))
    return np.array(path, object)


@kernel("ShardedFilespec", "cpu", host_inputs=("num_shards",))
def sharded_filespec(basename: Any, num_shards: Any) -> Any:
    return np.array(b"%b-?????-of-%05d" % (basename.item(), int(num_shards)), object)


def _save_slices(path: str, names: list[str], specs: list[bytes], data: Any, types: Any) -> None:
    if len(names) != len(data):
        raise errors.invalid_argument(f"Got {len(names)} tensor names but {len(data)} tensors.")
    writer = SliceFileWriter()
    for name, spec, value, dtype in zip(names, specs, data, types, strict=True):
        if dtype.name in ("uint32", "uint64"):
            raise errors.invalid_argument(
                f"Tensor slice serialization not implemented for dtype {dtype.as_datatype_enum}"
            )
        if dtype.name == "bfloat16":
            raise errors.unimplemented("Saving data type bfloat16 not yet supported")
        sizes, extents = _slice_of(value, spec)
        array = value if dtype is string else to_host(value)
        values = array_to_proto(array, dtype, as_list=True)
        values.ClearField("dtype")
        values.ClearField("tensor_shape")
        writer.add(name, dtype.as_datatype_enum, sizes, extents, values.SerializeToString())
    with checkpoint_errors():
        writer.write(path)


@kernel("Save", "cpu")
def save(filename: Any, tensor_names: Any, data: list[Any], *, T: Any) -> None:
    names = _names(tensor_names)
    _save_slices(_path(filename), names, [b""] * len(data), data, T)


@kernel("SaveSlices", "cpu")
def save_slices(
    filename: Any,
    tensor_names: Any,
    shapes_and_slices: Any,
    data: list[Any],
    *,
    T: Any,
) -> None:
    specs = shapes_and_slices.ravel().tolist()
    _save_slices(_path(filename), _names(tensor_names), specs, data, T)


def _restore_slice(path: str, name: str, spec: bytes, dtype: DType) -> Any:
    with open_checkpoint(path, only_first_format=True) as checkpoint:
        complaint = _complaint(checkpoint, name, dtype)
        if complaint:
            raise errors.invalid_argument(complaint)
        return _read(checkpoint, name, spec)


@kernel("Restore", "cpu")
def restore(file_pattern: Any, tensor_name: Any, *, dt: DType) -> Any:
    return _restore_slice(_path(file_pattern), tensor_name.item().decode(), b"", dt)


@kernel("RestoreSlice", "cpu")
def restore_slice(file_pattern: Any, tensor_name: Any, shape_and_slice: Any, *, dt: DType) -> Any:
    return _restore_slice(
        _path(file_pattern), tensor_name.item().decode(), shape_and_slice.item(), dt
    )
