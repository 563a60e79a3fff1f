"""Printing values while a step runs, and texts made of them."""

from __future__ import annotations

import logging
import os
import pprint
import sys
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.op_registry import define
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, with_rank
from tensormill.graph.tensor import Tensor, TensorLike

print_op = define(
    "Print",
    inputs=(
        "input: T",
        "data: U",
    ),
    outputs=("output: T",),
    attrs=(
        "T: type",
        "U: list(type) >= 0",
        "message: string = ''",
        "first_n: int = -1",
        "summarize: int = 3",
    ),
    stateful=True,
)
print_v2_op = define(
    "PrintV2",
    inputs=("input: string",),
    attrs=(
        "output_stream: string = 'stderr'",
        "end: string = '\n'",
    ),
    stateful=True,
    differentiable=False,
)
string_format_op = define(
    "StringFormat",
    inputs=("inputs: T",),
    outputs=("output: string",),
    attrs=(
        "T: list(type) >= 0",
        "template: string = '%s'",
        "placeholder: string = '%s'",
        "summarize: int = 3",
    ),
    differentiable=False,
)


@print_op.shape
def print_shape(ctx: ShapeContext) -> list[Dims]:
    return [ctx.shape(0)]


@print_op.gradient
def print_gradient(op: Operation, grad: Tensor) -> list[Tensor | None]:
    return [grad, *([None] * (len(op.inputs) - 1))]


@print_v2_op.shape
def print_v2_shape(ctx: ShapeContext) -> list[Dims]:
    with_rank(ctx.shape(0), 0)
    return []


@string_format_op.shape
def string_format_shape(ctx: ShapeContext) -> list[Dims]:
    return [()]


def Print(
    input_: Any,
    data: Any,
    message: str | None = None,
    first_n: int | None = None,
    summarize: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Return `input_`; whenever it is computed, write `data` to standard error.

    Args:
      input_: a tensor.
      data: tensors to show.
      message: the start of the line.
      first_n: stop after so many times.
      summarize: how many entries of each tensor; 3 by default.
      name: the name of the node.
    """
    return print_op(
        input_, list(data), message=message, first_n=first_n, summarize=summarize, name=name
    )


_LOG_LEVELS = {
    logging.INFO: "log(info)",
    logging.WARNING: "log(warning)",
    logging.ERROR: "log(error)",
}


def _stream_name(output_stream: Any) -> str:
    if isinstance(output_stream, str) and output_stream.startswith("file://"):
        return output_stream
    if output_stream is sys.stdout:
        return "stdout"
    if output_stream is sys.stderr:
        return "stderr"
    if isinstance(output_stream, int) and output_stream in _LOG_LEVELS:
        return _LOG_LEVELS[output_stream]
    name = getattr(output_stream, "__name__", "")
    for level in ("info", "warning", "error"):
        if name in (level, level[:4]):
            return f"log({level})"
    raise ValueError(
        f"Unsupported output stream, logging level, or file.{output_stream}. Supported streams are "
        "sys.stdout, sys.stderr, tf.logging.info, tf.logging.warning, tf.logging.error. File needs "
        "to be in the form of 'file://<filepath>'."
    )


def _is_sparse(value: Any) -> bool:
    return hasattr(value, "indices") and hasattr(value, "dense_shape")


class _Template:
    """A text with a placeholder for each tensor in nested Python values."""

    def __init__(self, placeholder: str) -> None:
        self.placeholder = placeholder
        self.tensors: list[Any] = []

    def of(self, value: Any) -> Any:
        """Return `value` with every tensor replaced by the placeholder, in order."""
        if _is_sparse(value):
            self.tensors.extend([value.indices, value.values, value.dense_shape])
            p = self.placeholder
            return f"SparseTensor(indices={p}, values={p}, shape={p})"
        if isinstance(value, TensorLike):
            self.tensors.append(value)
            return self.placeholder
        if isinstance(value, dict):
            return type(value)((key, self.of(value[key])) for key in sorted(value))
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return type(value)(*(self.of(item) for item in value))
        if isinstance(value, (list, tuple)):
            return type(value)(self.of(item) for item in value)
        return value


def print_v2(*inputs: Any, **kwargs: Any) -> Operation:
    """Make an operation that prints tensors and Python values when it runs.

    Args:
      *inputs: tensors, texts, and nested structures of them.
      **kwargs: `output_stream` (sys.stderr, sys.stdout, a logging level, "file://..."), `summarize`
        (how many entries at each end of each dimension, 3; -1 for all), `sep`, `end` and `name`.

    Raises:
      ValueError: an unknown argument or stream.
    """
    stream = _stream_name(kwargs.pop("output_stream", sys.stderr))
    name = kwargs.pop("name", None)
    summarize = kwargs.pop("summarize", 3)
    separator = kwargs.pop("sep", " ")
    end = kwargs.pop("end", os.linesep)
    if kwargs:
        raise ValueError(f"Unrecognized keyword arguments for tf.print: {kwargs}")
    if (
        len(inputs) == 1
        and isinstance(inputs[0], Tensor)
        and inputs[0].dims == ()
        and inputs[0].dtype == dtypes.string
    ):
        text: Any = inputs[0]
    else:
        template, tensors, placeholder = _print_template(inputs, separator)
        text = string_format_op(
            tensors,
            template=template,
            placeholder=placeholder,
            summarize=summarize,
            name=f"{name}_format" if name else None,
        )
    return print_v2_op.make(text, output_stream=stream, end=end, name=name)


def _print_template(inputs: Any, separator: str) -> tuple[str, list[Any], str]:
    probe = _Template("")
    whole = " ".join(pprint.pformat(probe.of(item)) for item in inputs)
    placeholder = "{}"
    number = 0
    while placeholder in whole:
        placeholder = f"{{{number}}}"
        number += 1
    template = _Template(placeholder)
    parts = []
    for item in inputs:
        made = template.of(item)
        is_text = isinstance(item, (str, TensorLike)) or _is_sparse(item)
        parts.append(made if is_text else pprint.pformat(made))
    text = separator.join(parts).replace(f"'{placeholder}'", placeholder)
    return text, template.tensors, placeholder


def string_format(
    template: str,
    inputs: Any,
    placeholder: str = "{}",
    summarize: int = 3,
    name: str | None = None,
) -> Tensor:
    """Return a text with each placeholder replaced by the value of a tensor, a string scalar.

    Args:
      template: the text.
      inputs: a tensor, or a list of tensors.
      placeholder: what stands for a tensor.
      summarize: how many entries at each end of each dimension; -1 for all.
      name: the name of the node.

    Raises:
      ValueError: there are not as many placeholders as tensors.
    """
    values = [inputs] if isinstance(inputs, TensorLike) else list(inputs)
    count = template.count(placeholder)
    if count != len(values):
        raise ValueError(
            f"{count} placeholder(s) in template does not match {len(values)} tensor(s) provided "
            "as input"
        )
    return string_format_op(
        values, template=template, placeholder=placeholder, summarize=summarize, name=name
    )
