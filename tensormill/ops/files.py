"""Whole files, and the names of files.

Source: TensorFlow 1.15, core/ops/io_ops.cc.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph.op_registry import define
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, with_rank
from tensormill.graph.tensor import Tensor

read_file_op = define(
    "ReadFile", inputs=("filename: string",), outputs=("contents: string",), differentiable=False
)
write_file_op = define(
    "WriteFile",
    inputs=("filename: string", "contents: string"),
    stateful=True,
    differentiable=False,
)
matching_files_op = define(
    "MatchingFiles",
    inputs=("pattern: string",),
    outputs=("filenames: string",),
    differentiable=False,
)


@read_file_op.shape
def read_file_shape(ctx: ShapeContext) -> list[Dims]:
    with_rank(ctx.shape("filename"), 0)
    return [()]


@write_file_op.shape
def write_file_shape(ctx: ShapeContext) -> list[Dims]:
    with_rank(ctx.shape("filename"), 0)
    with_rank(ctx.shape("contents"), 0)
    return []


@matching_files_op.shape
def matching_files_shape(ctx: ShapeContext) -> list[Dims]:
    dims = ctx.shape("pattern")
    if dims is not None and len(dims) > 1:
        raise ValueError(f"Shape must be at most rank 1 but is rank {len(dims)}")
    return [(None,)]


def read_file(filename: Any, name: str | None = None) -> Tensor:
    """Return the bytes of a file: string scalar.

    Args:
      filename: string scalar.
      name: of the operation.
    """
    made: Tensor = read_file_op(filename, name=name)
    return made


def write_file(filename: Any, contents: Any, name: str | None = None) -> Operation:
    """Return an operation that writes a file, and makes the folders above it that are missing.

    Args:
      filename: string scalar.
      contents: string scalar.
      name: of the operation.
    """
    made: Operation = write_file_op(filename, contents, name=name)
    return made


def matching_files(pattern: Any, name: str | None = None) -> Tensor:
    """Return the names of the files that match, in order: string vector.

    Args:
      pattern: string scalar or vector, with `*`, `?` and `[...]` in the last part of a path.
      name: of the operation.
    """
    made: Tensor = matching_files_op(pattern, name=name)
    return made
