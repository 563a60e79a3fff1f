"""Kernels of readers, under both generations of op names.

The readers themselves are resources of the task (see `runtime.resources.reader`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensormill.graph import errors
from tensormill.kernels.registry import (
    WAITS,
    KernelContext,
    async_kernel,
    kernel,
    resource_kernel,
)
from tensormill.kernels.value_types import as_object_array


def _find_reader(ctx: KernelContext, kind: str, **options: Any) -> Any:
    return ctx.resources.reader(
        ctx.attrs["container"].decode(),
        ctx.attrs["shared_name"].decode(),
        ctx.node_name,
        kind,
        **options,
    )


def _not_negative(ctx: KernelContext, *names: str) -> dict[str, int]:
    found = {}
    for name in names:
        found[name] = ctx.attrs[name]
        if found[name] < 0:
            raise errors.invalid_argument(f"{name} must be >= 0 not {found[name]}")
    return found


def find_text_line_reader(ctx: KernelContext) -> Any:
    return _find_reader(ctx, "TextLineReader", **_not_negative(ctx, "skip_header_lines"))


def find_whole_file_reader(ctx: KernelContext) -> Any:
    return _find_reader(ctx, "WholeFileReader")


def find_identity_reader(ctx: KernelContext) -> Any:
    return _find_reader(ctx, "IdentityReader")


@resource_kernel("LMDBReader", "cpu")
def find_database_reader(ctx: KernelContext) -> Any:
    return _find_reader(ctx, "LMDBReader")


def find_fixed_length_record_reader(ctx: KernelContext) -> Any:
    sizes = _not_negative(ctx, "header_bytes", "record_bytes", "footer_bytes", "hop_bytes")
    encoding = ctx.attrs.get("encoding", b"").decode()
    return _find_reader(
        ctx,
        "FixedLengthRecordReader",
        compression=encoding if encoding in ("ZLIB", "GZIP") else "",
        **sizes,
    )


def find_tf_record_reader(ctx: KernelContext) -> Any:
    compression = ctx.attrs["compression_type"].decode()
    return _find_reader(
        ctx, "TFRecordReader", compression=compression if compression in ("ZLIB", "GZIP") else ""
    )


def _single(records: Any) -> tuple[Any, Any]:
    keys, values = records
    key, value = np.empty((), object), np.empty((), object)
    key[()], value[()] = keys[0], values[0]
    return key, value


def read(reader_handle: Any, queue_handle: Any, *, done: Any) -> None:
    reader_handle.submit(queue_handle, 1, _Packed(done, _single))


def read_at_once(reader_handle: Any, queue_handle: Any) -> Any:
    records = reader_handle.poll(queue_handle, 1)
    return WAITS if records is None else _single(records)


def _several(records: Any) -> tuple[Any, Any]:
    keys, values = records
    return as_object_array(keys, (len(keys),)), as_object_array(values, (len(values),))


def read_up_to(reader_handle: Any, queue_handle: Any, num_records: Any, *, done: Any) -> None:
    reader_handle.submit(queue_handle, _count(num_records), _Packed(done, _several))


def read_up_to_at_once(reader_handle: Any, queue_handle: Any, num_records: Any) -> Any:
    records = reader_handle.poll(queue_handle, _count(num_records))
    return WAITS if records is None else _several(records)


def _count(num_records: Any) -> int:
    count = int(num_records)
    if count < 0:
        raise errors.invalid_argument(f"num_records must be >= 0 not {count}")
    return count


class _Packed:
    """Reports records as the outputs of a kernel."""

    def __init__(self, done: Any, pack: Any) -> None:
        self.step = done.step
        self.instruction = done.instruction
        self.fail = done.fail
        self._done = done
        self._pack = pack

    def __call__(self, records: Any) -> None:
        self._done(self._pack(records))


def records_produced(reader_handle: Any) -> np.int64:
    return np.int64(reader_handle.records_produced())


def work_units_completed(reader_handle: Any) -> np.int64:
    return np.int64(reader_handle.work_units_completed())


def serialize_state(reader_handle: Any) -> Any:
    return as_object_array([reader_handle.serialize_state()], ())


def restore_state(reader_handle: Any, state: Any) -> None:
    if state.ndim:
        raise errors.invalid_argument(
            f"Reader state must be scalar, but had shape: {list(state.shape)}"
        )
    reader_handle.restore_state(state.item())


def reset(reader_handle: Any) -> None:
    reader_handle.reset()


for _version in ("", "V2"):
    resource_kernel(f"TextLineReader{_version}", "cpu")(find_text_line_reader)
    resource_kernel(f"WholeFileReader{_version}", "cpu")(find_whole_file_reader)
    resource_kernel(f"IdentityReader{_version}", "cpu")(find_identity_reader)
    resource_kernel(f"FixedLengthRecordReader{_version}", "cpu")(find_fixed_length_record_reader)
    resource_kernel(f"TFRecordReader{_version}", "cpu")(find_tf_record_reader)
    async_kernel(f"ReaderRead{_version}", "cpu", at_once=read_at_once)(read)
    async_kernel(
        f"ReaderReadUpTo{_version}", "cpu", host_inputs=("num_records",), at_once=read_up_to_at_once
    )(read_up_to)
    kernel(f"ReaderNumRecordsProduced{_version}", "cpu", host_outputs=("records_produced",))(
        records_produced
    )
    kernel(f"ReaderNumWorkUnitsCompleted{_version}", "cpu", host_outputs=("units_completed",))(
        work_units_completed
    )
    kernel(f"ReaderSerializeState{_version}", "cpu")(serialize_state)
    kernel(f"ReaderRestoreState{_version}", "cpu")(restore_state)
    kernel(f"ReaderReset{_version}", "cpu")(reset)
